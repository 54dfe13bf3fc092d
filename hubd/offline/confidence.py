"""Whether an utterance is one of the grammar's sentences, or only forced into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

# How it is decided. The utterance is read twice: along the grammar, and as English at large, 5,000 words in any order
# that makes sense. A sentence that was really said fits the sound about as well as anything that English has to offer;
# other speech is fitted far better by its own words, or by others that sound like them. Four numbers are weighed: how
# far the sentence is behind English over the whole utterance; over the two of its words that are furthest behind, which
# finds a sentence that is right but for a word or two; how unusual the wording is, since impostors need the odd corners
# of the grammar; the share of the sound that the grammar calls silence where English hears words. The weights are
# fitted as scripts/measure-recognition --fit does it, on other sentences and recordings than those that it measures.
#
# Silence in the grammar can swallow a word: "turn on the kitchen lights" becomes "turn on the lights", another lamp. A
# stretch between two words that English hears words in is too much for any weight: of 343 commands that were found
# right, 2 had one of 150 ms, of 612 wrong ones 80.
_SWALLOWED_WORD: Final = 15
_WORST_WORDS: Final = 2
_WEIGHTS: Final = (0.238, 0.0624, 9.63, -20.6)
_BIAS: Final = 7.9


@dataclass(frozen=True, slots=True)
class Fit:
    """How one word lies on the sound.

    frames: its length in frames of 10 ms. lead: its score less that of English over the same frames, in the
    recogniser's own logarithmic units; negative if English fits better.
    """

    word: str
    frames: int
    lead: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the recogniser found in an utterance of so many frames: the words in order.

    lead: as of a word, over all frames. prior: how usual the wording is, 0 or less. unexplained: frames in which
    English hears words where the sentence has none. swallowed: the longest stretch of these between two of the words.
    """

    words: tuple[Fit, ...]
    frames: int
    lead: float
    prior: float
    unexplained: int
    swallowed: int

    @property
    def features(self) -> tuple[float, ...]:
        """The four numbers that are weighed."""
        return (
            self.lead / self.frames,
            _worst(self.words),
            self.prior / self.frames,
            self.unexplained / self.frames,
        )


def is_said(evidence: Evidence, doubt: float = 0.0) -> bool:
    """Return whether the words were said, rather than something else that resembles them.

    doubt: what speaks against it beforehand, as a logarithm of the odds.
    """
    if not evidence.words or evidence.swallowed >= _SWALLOWED_WORD:
        return False
    odds = _BIAS + sum(weight * feature for weight, feature in zip(_WEIGHTS, evidence.features, strict=True))
    return odds >= doubt


def _worst(words: Sequence[Fit]) -> float:
    """Return the mean lead per frame of the words that are furthest behind."""
    leads = sorted(fit.lead / fit.frames for fit in words)[:_WORST_WORDS]
    return sum(leads) / len(leads)
