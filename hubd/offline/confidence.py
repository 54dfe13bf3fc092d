"""Whether an utterance is one of the grammar's sentences, or only forced into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# How it is decided. The utterance is decoded twice: along the grammar, and along a free loop of phones, which fits any
# speech. What the grammar loses against the loop per frame is small where the sentence was really said, large where
# other speech was pressed into it. Two such margins count: over the whole utterance (silence, skipped sounds and
# unusual wordings included), and over the two words that fit worst, which finds a sentence that is right but for a
# word or two. Neither alone separates as well as their sum. Besides, nobody speaks faster than so many words a second.
# The numbers are fitted by scripts/measure-recognition.
_WORST_WORDS: Final = 2
_WEIGHT_OF_WORST: Final = 0.35
_LEAST: Final = -50.0
_FEWEST_FRAMES_PER_WORD: Final = 12.0


@dataclass(frozen=True, slots=True)
class Fit:
    """How one word lies on the sound.

    frames: its length in frames of 10 ms. margin: its score less the phone loop's over the same frames; in the
    recogniser's own logarithmic units.
    """

    word: str
    frames: int
    margin: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the recogniser found: the words in order, with the margin of the whole utterance over all its frames."""

    words: tuple[Fit, ...]
    frames: int
    margin: float

    @property
    def score(self) -> float:
        """One number for how well the sentence fits: about 0 for a perfect one, less for others."""
        if not self.words or not self.frames:
            return float("-inf")
        return self.margin / self.frames + _WEIGHT_OF_WORST * _worst(self.words)


def is_said(evidence: Evidence) -> bool:
    """Return whether the words were said, rather than something else that resembles them."""
    spoken = sum(fit.frames for fit in evidence.words)
    return evidence.score >= _LEAST and spoken >= _FEWEST_FRAMES_PER_WORD * len(evidence.words)


def _worst(words: Sequence[Fit]) -> float:
    """Return the mean margin per frame of the words that fit worst."""
    margins = sorted(fit.margin / max(1, fit.frames) for fit in words)[:_WORST_WORDS]
    return sum(margins) / len(margins)
