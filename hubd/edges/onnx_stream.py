"""A convolutional network over time made to run on what is new alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from hubd.edges.onnx_graph import Constant, Graph, Node, Value, floats, graph_of, integers, node, with_graph
from hubd.edges.protobuf_fields import MessageError

_END = "hubd/end"
_TIME_AXIS = "hubd/time_axis"


@dataclass(frozen=True, slots=True)
class Cache:
    """What a convolution looks back at: rows of its input from the run before; given, kept: its names."""

    given: str
    kept: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stream:
    """A network that takes n times stride new rows, as [1, rows, bands, 1], and gives [1, channels, n, 1].

    model: the ONNX file. caches: what it gives beside that for the next run. window: how many rows, the newest
    included, what it gives depends on.
    """

    model: bytes
    given: str
    result: str
    caches: Sequence[Cache]
    stride: int
    window: int


def stream_of(model: bytes) -> Stream | None:
    """Return a network over windows of rows as one over the rows that are new; None if it can't be.

    model: an ONNX file whose network takes [n, window, bands, 1]. It can be made a stream if it is a chain of
    convolutions, maxima over neighbours, and operations on single values, that neither pads nor strides over time in a
    convolution, and whose window leaves no row over: then each of its results is the same one in every window that it
    lies in, so none has to be computed twice. For this a convolution over k rows is given the last k - 1 rows of its
    input from the run before.
    """
    try:
        return _stream_of(model, graph_of(model))
    except MessageError:
        return None


def _stream_of(model: bytes, graph: Graph) -> Stream | None:
    match graph.inputs, graph.outputs:
        case [Value(shape=(None, int(window), int(bands), 1)) as given], [result]:
            pass
        case _:
            return None
    chain = _Chain(graph.constants, given.name, window, bands)
    if not all(chain.extend(each) for each in graph.nodes) or chain.end != result.name or chain.rows != 1:
        return None
    constants = {**graph.constants, **chain.changed, _END: integers(_END, 2**62), _TIME_AXIS: integers(_TIME_AXIS, 2)}
    used = {name for each in chain.nodes for name in each.inputs}
    built = Graph(
        chain.nodes,
        {name: constant for name, constant in constants.items() if name in used},
        [floats(given.name, (1, None, bands, 1)), *(floats(cache.given, cache.shape) for cache in chain.caches)],
        [floats(chain.result, (1, None, None, 1)), *(floats(cache.kept, cache.shape) for cache in chain.caches)],
        graph.others,
    )
    return Stream(with_graph(model, built), given.name, chain.result, chain.caches, chain.stride, window)


class _Layout(Enum):
    """In which order the axes stand: as [1, rows, bands, 1], as [1, channels, rows, bands], as the result's."""

    GIVEN = auto()
    PLANES = auto()
    RESULT = auto()


class _Chain:
    """The network so far, built anew; rows, bands, channels: the size of what a window has become there."""

    def __init__(self, constants: Mapping[str, Constant], given: str, window: int, bands: int) -> None:
        self._constants = constants
        self._layout = _Layout.GIVEN
        self.end = given
        self.result = given
        self.rows = window
        self.bands = bands
        self.channels = 1
        self.stride = 1
        self.nodes: list[Node] = []
        self.caches: list[Cache] = []
        self.changed: dict[str, Constant] = {}

    def extend(self, operation: Node) -> bool:
        """Take the next operation; return whether the network can still be made a stream."""
        chained = operation.inputs[:1] == (self.end,) and len(operation.outputs) == 1
        if not chained or not self._constants.keys() >= set(operation.inputs[1:]):
            return False
        self.end = operation.outputs[0]
        match self._layout, operation.operator:
            case _Layout.GIVEN, "Pad":
                fits = self._pad(operation)
            case _Layout.GIVEN, "Reshape":
                fits = self._to_planes(operation)
            case _Layout.PLANES, "Conv":
                fits = self._convolve(operation)
            case _Layout.PLANES, "MaxPool":
                fits = self._pool(operation)
            case _Layout.PLANES, "BatchNormalization" | "LeakyRelu" | "Max" | "Relu":
                fits = self._map(operation)
            case _Layout.PLANES, "Reshape":
                fits = self._to_result(operation)
            case _:
                fits = False
        return fits

    def _append(self, operation: Node) -> None:
        self.nodes.append(operation)
        self.result = operation.outputs[0]

    def _pad(self, operation: Node) -> bool:
        """Pad the bands, not the rows."""
        self._append(operation)
        match self._second(operation).integers:
            case (0, 0, int(before), 0, 0, 0, int(after), 0):
                self.bands += before + after
                return True
            case _:
                return False

    def _to_planes(self, operation: Node) -> bool:
        """Bring the channel, of which there is one, to the front; however many rows come."""
        fits = self._second(operation).integers == (-1, 1, self.rows, self.bands)
        self._append(operation)
        self._layout = _Layout.PLANES
        shape = operation.inputs[1]
        self.changed[shape] = integers(shape, 1, 1, -1, self.bands)
        return fits

    def _to_result(self, operation: Node) -> bool:
        """Leave out the last step: it takes one result for granted."""
        self._layout = _Layout.RESULT
        return self.rows == self.bands == 1 and self._second(operation).integers == (-1, 1, 1, self.channels)

    def _map(self, operation: Node) -> bool:
        """Compute every value by itself; constants are the same in every row."""
        self._append(operation)
        shapes = [self._constants[name].shape for name in operation.inputs[1:]]
        by_channel = operation.operator == "BatchNormalization"
        return by_channel or all(size == 1 for shape in shapes for size in shape)

    def _convolve(self, operation: Node) -> bool:
        match self._second(operation).shape:
            case (channels, _, rows, bands):
                pass
            case _:
                return False
        if rows > 1:
            operation = self._look_back(operation, rows - 1)
        self._append(operation)
        self.channels = channels
        self.rows -= rows - 1
        return self._narrow(operation, bands) and operation.integers("strides", (1, 1))[0] == 1

    def _look_back(self, operation: Node, rows: int) -> Node:
        """Put rows of the run before in front of the new ones; keep as many for the run after."""
        number = len(self.caches)
        joined = f"hubd/joined_{number}"
        cache = Cache(f"hubd/given_{number}", f"hubd/kept_{number}", (1, self.channels, rows, self.bands))
        start = f"hubd/last_{rows}"
        self.changed[start] = integers(start, -rows)
        self.caches.append(cache)
        self.nodes.append(node("Concat", [cache.given, operation.inputs[0]], joined, axis=2))
        self.nodes.append(node("Slice", [joined, start, _END, _TIME_AXIS], cache.kept))
        return operation.taking(joined)

    def _pool(self, operation: Node) -> bool:
        self._append(operation)
        match operation.integers("kernel_shape", ()):
            case (rows, bands) if self.rows % rows == 0:
                self.rows //= rows
                self.stride *= rows
                fits = operation.integers("strides", (1, 1))[0] == rows
            case _:
                return False
        return fits and operation.attributes.get("ceil_mode", 0) == 0 and self._narrow(operation, bands)

    def _narrow(self, operation: Node, kernel: int) -> bool:
        """Work out how many bands are left; return whether the rows are left alone: not padded, none skipped."""
        strides, skips = operation.integers("strides", (1, 1)), operation.integers("dilations", (1, 1))
        pads = operation.integers("pads", (0, 0, 0, 0))
        self.bands = (self.bands + pads[1] + pads[3] - skips[1] * (kernel - 1) - 1) // strides[1] + 1
        return pads[0] == pads[2] == 0 and skips[0] == 1 and operation.attributes.get("auto_pad", "NOTSET") == "NOTSET"

    def _second(self, operation: Node) -> Constant:
        """Return the constant that an operation takes beside its input; raises MessageError if there is none."""
        if len(operation.inputs) == 1:
            raise MessageError(f"{operation.operator} takes no constant")
        return self._constants[operation.inputs[1]]
