"""The ways to set a timer, to end it, to ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from hubd.offline.parameters import Amount, Free, Parameter
from hubd.offline.phrases import NOTHING, Later, Mean, Phrase, assign, branching, in_order, maybe, one_of, seldom
from hubd.offline.words import number_words

_NOUNS: Final = ("timer", "timers")
_SET: Final = ("set", "start")
_END: Final = ("cancel", "stop", "delete", "end", "remove")
_LIST: Final = ("list", "get", "show")

# What people cook, wash and wait for; another name is a timer without a name to the one who can't spell it.
_PURPOSES: Final = (
    *("eggs", "pasta", "noodles", "spaghetti", "rice", "potatoes", "pizza", "bread", "cake", "cookies", "pie"),
    *("chicken", "meat", "fish", "soup", "sauce", "vegetables", "tea", "coffee", "oven", "dinner", "lunch"),
    *("breakfast", "laundry", "washing", "dryer", "dishes", "dishwasher", "nap", "break", "homework", "meeting"),
    *("workout", "bath", "game"),
)
# Before "timer" a word can stand in the singular.
_SINGULAR: Final = {"egg": "eggs"}
_USUAL_STEP: Final = 5
_FEW: Final = 12
# Unit → its word for one, the numbers that can be said.
_UNITS: Final = {
    "hours": ("hour", range(1, 25)),
    "minutes": ("minute", range(1, 121)),
    "seconds": ("second", range(1, 121)),
}
_HALF_AN_HOUR: Final = 30
_QUARTER: Final = 15


def is_timing(name: Sequence[str]) -> bool:
    """Return whether a function, by the words of its name, is about timers."""
    return len(name) > 1 and name[-1] in _NOUNS and name[0] in (*_SET, *_END, *_LIST)


def timing(name: Sequence[str], parameters: Sequence[Parameter]) -> Iterator[Phrase]:
    """Yield the sentences of such a function; of its parameters those are known that give a length or a name."""
    lengths = {each.name for each in parameters if isinstance(each, Amount) and each.name in _UNITS}
    named = next((each.name for each in parameters if isinstance(each, Free)), "")
    match name[0]:
        case verb if verb in _SET:
            if lengths:
                yield from _setting(lengths, named)
        case verb if verb in _END:
            yield from _ending(named)
        case _:
            yield from _asking()


def delay() -> Phrase:
    """Return the ways to ask for something later, or for a while: heard, lest it be taken for something else."""
    return in_order(Mean(Later()), one_of(["in", "for", "after"]), _length({*_UNITS}))


def _setting(units: set[str], named: str) -> Iterator[Phrase]:
    length, purposes = _length(units), _purposes(named)
    purpose = (
        maybe(in_order("for", one_of(["the", seldom(NOTHING, "my", "a", probability=0.1)]), purposes))
        if purposes
        else NOTHING
    )
    start = one_of(["set", "start", seldom("create", "make", "give me", probability=0.1)])
    yield in_order(start, "a timer for", length, purpose)
    yield in_order(start, "a", _length(units, single=True), "timer", purpose)
    wished = one_of([in_order(maybe("a"), "timer for"), seldom("remind me in", "wake me in", "wake me up in")])
    yield seldom(in_order(wished, length, purpose), probability=0.1)
    if purposes is not None:
        yield in_order(start, one_of(["a", "an", "the"]), _titles(named), "timer for", length)
        yield seldom(in_order(length, "for the", purposes), probability=0.1)


def _ending(named: str) -> Iterator[Phrase]:
    verb = one_of(["cancel", "stop", seldom(*(each for each in _END if each not in {"cancel", "stop"}), "turn off")])
    yield in_order(verb, one_of(["the", seldom("my", probability=0.1)]), "timer")
    purposes = _purposes(named)
    if purposes is not None:
        yield in_order(verb, one_of(["the", "my"]), _titles(named), "timer")
        yield in_order(verb, "the timer for the", purposes)
        yield in_order(verb, "the", _lengths_as_names(named), "timer")
        yield in_order(verb, one_of(["all timers", "all the timers", seldom("all my timers")]), assign(named, "all"))


def _asking() -> Iterator[Phrase]:
    on_it = maybe(one_of(["on the timer", "on my timer"]))
    yield in_order("how much", one_of(["time", "longer"]), "is left", on_it)
    yield in_order("how long", one_of([in_order("is left", on_it), "is the timer", "does the timer have"]))
    yield in_order(one_of(["which", "what"]), "timers are", one_of(["running", "set", "there"]))
    yield in_order(one_of(["how is", "what about", "check"]), "the timer")
    yield one_of(["list the timers", "list my timers", "check the timers"])


def _purposes(named: str) -> Phrase | None:
    return branching(((word,), assign(named, word)) for word in _PURPOSES) if named else None


def _titles(named: str) -> Phrase:
    """Return the names as they stand before "timer"."""
    titles = {**{word: word for word in _PURPOSES}, **_SINGULAR}
    return branching(((word,), assign(named, name)) for word, name in titles.items())


def _lengths_as_names(named: str) -> Phrase:
    """Return "ten minute", which is the name of a timer without one: "10 minutes"."""
    usual = [number for number in range(1, 61) if number <= _FEW or number % _USUAL_STEP == 0]
    return branching(
        ((*number_words(number), word), assign(named, f"{number} {unit if number > 1 else word}"))
        for unit, (word, _) in _UNITS.items()
        for number in usual
    )


def _length(units: set[str], *, single: bool = False) -> Phrase:
    """Return the ways to say how long; single: as before a noun, "ten minute"."""
    phrases = {unit: _count(unit, single=single) for unit in _UNITS if unit in units}
    lengths: list[Phrase] = list(phrases.values())
    if single:
        return one_of(lengths)
    for larger, smaller in (("hours", "minutes"), ("minutes", "seconds")):
        if larger in phrases and smaller in phrases:
            both = in_order(phrases[larger], one_of(["and", seldom(NOTHING, probability=0.1)]), phrases[smaller])
            lengths.append(seldom(both, probability=0.1))
    if {"hours", "minutes"} <= units:
        half = assign("minutes", _HALF_AN_HOUR)
        lengths.append(in_order("an hour and a half", assign("hours", 1), half))
        lengths.append(in_order(_number([2, 3, 4], "hours"), "and a half hours", half))
    if "minutes" in units:
        lengths.append(in_order("half an hour", assign("minutes", _HALF_AN_HOUR)))
        lengths.append(in_order("a quarter of an hour", assign("minutes", _QUARTER)))
        lengths.append(in_order("three quarters of an hour", assign("minutes", 3 * _QUARTER)))
    if {"minutes", "seconds"} <= units:
        lengths.append(in_order("a minute and a half", assign("minutes", 1), assign("seconds", _HALF_AN_HOUR)))
    return one_of(lengths)


def _count(unit: str, *, single: bool) -> Phrase:
    """Return a number of one unit; people say few numbers, and multiples of five."""
    word, numbers = _UNITS[unit]
    usual = [number for number in numbers if 1 < number <= _FEW or number % _USUAL_STEP == 0]
    rare = [number for number in numbers if number > 1 and number not in {*usual}]
    several = in_order(one_of([_number(usual, unit), seldom(_number(rare, unit))]), word if single else unit)
    # "An minute" is what "ten minutes" sounds like.
    article = "an" if unit == "hours" else "a"
    one = in_order("one" if single else one_of(["one", seldom(article, probability=0.1)]), word, assign(unit, 1))
    return one_of([several, one])


def _number(numbers: Iterable[int], unit: str) -> Phrase:
    return branching((number_words(number), assign(unit, number)) for number in numbers)
