"""How several things are called at once: by their kind, by the place where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from hubd.offline.parameters import Choice, without_article
from hubd.offline.phrases import Phrase, assign, branching, in_order, maybe, one_of, seldom
from hubd.offline.verbs import Thing
from hubd.offline.words import spoken

AREAS: Final = ("area", "room")
_HERE: Final = "here"
_EVERYWHERE: Final = "everywhere"
# Places that are said as they are: "downstairs", not "in the downstairs".
_ADVERBS: Final = {
    _HERE: ("here", "in here", "in this room"),
    _EVERYWHERE: ("everywhere", "in the house", "in the whole house"),
    **{word: (word,) for word in ("upstairs", "downstairs", "outside", "inside", "outdoors", "indoors")},
}
_ALL: Final = one_of(["all the", seldom("all", probability=0.3), seldom("all of the", "all my")])

# A kind → what people call several of it: first what is usual.
_PLURALS: Final = {
    "light": ("lights", "lamps"),
    "switch": ("switches", "plugs"),
    "cover": ("blinds", "shutters", "covers"),
    "climate": ("heating", "thermostats"),
    "media player": ("music", "media players"),
    "vacuum": ("vacuum cleaners",),
    "alarm": ("alarms",),
    "motion": ("motion sensors", "motion detectors"),
    "occupancy": ("occupancy sensors",),
    "moisture": ("water sensors", "leak sensors"),
    "smoke": ("smoke detectors", "smoke alarms"),
    "gas": ("gas detectors", "gas sensors"),
    "vibration": ("vibration sensors",),
}


def plurals(kind: str) -> tuple[str, ...]:
    """Return what several of a kind are called; kind: as it stands in a declaration, "media_player"."""
    words = " ".join(spoken(kind.replace("_", " ")))
    return _PLURALS.get(words, (f"{words}s",)) if words else ()


def several(kind: str) -> Phrase:
    """Return the names for several of a kind, without article; nothing can be said of a kind without a name."""
    usual, *unusual = plurals(kind) or ("",)
    return one_of([usual, seldom(*unusual, probability=0.1)] if unusual else [usual] if usual else [])


def where(area: Choice) -> Phrase:
    """Return the ways to say where: "in the kitchen", "downstairs"; each means its area."""
    adverbs = (
        in_order(one_of(_ADVERBS[str(value)]), assign(area.name, value)) for value in area.values if value in _ADVERBS
    )
    floors, rooms = (
        [value for value in _rooms(area) if str(value).endswith("floor") is told] for told in (True, False)
    )
    named = (
        in_order(usual, one_of(["the", seldom("", probability=0.1)]), _named(area, values))
        for usual, values in (("on", floors), ("in", rooms))
        if values
    )
    return one_of([*adverbs, *named])


def groups(area: Choice, kind: str) -> Iterator[Thing]:
    """Yield the things that are meant by a kind and a place: "all the lights", "the kitchen lights"."""
    names = several(kind)
    place = where(area)
    some = in_order(one_of(["the", _ALL]), names)
    of_rooms = in_order(one_of(["the", seldom(_ALL, probability=0.1)]), _named(area, _rooms(area)), names)
    within = [in_order(some, place), of_rooms]
    if _EVERYWHERE in area.values:
        within.append(in_order(_ALL, names, assign(area.name, _EVERYWHERE)))
    if _HERE in area.values:
        within.append(in_order("the", names, assign(area.name, _HERE)))
    yield Thing(one_of(within), several=True)
    yield Thing(some, place, several=True)


def everything(area: Choice, words: Sequence[str]) -> Iterator[Thing]:
    """Yield the things that are meant by words that leave nothing out, with a place or without."""
    place = where(area)
    yield Thing(in_order(" ".join(words), place), several=True)
    yield Thing(in_order(" ".join(words)), maybe(place), several=True)


def _rooms(area: Choice) -> list[str]:
    return [str(value) for value in area.values if value not in _ADVERBS]


def _named(area: Choice, values: Sequence[str]) -> Phrase:
    options = ((without_article(spoken(value)), assign(area.name, value)) for value in values)
    return branching((words, meaning) for words, meaning in options if words)
