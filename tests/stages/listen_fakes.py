"""A microphone with a wake model that follow a script."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import UPLINK_RATE
from hubd.ports import MicrophoneFrame
from hubd.wake import FRAME_SAMPLES

Samples = NDArray[np.int16]
Script = Callable[[int], Mapping[str, float]]


async def no_pause(taken: int) -> None:
    """Go on at once."""


def silent_script(index: int) -> Mapping[str, float]:
    """Return a score that wakes nothing."""
    return {"hey_jarvis": 0.0}


class ScriptedModel:
    """A wake model that scores its frames as script says, by their number from 0 on; keeps what it heard.

    Has to be made inside a running loop. While held, it does not come back from a frame.
    """

    def __init__(self, script: Script = silent_script) -> None:
        self.memory = 27
        self.heard: list[Samples] = []
        self.begun = asyncio.Event()
        self.scored = asyncio.Semaphore(0)
        self._script = script
        self._loop = asyncio.get_running_loop()
        self._go = threading.Event()
        self._go.set()

    def hold(self) -> None:
        """Stop scoring."""
        self._go.clear()

    def release(self) -> None:
        """Go on scoring."""
        self._go.set()

    def score(self, samples: Samples) -> Mapping[str, float]:
        """Take a frame, in the worker's thread."""
        self._loop.call_soon_threadsafe(self.begun.set)
        self._go.wait(timeout=30)
        scores = self._script(len(self.heard))
        self.heard.append(samples)
        self._loop.call_soon_threadsafe(self.scored.release)
        return scores

    @property
    def sound(self) -> Samples:
        """All that was heard."""
        return np.concatenate(self.heard) if self.heard else np.zeros(0, np.int16)


class ScriptedMicrophone:
    """A microphone with a list of frames.

    model: it yields no further while this model has whole frames to score; without one it yields all at once.
    between: awaited before each frame but the first, when so many have been taken.
    endless: it stays after its last frame, when it sets exhausted.
    wishes: how sound was wished to be gathered, beside the number of frames taken by then.
    """

    def __init__(
        self,
        frames: Sequence[MicrophoneFrame],
        model: ScriptedModel | None = None,
        between: Callable[[int], Awaitable[None]] = no_pause,
        *,
        endless: bool = False,
    ) -> None:
        self.exhausted = asyncio.Event()
        self.wishes: list[tuple[int, int]] = []
        self._taken = 0
        self._endless = endless
        self._frames = frames
        self._model = model
        self._between = between

    def gather(self, first_ms: int) -> None:
        """Note the wish."""
        self.wishes.append((self._taken, first_ms))

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield the frames."""
        heard, scored = 0, 0
        for taken, frame in enumerate(self._frames):
            if taken:
                await self._between(taken)
            self._taken = taken + 1
            yield frame
            heard += len(frame.pcm) // 2 + min(frame.lost_ms, 1000) * UPLINK_RATE // 1000
            while self._model is not None and scored < heard // FRAME_SAMPLES:
                await self._model.scored.acquire()
                scored += 1
        self.exhausted.set()
        if self._endless:
            await asyncio.Event().wait()


def speech(samples: int, seed: int = 0) -> Samples:
    """Return sound of which no sample is 0."""
    return np.random.default_rng(seed).integers(1, 30_000, samples, np.int16)


def cut(sound: Samples, sizes: Sequence[int] = (320,)) -> list[MicrophoneFrame]:
    """Cut sound into frames of these sizes, over and over, in samples."""
    frames: list[MicrophoneFrame] = []
    start = 0
    while start < len(sound):
        size = sizes[len(frames) % len(sizes)]
        piece = sound[start : start + size]
        start += size
        frames.append(MicrophoneFrame(piece.tobytes(), captured=start / UPLINK_RATE))
    return frames
