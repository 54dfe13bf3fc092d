"""What is wrong with the sound of a microphone that delivers."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import FRAME_MS, UPLINK_RATE
from hubd.audio.wire import Failed

_FRAME: Final = UPLINK_RATE * FRAME_MS // 1000
# In the quietest room the last bit of a live microphone moves: zeros for so long come from a dead or a muted one.
_DEAD: Final = 30 * UPLINK_RATE
# A sample this close to full scale was cut off, or its neighbour will be.
_FULL: Final = 32_700
# One may be a click; so many in a frame are the tops of waves.
_TOPS: Final = 4
# Anybody may shout once: it is trouble if more than this share of the sound is cut off, by so much.
_SHARE: Final = 0.2
_EXCESS: Final = 2 * UPLINK_RATE
# So long without, and the trouble is over: nobody speaks all the time.
_CLEAN: Final = 60 * UPLINK_RATE


class Quality(Enum):
    """What can be said of the sound: zeros alone are DEAD, one that is too loud is CLIPPED."""

    GOOD = auto()
    DEAD = auto()
    CLIPPED = auto()


COMPLAINTS: Final[Mapping[Quality, Failed]] = {
    Quality.DEAD: Failed(
        "The microphone delivers nothing but silence.",
        "Check its mute switch and its level, and that microphone.device names the right one.",
    ),
    Quality.CLIPPED: Failed(
        "The microphone is set too loud: what it hears is cut off.", "Lower its level, as with alsamixer (F4)."
    ),
}


class QualityWatch:
    """Judges sound at 16 kHz as it comes; its time is the sound's own."""

    def __init__(self) -> None:
        self._quality = Quality.GOOD
        self._zeros = 0
        self._clean = 0
        self._excess = 0.0

    def feed(self, pcm: bytes) -> Quality:
        """Take the next frames of 20 ms, signed 16-bit little-endian mono; return the verdict."""
        samples = np.frombuffer(pcm, "<i2")
        count = len(samples)
        self._zeros = 0 if samples.any() else self._zeros + count
        clipped = clipped_frames(samples) * _FRAME
        self._clean = 0 if clipped else self._clean + count
        self._excess = min(max(self._excess + clipped - count * _SHARE, 0.0), float(_EXCESS))
        if self._zeros >= _DEAD:
            self._quality = Quality.DEAD
        elif self._excess >= _EXCESS or (self._quality is Quality.CLIPPED and self._clean < _CLEAN):
            self._quality = Quality.CLIPPED
        else:
            self._quality = Quality.GOOD
        return self._quality


def clipped_frames(samples: NDArray[np.int16]) -> int:
    """Return how many frames of 20 ms at 16 kHz are cut off at full scale; samples: whole frames."""
    if samples.max() < _FULL and samples.min() > -_FULL:
        return 0
    tops = (samples >= _FULL) | (samples <= -_FULL)
    return int(np.count_nonzero(tops.reshape(-1, _FRAME).sum(axis=1) >= _TOPS))
