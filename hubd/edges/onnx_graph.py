"""The graph inside an ONNX file, to be looked at, to be built anew."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubd.edges.protobuf_fields import Field, MessageError, field, fields_of, message

# Of onnx.proto 1.x, where the fields' numbers stand; what is not named here is kept as it is written.
_MODEL_GRAPH = 7
_FLOAT, _INT64 = 1, 7
_ATTRIBUTE_IS_INTEGER, _ATTRIBUTE_IS_INTEGERS = 2, 7

Attribute = int | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """An operation with the names of what it takes, of what it gives; attributes: those of integers, of texts."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Attribute]
    written: bytes

    def taking(self, first: str) -> Node:
        """Return the same operation with another first input."""
        inputs = (first, *self.inputs[1:])
        others = [each for each in fields_of(self.written) if each.number != 1]
        written = message([*(field(1, name) for name in inputs), *others])
        return Node(self.operator, inputs, self.outputs, self.attributes, written)

    def integers(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return an attribute that is a list of integers; default if it is left out."""
        value = self.attributes.get(name, default)
        return value if isinstance(value, tuple) else default


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant; raw: its values as they are written, if they are; integers: the same if they are of 64 bits."""

    shape: tuple[int, ...]
    integers: tuple[int, ...] | None
    raw: bytes
    written: bytes

    @property
    def floats(self) -> NDArray[np.float32]:
        """Its values, of 32 bits; raises MessageError if they are others."""
        try:
            return np.frombuffer(self.raw, "<f4").reshape(self.shape)
        except ValueError as error:
            raise MessageError("a constant holds no numbers of 32 bits") from error


@dataclass(frozen=True, slots=True)
class Value:
    """What goes into a graph or comes out of it; a size is None if it is left open."""

    name: str
    shape: tuple[int | None, ...]
    written: bytes


@dataclass(frozen=True, slots=True)
class Graph:
    """A graph: operations in their order, constants by name, inputs, outputs; others: its name and such."""

    nodes: Sequence[Node]
    constants: Mapping[str, Constant]
    inputs: Sequence[Value]
    outputs: Sequence[Value]
    others: Sequence[Field] = ()


def graph_of(model: bytes) -> Graph:
    """Return the graph of an ONNX file; raises MessageError for what is none."""
    nodes: list[Node] = []
    constants: dict[str, Constant] = {}
    inputs: list[Value] = []
    outputs: list[Value] = []
    others: list[Field] = []
    for each in fields_of(_graph_field(model).content):
        match each.number:
            case 1:
                nodes.append(_node(each.content))
            case 5:
                name, value = _constant(each.content)
                constants[name] = value
            case 11:
                inputs.append(_value(each.content))
            case 12:
                outputs.append(_value(each.content))
            case 13:
                pass  # sizes on the way, which another graph need not have
            case _:
                others.append(each)
    return Graph(nodes, constants, inputs, outputs, others)


def with_graph(model: bytes, graph: Graph) -> bytes:
    """Return an ONNX file with another graph in it."""
    content = message(
        [
            *(field(1, node.written) for node in graph.nodes),
            *(field(5, constant.written) for constant in graph.constants.values()),
            *(field(11, value.written) for value in graph.inputs),
            *(field(12, value.written) for value in graph.outputs),
            *graph.others,
        ]
    )
    return message(field(_MODEL_GRAPH, content) if each.number == _MODEL_GRAPH else each for each in fields_of(model))


def node(operator: str, inputs: Sequence[str], output: str, **attributes: int | tuple[int, ...]) -> Node:
    """Return a new operation."""
    written = message(
        [
            *(field(1, name) for name in inputs),
            field(2, output),
            field(4, operator),
            *(field(5, _attribute_of(name, value)) for name, value in attributes.items()),
        ]
    )
    return Node(operator, tuple(inputs), (output,), dict(attributes), written)


def integers(name: str, *values: int) -> Constant:
    """Return a new constant: a list of integers of 64 bits."""
    raw = struct.pack(f"<{len(values)}q", *values)
    written = message([field(1, len(values)), field(2, _INT64), field(8, name), field(9, raw)])
    return Constant((len(values),), values, raw, written)


def constant(name: str, values: NDArray[np.float32]) -> Constant:
    """Return a new constant: numbers of 32 bits."""
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    sizes = (field(1, size) for size in values.shape)
    return Constant(values.shape, None, raw, message([*sizes, field(2, _FLOAT), field(8, name), field(9, raw)]))


def floats(name: str, shape: Iterable[int | None]) -> Value:
    """Return a new input or output: numbers of 32 bits; a size that is None is left open."""
    sizes = tuple(shape)
    dimensions = message(field(1, message([] if size is None else [field(1, size)])) for size in sizes)
    tensor = message([field(1, _FLOAT), field(2, dimensions)])
    return Value(name, sizes, message([field(1, name), field(2, message([field(1, tensor)]))]))


def _graph_field(model: bytes) -> Field:
    for each in fields_of(model):
        if each.number == _MODEL_GRAPH:
            return each
    raise MessageError("there is no graph in it")


def _attribute_of(name: str, value: int | tuple[int, ...]) -> bytes:
    if isinstance(value, int):
        return message([field(1, name), field(3, value), field(20, _ATTRIBUTE_IS_INTEGER)])
    return message([field(1, name), *(field(8, each) for each in value), field(20, _ATTRIBUTE_IS_INTEGERS)])


def _node(written: bytes) -> Node:
    inputs: list[str] = []
    outputs: list[str] = []
    attributes: dict[str, Attribute] = {}
    operator = ""
    for each in fields_of(written):
        match each.number:
            case 1:
                inputs.append(each.text)
            case 2:
                outputs.append(each.text)
            case 4:
                operator = each.text
            case 5:
                attributes |= _attribute(each.content)
    return Node(operator, tuple(inputs), tuple(outputs), attributes, written)


def _attribute(written: bytes) -> dict[str, Attribute]:
    """Return the name with the value of an attribute; nothing for a kind that nobody asks for."""
    name = ""
    value: Attribute | None = None
    listed: list[int] = []
    for each in fields_of(written):
        match each.number:
            case 1:
                name = each.text
            case 3:
                value = each.integer
            case 4:
                value = each.text
            case 8:
                listed += each.integers
    if listed:
        value = tuple(listed)
    return {} if value is None else {name: value}


def _constant(written: bytes) -> tuple[str, Constant]:
    shape: list[int] = []
    kind, name, raw = 0, "", b""
    for each in fields_of(written):
        match each.number:
            case 1:
                shape += each.integers
            case 2:
                kind = each.integer
            case 8:
                name = each.text
            case 9:
                raw = each.content
    listed = struct.unpack(f"<{len(raw) // 8}q", raw) if kind == _INT64 and raw and len(raw) % 8 == 0 else None
    return name, Constant(tuple(shape), listed, raw, written)


def _value(written: bytes) -> Value:
    """Read a ValueInfoProto: within it a TypeProto, within it a Tensor, within it a TensorShapeProto."""
    name = ""
    shape: list[int | None] = []
    for each in fields_of(written):
        match each.number:
            case 1:
                name = each.text
            case 2:
                for size in _within(_within(_within([each], 1), 2), 1):
                    known = [inner.integer for inner in fields_of(size.content) if inner.number == 1]
                    shape.append(known[0] if known else None)
    return Value(name, tuple(shape), written)


def _within(messages: Iterable[Field], number: int) -> list[Field]:
    """Return the fields of this number inside the messages."""
    return [inner for each in messages for inner in fields_of(each.content) if inner.number == number]
