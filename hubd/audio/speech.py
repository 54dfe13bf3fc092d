"""The edges of speech in a stream of sound."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from hubd.audio.pcm import FRAME_MS, SAMPLE_BYTES, UPLINK_RATE

_FRAME_SAMPLES: Final = UPLINK_RATE * FRAME_MS // 1000
_FRAME_BYTES: Final = _FRAME_SAMPLES * SAMPLE_BYTES
_ONES: Final = np.ones(_FRAME_SAMPLES)

# Levels in dB below full scale (a sine at full scale has -3).
_QUIETEST: Final = -70.0  # digital silence: below this no floor is wanted, or a whisper of dither would be speech
_UNKNOWN: Final = -58.0  # a quiet room, until the stream has shown its own floor
_LOUDEST_FLOOR: Final = -28.0  # above this it is not a room that hums, it is somebody who talks without a pause
_LEAST_SPEECH: Final = -52.0  # quiet speech across a room, through a usual microphone
_ABOVE_FLOOR: Final = 9.0  # speech begins this far above the floor
_HYSTERESIS: Final = 3.0  # ... and goes on a little below that

_BLOCK_MS: Final = 200
_FLOOR_MS: Final = 3_000
_FIRST_BLOCKS: Final = 3  # so long the stream's own floor may still be the middle of a word


class EdgeKind(StrEnum):
    """What changed."""

    BEGAN = "began"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Edge:
    """Speech began or ended; position is in samples since the detector's first frame.

    BEGAN: the first sample of speech. ENDED: the sample after the last one of speech.
    """

    kind: EdgeKind
    position: int


class NoiseFloor:
    """The lowest level of the last seconds, as a minimum of blocks: syllables leave gaps, a hum does not.

    block: how many levels make a block. blocks: how many blocks are remembered. known_after: how many there have to be.
    lowest: the lowest level in the blocks that are remembered; None until there are enough. middle: the median of their
    lowest levels; the farther from the lowest, the less steady is the noise.
    """

    def __init__(self, block: int, blocks: int, known_after: int) -> None:
        self._block = block
        self._minima: deque[float] = deque(maxlen=blocks)
        self._known_after = known_after
        self._minimum = math.inf
        self._count = 0
        self.lowest: float | None = None
        self.middle: float | None = None

    def follow(self, level: float) -> None:
        """Take the next level, in any unit."""
        self._minimum = min(self._minimum, level)
        self._count += 1
        if self._count < self._block:
            return
        self._minima.append(self._minimum)
        self._minimum, self._count = math.inf, 0
        if len(self._minima) >= self._known_after:
            ordered = sorted(self._minima)
            self.lowest, self.middle = ordered[0], ordered[len(ordered) // 2]


class SpeechDetector:
    """Finds speech by its energy, against a noise floor that follows the room.

    It takes any sound that stands out from the room for speech: it says when, never what.
    onset_ms: speech needed before a start is committed. silence_ms: silence needed before an end is committed.
    """

    def __init__(self, *, onset_ms: int = 60, silence_ms: int = 700) -> None:
        self._onset_frames = max(1, onset_ms // FRAME_MS)
        self._silence_frames = max(1, silence_ms // FRAME_MS)
        self._floor = NoiseFloor(_BLOCK_MS // FRAME_MS, _FLOOR_MS // _BLOCK_MS, _FIRST_BLOCKS)
        self._frames = 0
        self._loud_frames = 0
        self._quiet_frames = 0
        self._speaking = False

    @property
    def speaking(self) -> bool:
        """Whether the last frame belongs to an utterance, its closing silence included."""
        return self._speaking

    @property
    def quiet_ms(self) -> int:
        """How long nothing was said within the utterance that goes on; 0 outside one."""
        return self._quiet_frames * FRAME_MS if self._speaking else 0

    def restart(self) -> None:
        """Forget the utterance that goes on, without an end of it: what comes now is another's. The floor is kept."""
        self._speaking = False
        self._loud_frames = self._quiet_frames = 0

    def feed(self, frames: bytes) -> list[Edge]:
        """Take the next frames of 20 ms (320 samples at 16 kHz, signed 16-bit little-endian mono).

        Return what changed with them, at most one edge a frame. Raises ValueError for a part of a frame.
        """
        if len(frames) % _FRAME_BYTES:
            raise ValueError(f"a frame has {_FRAME_BYTES} bytes, and {len(frames)} are no whole number of frames")
        return [edge for level in _levels(frames) if (edge := self._follow(level)) is not None]

    def _follow(self, level: float) -> Edge | None:
        """Take the level of the next frame."""
        lowest = self._floor.lowest
        floor = _UNKNOWN if lowest is None else min(max(lowest, _QUIETEST), _LOUDEST_FLOOR)
        threshold = max(floor + _ABOVE_FLOOR, _LEAST_SPEECH)
        self._floor.follow(level)
        self._frames += 1
        if self._speaking:
            return self._go_on(loud=level > threshold - _HYSTERESIS)
        return self._wait(loud=level > threshold)

    def _wait(self, *, loud: bool) -> Edge | None:
        self._loud_frames = self._loud_frames + 1 if loud else 0
        if self._loud_frames < self._onset_frames:
            return None
        self._speaking = True
        self._quiet_frames = 0
        return Edge(EdgeKind.BEGAN, (self._frames - self._loud_frames) * _FRAME_SAMPLES)

    def _go_on(self, *, loud: bool) -> Edge | None:
        self._quiet_frames = 0 if loud else self._quiet_frames + 1
        if self._quiet_frames < self._silence_frames:
            return None
        self._speaking = False
        self._loud_frames = 0
        return Edge(EdgeKind.ENDED, (self._frames - self._quiet_frames) * _FRAME_SAMPLES)


def _levels(frames: bytes) -> Iterator[float]:
    """Yield the energy of each frame in dB below full scale; a constant offset does not count."""
    # The sums are whole numbers below 2^53: exact, and several times quicker than np.var.
    samples = np.frombuffer(frames, dtype="<i2").astype(np.float64).reshape(-1, _FRAME_SAMPLES)
    sums, squares = samples @ _ONES, np.einsum("ij,ij->i", samples, samples)
    for total, square in zip(sums.tolist(), squares.tolist(), strict=True):
        offset = total / _FRAME_SAMPLES
        power = (square / _FRAME_SAMPLES - offset * offset) / 32768.0**2
        yield 10 * math.log10(power + 1e-12)
