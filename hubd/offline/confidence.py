"""Whether an utterance is one of the grammar's sentences, or only forced into one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hubd.offline.words import WAKE_REMAINDERS

# How it is decided. The utterance is read twice: along the grammar, and as English at large, 5,000 words in any order
# that makes sense. A sentence that was really said fits the sound about as well as anything that English has to offer;
# other speech is fitted far better by its own words, or by others that sound like them. Four numbers are weighed: how
# far the sentence is behind English over the whole utterance; over the two of its words that are furthest behind, which
# finds a sentence that is right but for a word or two; how unusual the wording is, since impostors need the odd corners
# of the grammar; the share of the sound that the grammar calls silence where English hears words. The weights are
# fitted as scripts/measure-recognition --fit does it, on other sentences and recordings than those that it measures.
#
# What no weight outweighs, in frames; of 343 commands that were found right, 5 fall to one of these. Silence in the
# grammar can swallow a word: "turn on the kitchen lights" becomes "turn on the lights", another lamp. A last word can
# be made of an echo: "the kitchen lights" becomes "the kitchen lights off"; people draw out their last word. What the
# wake word leaves behind can become a verb: "-vis, the garage door" becomes "raise the garage door".
_SWALLOWED_WORD: Final = 15
_LAST_WORD: Final = 15
_PAUSE_BEHIND_WAKE_WORD: Final = 25
_HARMLESS: Final = frozenset({"please"}.union(*map(str.split, WAKE_REMAINDERS)))

_WORST_WORDS: Final = 2
_WEIGHTS: Final = (0.238, 0.0624, 9.63, -20.6)
_BIAS: Final = 7.9


@dataclass(frozen=True, slots=True)
class Fit:
    """How one word lies on the sound.

    start: its first frame of 10 ms. frames: its length. lead: its score less that of English over the same frames, in
    the recogniser's own logarithmic units; negative if English fits better.
    """

    word: str
    start: int
    frames: int
    lead: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the recogniser found in an utterance of so many frames: the words in order.

    lead: as of a word, over all frames. prior: how usual the wording is, 0 or less. unexplained: frames in which
    English hears words where the sentence has none. swallowed: the longest stretch between two of the words that is no
    silence, by English or by its own sound.
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
    if not evidence.words or evidence.swallowed >= _SWALLOWED_WORD or evidence.words[-1].frames < _LAST_WORD:
        return False
    if _begins_with_wake_word(evidence.words):
        return False
    odds = _BIAS + sum(weight * feature for weight, feature in zip(_WEIGHTS, evidence.features, strict=True))
    return odds >= doubt


def _begins_with_wake_word(words: Sequence[Fit]) -> bool:
    """Return whether the first word with a meaning is more likely what the wake word left: a long pause follows it."""
    first = next((at for at, fit in enumerate(words) if fit.word not in _HARMLESS), len(words))
    if first + 1 >= len(words):
        return False
    pause = words[first + 1].start - words[first].start - words[first].frames
    return pause >= _PAUSE_BEHIND_WAKE_WORD


def _worst(words: Sequence[Fit]) -> float:
    """Return the mean lead per frame of the words that are furthest behind."""
    leads = sorted(fit.lead / fit.frames for fit in words)[:_WORST_WORDS]
    return sum(leads) / len(leads)
