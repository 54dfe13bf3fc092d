from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np
import pytest

from hubd.edges import speech_embedding
from hubd.edges.onnx_stream import stream_of
from hubd.edges.spectrogram import BANDS, ROWS
from hubd.edges.speech_embedding import Embedding, StreamedEmbedding, WindowedEmbedding, embedding_of
from tests.edges.onnx_files import EMBEDDINGS, Floats

FRAMES = 30
HEARD = np.random.default_rng(5).normal(3, 2, (FRAMES * ROWS, BANDS)).astype(np.float32)


def embeddings(embedding: Embedding, splits: Sequence[int]) -> Floats:
    """Return what it makes of what was heard, so many frames at a time."""
    parts = np.split(HEARD, [end * ROWS for end in accumulate(splits)])
    return np.concatenate([embedding.embeddings_of(part) for part in parts if len(part)])


@pytest.mark.parametrize("package", EMBEDDINGS)
def test_a_stream_is_equal_to_windows(package: str) -> None:
    """Each embedding is that of its window, from the first on, before which there are ones."""
    path = EMBEDDINGS[package]
    streamed, windowed = embedding_of(path), WindowedEmbedding(path)
    assert isinstance(streamed, StreamedEmbedding)
    found = embeddings(windowed, [1] * FRAMES)
    assert found.shape == (FRAMES, 96)
    assert np.allclose(embeddings(streamed, [4, 1, 20]), found, rtol=0, atol=1e-4)
    assert np.array_equal(embeddings(WindowedEmbedding(path), [4, 1, 20]), found)


def test_another_network_is_run_on_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no stream, or is one of other rows than are brought to it, is computed window by window."""
    path = EMBEDDINGS["livekit"]
    stream = stream_of(path.read_bytes())
    assert stream is not None
    for unfit in (None, replace(stream, stride=16), replace(stream, window=84)):
        monkeypatch.setattr(speech_embedding, "stream_of", lambda _model, found=unfit: found)
        assert isinstance(embedding_of(path), WindowedEmbedding)
