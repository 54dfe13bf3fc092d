from __future__ import annotations

import numpy as np
import pytest

from hubd.edges.onnx_graph import Graph, constant, floats, graph_of, integers, node, with_graph
from hubd.edges.protobuf_fields import MessageError
from tests.edges.onnx_files import EMBEDDINGS, session


@pytest.mark.parametrize("package", EMBEDDINGS)
def test_reads_a_network(package: str) -> None:
    """A network's inputs, outputs, operations, constants are read."""
    graph = graph_of(EMBEDDINGS[package].read_bytes())
    assert [(value.name, value.shape) for value in graph.inputs] == [("input_1", (None, 76, 32, 1))]
    assert [(value.name, value.shape) for value in graph.outputs] == [("conv2d_19", (None, 1, 1, 96))]
    convolutions = [each for each in graph.nodes if each.operator == "Conv"]
    assert len(convolutions) == 20
    last = convolutions[-1]
    assert graph.constants[last.inputs[1]].shape == (96, 96, 3, 1)
    assert last.integers("kernel_shape", ()) == (3, 1)
    assert last.attributes["group"] == 1
    reshape = graph.nodes[-1]
    assert graph.constants[reshape.inputs[1]].integers == (-1, 1, 1, 96)


@pytest.mark.parametrize("package", EMBEDDINGS)
def test_writes_what_it_read(package: str) -> None:
    """A network that is written as it was read computes the same."""
    model = EMBEDDINGS[package].read_bytes()
    window = np.random.default_rng(0).normal(3, 2, (1, 76, 32, 1)).astype(np.float32)
    copy = with_graph(model, graph_of(model))
    found, expected = (session(each).run(None, {"input_1": window})[0] for each in (copy, model))
    assert np.array_equal(found, expected)


def test_builds_a_network() -> None:
    """A network can be built of new operations, constants, inputs, outputs."""
    graph = Graph(
        [node("Concat", ["left", "right"], "both", axis=1), node("Slice", ["both", "start", "end", "start"], "result")],
        {"start": integers("start", 1), "end": integers("end", 2**62)},
        [floats("left", (1, None)), floats("right", (1, 2))],
        [floats("result", (None, None))],
    )
    built = with_graph(EMBEDDINGS["livekit"].read_bytes(), graph)
    given = {"left": np.array([[1, 2, 3]], np.float32), "right": np.array([[4, 5]], np.float32)}
    assert session(built).run(None, given)[0].tolist() == [[2, 3, 4, 5]]
    read = graph_of(built)
    assert [(value.name, value.shape) for value in read.inputs] == [("left", (1, None)), ("right", (1, 2))]
    assert read.nodes[0].attributes == {"axis": 1}
    assert read.constants["end"].integers == (2**62,)


def test_numbers() -> None:
    """Constants of 32 bits are read as they were written; others are told apart."""
    values = np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    written = constant("values", values)
    assert written.shape == (1, 2, 3)
    assert np.array_equal(written.floats, values)
    with pytest.raises(MessageError):
        _ = integers("values", 1, 2, 3).floats
    turned = Graph(
        [node("Transpose", ["values"], "result", perm=(2, 0, 1))],
        {"values": written},
        [],
        [floats("result", (3, 1, 2))],
    )
    result = session(with_graph(EMBEDDINGS["livekit"].read_bytes(), turned)).run(None, {})[0]
    assert np.array_equal(result, values.transpose(2, 0, 1))


def test_takes_another_input() -> None:
    """An operation on another input is the same in all else."""
    first = graph_of(EMBEDDINGS["livekit"].read_bytes()).nodes[1]
    moved = first.taking("elsewhere")
    assert (first.inputs[0], moved.inputs[0]) == ("model/conv2d/Conv2D__6:0", "elsewhere")
    assert (moved.inputs[1:], moved.outputs, moved.attributes) == (first.inputs[1:], first.outputs, first.attributes)
    assert b"elsewhere" in moved.written
    assert b"Conv2D__6" not in moved.written


@pytest.mark.parametrize("content", [b"", b"no model at all", b"\x08\x07", None])
def test_no_network(content: bytes | None) -> None:
    """What is no ONNX file, or one that is cut short, is an error."""
    with pytest.raises(MessageError):
        graph_of(EMBEDDINGS["livekit"].read_bytes()[:400_000] if content is None else content)
