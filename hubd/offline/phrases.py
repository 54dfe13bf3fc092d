"""What can be said, as a tree whose leaves are words or meaning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.offline.words import spoken


@dataclass(frozen=True, slots=True)
class Begin:
    """From here on the words ask for this function."""

    function: str


@dataclass(frozen=True, slots=True)
class Assign:
    """The words give a parameter its value; value is hashable: None, a bool, a number, a string."""

    parameter: str
    value: JsonValue


@dataclass(frozen=True, slots=True)
class Later:
    """The words ask for all of this later, or for a while."""


Tag = Begin | Assign | Later


@dataclass(frozen=True, slots=True)
class Say:
    """One word."""

    word: str


@dataclass(frozen=True, slots=True)
class Mean:
    """No word, but meaning."""

    tag: Tag


@dataclass(frozen=True, slots=True)
class InOrder:
    """One phrase after the other; without any, silence."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several phrases; without any, nothing can be said here."""

    phrases: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """A phrase once or more often, with another between two of them."""

    phrase: Phrase
    between: Phrase


@dataclass(frozen=True, slots=True)
class Rare:
    """A phrase that is said less often than what it competes with: probability is above 0, at most 1."""

    phrase: Phrase
    probability: float


Phrase = Say | Mean | InOrder | OneOf | Repeated | Rare

NOTHING = InOrder(())


def say(text: str) -> Phrase:
    """Return the words of a text, in order."""
    return InOrder(tuple(Say(word) for word in spoken(text)))


def in_order(*phrases: Phrase | str) -> Phrase:
    """Return phrases one after the other; a string stands for its words."""
    return InOrder(tuple(say(phrase) if isinstance(phrase, str) else phrase for phrase in phrases))


def one_of(phrases: Iterable[Phrase | str]) -> Phrase:
    """Return a choice, each phrase once; a string stands for its words."""
    choices = dict.fromkeys(say(phrase) if isinstance(phrase, str) else phrase for phrase in phrases)
    return OneOf(tuple(choices))


def maybe(*phrases: Phrase | str) -> Phrase:
    """Return a choice of which nothing may be said either."""
    return one_of([NOTHING, *phrases])


def seldom(*phrases: Phrase | str, probability: float = 0.01) -> Phrase:
    """Return a choice of phrases that lose to a more usual one when they sound nearly alike."""
    return Rare(one_of(phrases), probability)


def assign(parameter: str, value: JsonValue) -> Phrase:
    """Return the meaning that a parameter has this value."""
    return Mean(Assign(parameter, value))


def branching(meanings: Iterable[tuple[tuple[str, ...], Phrase]]) -> Phrase:
    """Return a choice between sequences of words, each with its meaning; what begins alike is shared."""
    here: list[Phrase] = []
    after: dict[str, list[tuple[tuple[str, ...], Phrase]]] = {}
    for words, meaning in meanings:
        if words:
            after.setdefault(words[0], []).append((words[1:], meaning))
        else:
            here.append(meaning)
    return one_of([*here, *(in_order(Say(word), branching(rest)) for word, rest in after.items())])
