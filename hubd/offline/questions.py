"""The ways to ask how things are."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from hubd.offline.groups import several, where
from hubd.offline.parameters import Choice, without_article
from hubd.offline.phrases import NOTHING, Phrase, assign, branching, in_order, maybe, one_of, seldom
from hubd.offline.words import spoken

_THE: Final = one_of(["the", seldom(NOTHING, "my", probability=0.1)])
_STATES: Final = (
    *("on", "off", "open", "closed", "locked", "unlocked", "running", "playing", "cleaning"),
    *("armed", "disarmed", "wet", "dry"),
)
_OPEN_OR_CLOSED: Final = ("open", "closed")
# What ends in such a word is not asked whether it is on: "is the window on" sounds too much like "is the window open".
_OPENING: Final = frozenset(
    ("window", "windows", "gate", "blind", "blinds", "shutter", "shutters", "curtain", "curtains", "awning", "valve")
)
_DOORS: Final = frozenset(("door", "doors"))
# A kind → how one asks whether its devices are so; others are on or off.
_STATES_OF: Final = {
    **dict.fromkeys(("cover", "valve", "door", "window", "garage door"), _OPEN_OR_CLOSED),
    "lock": ("locked", "unlocked"),
    "media player": ("on", "off", "playing"),
    "vacuum": ("running", "cleaning"),
    "alarm": ("on", "off", "armed", "disarmed"),
    "occupancy": ("occupied", "free"),
    "moisture": ("wet", "dry"),
}
_ON_OR_OFF: Final = ("on", "off")
# What a name ends in → what is asked about the rest of it: "bedroom temperature", "how warm is the bedroom".
_MEASURED: Final = {
    "temperature": ("warm", "cold", "hot"),
    "humidity": ("humid", "damp"),
    "brightness": ("bright", "dark"),
}


# Words of a name, with what it means.
Named = tuple[tuple[str, ...], Phrase]


def about(named: Sequence[Named], commanded: Collection[str] = ()) -> Iterator[Phrase]:
    """Yield the questions about one thing, by its name; commanded: the names of what can be commanded as well.

    "What is the radio?" is asked of no radio: it would only be heard instead of "pause the radio".
    """
    if not named:
        return
    operated = {without_article(spoken(name)) for name in commanded}
    read = [(words, meaning) for words, meaning in named if words not in operated]
    thing = in_order(_THE, branching(named))
    yield in_order(one_of(["what is", "what's"]), one_of(["the state of", "the status of"]), thing)
    yield in_order("check", thing)
    yield in_order("what's", _THE, branching(read))
    # What is left of "jarvis" sounds like "are": it is offered where grammar asks for it, no further.
    for verb, plural in (("is", False), ("are", True)):
        some = [(words, meaning) for words, meaning in named if words[-1].endswith("s") is plural]
        yield in_order(f"how {verb}", _THE, branching(some))
        yield in_order(f"what {verb}", _THE, branching(each for each in read if each in some))
        for states, told in itertools.groupby(sorted(some, key=_states_of), _states_of):
            yield in_order(verb, _THE, branching(told), one_of(states))
    # "Is the garage closed?" is asked of the garage door.
    doors = [(words[:-1], meaning) for words, meaning in named if words[1:] and words[-1] == "door"]
    yield in_order("is", _THE, branching(doors), one_of(["open", "closed"]))
    yield from _measurements(named)


def about_several(kind: Choice, area: Choice | None, state: Choice | None) -> Iterator[Phrase]:
    """Yield the questions about a kind: "which windows are open?", "are the lights in the kitchen off?".

    state: the word that tells those that are meant from the others, if one can be asked for.
    """
    place = where(area) if area is not None else NOTHING
    there = maybe(place) if area is not None else NOTHING
    for value in kind.values:
        names = in_order(several(str(value)), assign(kind.name, value))
        words = _STATES_OF.get(" ".join(spoken(str(value).replace("_", " "))), _ON_OR_OFF)
        states = one_of(words)
        so = one_of(_meant(word, state) for word in words)
        some = one_of(["the", seldom("all the", "all", "any", "any of the", probability=0.3)])
        which = one_of(["which", seldom("what", probability=0.1)])
        yield in_order(which, names, "are", so, there)
        yield in_order("are", some, names, states, there)
        if area is not None:
            yield in_order(which, names, place, "are", so)
            yield in_order("are", some, names, place, states)


def _meant(word: str, state: Choice | None) -> Phrase:
    """Return a word, with the state that it asks for."""
    is_one = state is not None and word in state.values
    return in_order(word, assign(state.name, word) if is_one and state is not None else NOTHING)


def about_place(area: Choice) -> Iterator[Phrase]:
    """Yield the questions about all that is in a place."""
    there = where(area)
    yield in_order(one_of(["what is", "what's"]), one_of(["on", "open"]), there)
    yield in_order("is", one_of(["everything off", "anything on", "everything closed", "anything open"]), there)
    yield in_order("how is everything", there)


def _states_of(named: Named) -> tuple[str, ...]:
    """Return how one asks whether something is so, by the last word of its name."""
    last = named[0][-1]
    if last in _DOORS:
        return (*_OPEN_OR_CLOSED, "locked", "unlocked")
    return _OPEN_OR_CLOSED if last in _OPENING else _STATES


def _measurements(named: Sequence[Named]) -> Iterator[Phrase]:
    """Yield the questions after what a sensor measures, by what stands before that in its name."""
    for measure, adjectives in _MEASURED.items():
        places = branching((words[:-1], meaning) for words, meaning in named if words[-1] == measure and words[1:])
        how = in_order("how", one_of([adjectives[0], seldom(*adjectives[1:], probability=0.1)]), "is")
        yield in_order(how, maybe("it"), maybe("in"), _THE, places)
        yield in_order(one_of(["what is", "what's"]), "the", measure, one_of(["in", "of"]), _THE, places)
