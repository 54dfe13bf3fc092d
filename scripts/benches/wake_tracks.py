"""Recordings with a script: who says what where, before which noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubd.audio.pcm import UPLINK_RATE
from hubd.wake import FRAME_SAMPLES
from scripts.benches import wake_sounds
from scripts.benches.wake_sounds import Sound

# A score can come so long after the end of a word (``hubd.wake.LAG_MS``), and a little more.
_LAG_FRAMES = 12
_AFTER = 2.0  # s of room at the end


@dataclass(frozen=True, slots=True)
class Utterance:
    """Something said: text, with how it sounds."""

    text: str
    sound: Sound


@dataclass(frozen=True, slots=True)
class Span:
    """Where something was said: from its first frame of 80 ms to the last that may still be about it."""

    text: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Track:
    """A recording of a room in which something is said here and there."""

    sound: Sound
    spans: tuple[Span, ...]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.sound) / UPLINK_RATE


def track(utterances: Sequence[Utterance], gaps: tuple[float, float], seed: int = 0) -> Track:
    """Return a quiet room in which these utterances are heard one after the other.

    gaps: the shortest pause before each, s, with the longest.
    """
    chance = np.random.default_rng(seed)
    starts, end = [], 0
    for utterance in utterances:
        starts.append(end + int(chance.uniform(*gaps) * UPLINK_RATE))
        end = starts[-1] + len(utterance.sound)
    frames = int(end + _AFTER * UPLINK_RATE) // FRAME_SAMPLES
    sound = wake_sounds.quiet_room(frames * FRAME_SAMPLES / UPLINK_RATE, seed)
    spans = []
    for utterance, start in zip(utterances, starts, strict=True):
        last = start + len(utterance.sound)
        sound[start:last] += utterance.sound
        spans.append(Span(utterance.text, start // FRAME_SAMPLES, last // FRAME_SAMPLES + _LAG_FRAMES))
    return Track(sound, tuple(spans))
