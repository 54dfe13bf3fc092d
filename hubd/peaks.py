"""How high the scores of wake words went, with what that says about their thresholds."""

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
# A threshold should lie so far from the scores on both of its sides.
_MARGIN: Final = 0.05
# Thresholds are whole multiples of this; below the lowest hubs wake by themselves (``config/overview.py`` warns).
_STEP: Final = 0.05
_LOWEST: Final = 0.2


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


@dataclass(frozen=True, slots=True)
class Advice:
    """What the peaks of one word say.

    woke, missed: the scores that would have woken the hub, and that came near, lowest first. threshold: the one to be
    recommended; None for none. lines: all of it, to a person.
    """

    word: WakeWord
    woke: Sequence[float]
    missed: Sequence[float]
    threshold: float | None
    lines: Sequence[str]


def advice(word: WakeWord, peaks: Sequence[Peak]) -> Advice:
    """Return what the peaks say about the word's threshold."""
    own = [peak for peak in peaks if peak.word.name == word.name]
    woke = sorted(peak.score for peak in own if peak.wakes)
    missed = sorted(peak.score for peak in own if peak.near and not peak.wakes)
    threshold, lines = None, []
    if woke:
        threshold, line = _between(word, missed, woke)
        lines.append(line)
    if missed:
        lower, line = _below(word, missed)
        lines.append(line)
        threshold = threshold if woke else lower
    best = max((peak.score for peak in own), default=0.0)
    return Advice(word, woke, missed, threshold, [f"{spoken(word)}: {_counted(woke, missed, best)}", *lines])


def spoken(word: WakeWord) -> str:
    """Return the word as people say it."""
    return word.name.replace("_", " ")


def shown(score: float) -> str:
    """Return a score with two digits, cut: what is below a threshold is not shown as if it had reached it."""
    return f"{math.floor(score * 100) / 100:.2f}"


def _counted(woke: Sequence[float], missed: Sequence[float], best: float) -> str:
    if not woke and not missed:
        return f"nothing came near; its highest score was {shown(best)}."
    parts = [
        f"{len(scores)} {what} ({_range(scores)})"
        for scores, what in ((woke, "would have woken the hub"), (missed, "came near"))
        if scores
    ]
    return f"{', '.join(parts)}."


def _between(word: WakeWord, missed: Sequence[float], woke: Sequence[float]) -> tuple[float | None, str]:
    """Return the threshold that parts the two, with words: the one in force if it does."""
    low, high, given = max(missed, default=0.0), min(woke), word.threshold
    if low + _MARGIN <= given <= high - _MARGIN:
        where = "between them" if missed else "below them"
        return given, f"The threshold {given:g} fits: it lies well {where}."
    better = _rounded((low + high) / 2 if missed else high - 2 * _MARGIN)
    if low + _MARGIN / 2 <= better <= high - _MARGIN / 2 and better >= _LOWEST and better != given:
        close = high if given > high - _MARGIN else low
        return better, f"A threshold of {better:g} would fit better: {given:g} is too close to {shown(close)}."
    return None, f"No threshold lies well between {shown(low)} and {shown(high)}."


def _below(word: WakeWord, missed: Sequence[float]) -> tuple[float | None, str]:
    """Return the threshold that would have heard what was missed, with words."""
    if missed[0] >= word.threshold:
        return word.threshold, "If what came near was the wake word: with patience = 1 it would have been heard."
    lower = _rounded(missed[0] - _MARGIN - _STEP / 2)
    if lower < _LOWEST:
        lost = f"If {shown(missed[0])} was the wake word: no good threshold would hear it"
        return None, f"{lost}; speak nearer, or louder."
    return lower, f"If what came near was the wake word: a threshold of {lower:g} would have heard it."


def _rounded(threshold: float) -> float:
    return round(round(threshold / _STEP) * _STEP, 2)


def _range(scores: Sequence[float]) -> str:
    low, high = shown(scores[0]), shown(scores[-1])
    return low if low == high else f"{low} to {high}"


def bar(score: float, threshold: float, columns: int) -> str:
    """Return a score as a bar of so many characters (at least one) with a mark at the threshold."""
    filled = "".join("#" if (place + 0.5) / columns <= score else "." for place in range(columns))
    mark = min(columns - 1, int(threshold * columns))
    return f"{filled[:mark]}|{filled[mark + 1 :]}"
