"""How high the scores of wake words went."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hubd.events import Woke
from hubd.rises import Rise, Rises
from hubd.wake import WakeGate, WakeWord

# What stays below this came near no wake word.
NEAR: Final = 0.1


@dataclass(frozen=True, slots=True)
class Peak:
    """The top of one rise of a word's score. at: when, s. wakes: whether it would have woken the hub."""

    word: WakeWord
    score: float
    at: float
    wakes: bool

    @property
    def near(self) -> bool:
        """Whether it came near the wake word at all."""
        return self.score >= NEAR

    @property
    def verdict(self) -> str:
        """What a hub would have done, in words."""
        if self.wakes:
            return "wakes"
        if self.score < self.word.threshold:
            return f"below {self.word.threshold:g}"
        return f"too short: not {self.word.patience} x 80 ms"


class Peaks:
    """Finds the tops of the scores of several words, each for itself; ``now`` is any time that goes forward, s."""

    def __init__(self, words: Sequence[WakeWord]) -> None:
        self._climbs = {word.name: _Climb(word) for word in words}

    def take(self, scores: Mapping[str, float], now: float) -> tuple[Peak, ...]:
        """Take the scores of the next 80 ms; return the tops that they show to be over."""
        found = (climb.take(scores.get(name), now) for name, climb in self._climbs.items())
        return tuple(peak for peak in found if peak is not None)

    def end(self) -> tuple[Peak, ...]:
        """Return the tops so far of what still rises."""
        found = (climb.end() for climb in self._climbs.values())
        return tuple(peak for peak in found if peak is not None)


class _Climb:
    """The tops of one word's score, with what a gate makes of them that hears all that is said."""

    def __init__(self, word: WakeWord) -> None:
        self._word = word
        self._rises = Rises()
        # In a trial the word is said again at once.
        self._gate = WakeGate([replace(word, refractory=0.0)])
        self._woke = False

    def take(self, score: float | None, now: float) -> Peak | None:
        scores = {} if score is None else {self._word.name: score}
        over = self._rises.take(scores, now)
        peak = None if over is None else self._peak(over)
        self._woke |= any(isinstance(each, Woke) for each in self._gate.feed(scores, 0, now, speaking=False))
        return peak

    def end(self) -> Peak | None:
        over = self._rises.drop()
        return None if over is None else self._peak(over)

    def _peak(self, over: Rise) -> Peak:
        wakes, self._woke = self._woke, False
        return Peak(self._word, over.score, over.peaked, wakes)


def shown(score: float) -> str:
    """Return a score with two digits, cut: what is below a threshold is not shown as if it had reached it."""
    return f"{math.floor(score * 100) / 100:.2f}"


def bar(score: float, threshold: float, columns: int) -> str:
    """Return a score as a bar of so many characters (at least one) with a mark at the threshold."""
    filled = "".join("#" if (place + 0.5) / columns <= score else "." for place in range(columns))
    mark = min(columns - 1, int(threshold * columns))
    return f"{filled[:mark]}|{filled[mark + 1 :]}"
