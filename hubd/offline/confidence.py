"""Whether an utterance is one of the grammar's sentences, or only forced into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# How it is decided. The utterance is decoded twice: along the grammar, and along a free loop of phones, which fits any
# speech. What the grammar loses against the loop per frame, its margin, is small where the sentence was really said,
# large where other speech was pressed into it. Six numbers are weighed: the margin over the whole utterance; over its
# words; over the two words that fit worst, which finds a sentence that is right but for a word or two; how unusual the
# wording is, since impostors need the odd corners of the grammar; the share of the sound that the grammar calls
# silence and the loop calls speech; how few the words are, since few are soon resembled. The weights are fitted by
# scripts/measure-recognition, on other sentences, houses, voices and recordings than those it measures.
_WORST_WORDS: Final = 2
_WEIGHTS: Final = (0.118, 0.123, 0.1, 9.91, -16.3, 2.13)
_BIAS: Final = 11.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How one word lies on the sound.

    frames: its length in frames of 10 ms. margin: its score less the phone loop's over the same frames, in the
    recogniser's own logarithmic units.
    """

    word: str
    frames: int
    margin: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the recogniser found in an utterance of so many frames: the words in order.

    margin: as of a word, over all frames. prior: how usual the wording is, 0 or less. unexplained: frames of speech,
    by the phone loop, that the sentence has no word for.
    """

    words: tuple[Fit, ...]
    frames: int
    margin: float
    prior: float
    unexplained: int

    @property
    def features(self) -> tuple[float, ...]:
        """The six numbers that are weighed."""
        spoken = sum(fit.frames for fit in self.words)
        return (
            self.margin / self.frames,
            sum(fit.margin for fit in self.words) / spoken,
            _worst(self.words),
            self.prior / self.frames,
            self.unexplained / self.frames,
            1 / len(self.words),
        )


def is_said(evidence: Evidence) -> bool:
    """Return whether the words were said, rather than something else that resembles them."""
    if not evidence.words:
        return False
    return _BIAS + sum(weight * feature for weight, feature in zip(_WEIGHTS, evidence.features, strict=True)) >= 0


def _worst(words: Sequence[Fit]) -> float:
    """Return the mean margin per frame of the words that fit worst."""
    margins = sorted(fit.margin / fit.frames for fit in words)[:_WORST_WORDS]
    return sum(margins) / len(margins)
