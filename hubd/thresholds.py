"""What the peaks of a wake word's scores say about its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hubd.peaks import Peak, shown
from hubd.wake import WakeWord, spoken

# A threshold should lie so far from the scores on both of its sides.
_MARGIN: Final = 0.05
# Thresholds are whole multiples of this; below the lowest hubs wake by themselves (``config/overview.py`` warns).
_STEP: Final = 0.05
_LOWEST: Final = 0.2


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
    return Advice(word, woke, missed, threshold, [f"{spoken(word.name)}: {_counted(woke, missed, best)}", *lines])


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
