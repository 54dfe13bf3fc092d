"""The speech embedding below openWakeWord's models."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from hubd.edges.onnx_session import session
from hubd.edges.onnx_stream import Stream, stream_of
from hubd.edges.spectrogram import BANDS, ROWS
from hubd.edges.wake_model_files import content_of

# How many rows an embedding is about.
WINDOW: Final = 76
SIZE: Final = 96


class Embedding(Protocol):
    """The speech embedding of what was heard last, before which there are ones."""

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next rows, eight for every embedding."""
        ...


class StreamedEmbedding:
    """An embedding that computes nothing twice: the network is run on the new rows alone (``onnx_stream``).

    A frame takes 0.22 of the time that a window takes, with equal results. The network in eight bits took 0.66 of it,
    and its embeddings correlated by 0.997 with the right ones. Tensors that stay bound within onnxruntime would save
    another tenth, for single frames alone. Its wheels have no XNNPACK (``voice.md`` 3).
    """

    def __init__(self, path: Path, stream: Stream) -> None:
        self._session = session(path, stream.model)
        self._given = stream.given
        self._names = [stream.result, *(cache.kept for cache in stream.caches)]
        self._kept = {cache.given: np.zeros(cache.shape, np.float32) for cache in stream.caches}
        self.embeddings_of(np.ones((-(-stream.window // ROWS) * ROWS, BANDS), np.float32))

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next rows."""
        found, *kept = self._session.run(self._names, {self._given: rows[None, :, :, None], **self._kept})
        self._kept = dict(zip(self._kept, kept, strict=True))
        embeddings: NDArray[np.float32] = found[0, :, :, 0].T
        return embeddings


class WindowedEmbedding:
    """An embedding that is computed anew for each window of 76 rows: whatever network can't be made a stream."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        self._window = np.ones((1, WINDOW, BANDS, 1), np.float32)

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next rows."""
        window, embeddings = self._window, np.empty((len(rows) // ROWS, SIZE), np.float32)
        for embedding, new in zip(embeddings, rows.reshape(-1, ROWS, BANDS, 1), strict=True):
            window[0, :-ROWS] = window[0, ROWS:]
            window[0, -ROWS:] = new
            embedding[:] = self._session.run(None, {"input_1": window})[0].reshape(SIZE)
        return embeddings


def embedding_of(path: Path) -> Embedding:
    """Load the embedding in a file; raises what ``session`` raises."""
    stream = stream_of(content_of(path))
    if stream is not None and (stream.stride, stream.window) == (ROWS, WINDOW):
        return StreamedEmbedding(path, stream)
    return WindowedEmbedding(path)
