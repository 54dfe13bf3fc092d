"""The spectrogram below openWakeWord's models."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.edges.onnx_session import session
from hubd.edges.onnx_spectrogram import lean_spectrogram
from hubd.edges.wake_model_files import content_of
from hubd.wake import FRAME_SAMPLES

# In a frame of 80 ms.
ROWS: Final = 8
BANDS: Final = 32
# A frame's first rows begin so many samples before it.
_CONTEXT: Final = 480
# What makes the rows resemble those that the embedding was trained on (openwakeword's utils.py).
_SCALE, _SHIFT = np.float32(10), np.float32(2)


class Spectrogram:
    """Sound as rows of 32 bands, one every 10 ms; what is silence is decided in each frame by its loudest sound.

    path: of melspectrogram.onnx. Raises what ``session`` raises.
    """

    def __init__(self, path: Path) -> None:
        content = content_of(path)
        lean = lean_spectrogram(content)
        self._session = session(path, content if lean is None else lean.model)
        self._heard_of_a_frame = None if lean is None else slice(lean.before, -lean.after)
        self._before: NDArray[np.float32] | None = None

    def rows_of(self, samples: NDArray[np.int16]) -> NDArray[np.float32]:
        """Take the next frames; return their rows."""
        new = samples.reshape(-1, FRAME_SAMPLES)
        frames = np.empty((len(new), _CONTEXT + FRAME_SAMPLES), np.float32)
        frames[:, _CONTEXT:] = new
        frames[1:, :_CONTEXT] = frames[:-1, FRAME_SAMPLES:]
        before, self._before = self._before, frames[-1, FRAME_SAMPLES:].copy()
        if before is not None:
            frames[0, :_CONTEXT] = before
            return self._run(frames)
        # The package has no sound before the first chunk, hence fewer rows, after what is filled with ones.
        first = self._run(frames[:1, _CONTEXT:])
        missing = np.ones((ROWS - len(first), BANDS), np.float32)
        return np.concatenate((missing, first, *([self._run(frames[1:])] if len(frames) > 1 else [])))

    def _run(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._heard_of_a_frame is None:
            found = [self._session.run(None, {"input": frame[None]})[0] for frame in frames]
        else:
            found = self._session.run(None, {"input": frames[:, self._heard_of_a_frame]})
        rows: NDArray[np.float32] = np.concatenate(found).reshape(-1, BANDS)
        return rows / _SCALE + _SHIFT
