"""What the words of a sentence ask of the declared functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pydantic import JsonValue

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.automaton import Arc, Automaton
from hubd.offline.groups import AREAS
from hubd.offline.names import Names
from hubd.offline.parameters import Amount, parameters_of
from hubd.offline.phrases import NOTHING, Assign, Begin, Later, Repeated, Tag, in_order, maybe, one_of, seldom
from hubd.offline.reduction import reduced
from hubd.offline.sentences import is_farewell, sentences_of
from hubd.offline.timing import delay
from hubd.offline.words import WAKE_REMAINDERS


def without_wake_word(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the words without the rest of a wake word in front of them."""
    beginnings = (tuple(each.split()) for each in WAKE_REMAINDERS)
    return next((words[len(each) :] for each in beginnings if words[: len(each)] == each), words)


@dataclass(frozen=True, slots=True)
class Request:
    """A function that was asked for, with the arguments that were named."""

    function: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Understood:
    """The words ask for these functions, in this order."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """The words ask for one of several functions; the readings differ in what they would do."""

    readings: tuple[tuple[Request, ...], ...]


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """The words give a number that the declaration does not allow."""

    amount: Amount


@dataclass(frozen=True, slots=True)
class Replied:
    """The words answer a question: yes or no."""

    yes: bool


@dataclass(frozen=True, slots=True)
class Delayed:
    """The words ask for something later, or for a while: nobody can do that."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """The words fit no sentence."""


Meaning = Understood | Ambiguous | OutOfRange | Replied | Delayed | NotUnderstood

# Who speaks in one breath is heard from the wake word on; others call so by the way.
_WAKE_WORDS: Final = tuple(each for each in WAKE_REMAINDERS if each not in {"okay", "hey"})
_CALLS: Final = ("okay", "hey")
_OPENINGS: Final = (
    "please",
    "could you",
    "could you please",
    "can you",
    "can you please",
    "would you",
    "would you please",
    "will you",
    "will you please",
    "i want you to",
)
_REPLIES: Final = {
    **dict.fromkeys(
        ("yes", "yes please", "yes do it", "do it", "go ahead", "yes go ahead", "please do"), Replied(yes=True)
    ),
    **dict.fromkeys(("no", "don't", "no don't"), Replied(yes=False)),
}
_CLOSINGS: Final = ("please", "thank you", "thanks", "now", "for me", "for me please")


class Grammar:
    """All that can be said to a set of functions, a command at a time or several joined by "and".

    declarations: of these functions.
    """

    def __init__(self, declarations: Sequence[FunctionDeclaration]) -> None:
        self.declarations = tuple(declarations)
        farewells = [declaration for declaration in declarations if is_farewell(declaration)]
        commands = [declaration for declaration in declarations if not is_farewell(declaration)]
        names = Names.of(declarations)
        command = one_of(sentences_of(declaration, names) for declaration in commands)
        joined = Repeated(command, seldom(in_order("and", maybe("then", "also")), probability=0.1))
        whole = in_order(
            one_of([NOTHING, seldom(*_OPENINGS, probability=0.1)]),
            joined,
            one_of([NOTHING, seldom(delay(), probability=0.02)]),
            one_of([NOTHING, seldom(*_CLOSINGS, probability=0.1)]),
        )
        goodbye = one_of(sentences_of(declaration) for declaration in farewells)
        called = one_of([NOTHING, seldom(*_WAKE_WORDS, probability=0.3), seldom(*_CALLS)])
        self._automaton = Automaton(in_order(called, one_of([whole, goodbye, seldom(*_REPLIES), NOTHING])))
        self._amounts = {
            (declaration.name, parameter.name): parameter
            for declaration in declarations
            for parameter in parameters_of(declaration)[0]
            if isinstance(parameter, Amount)
        }

    @cached_property
    def arcs(self) -> tuple[Arc, ...]:
        """The sentences, without their meaning, as a finite automaton: state 0 begins, state 1 ends.

        It is worked out when it is first asked for, which takes 0.3 s of a computer's time.
        """
        return reduced(self._automaton.arcs)

    @property
    def words(self) -> frozenset[str]:
        """Every word of every sentence."""
        return self._automaton.words

    def meaning(self, words: Sequence[str]) -> Meaning:
        """Return what the words ask for; see ``words.spoken`` for how they are written."""
        reply = _REPLIES.get(" ".join(without_wake_word(tuple(words))))
        if reply is not None:
            return reply
        heard = self._automaton.readings(words)
        found = dict.fromkeys(_requests(tags) for tags in heard if Later() not in tags)
        # Nobody asks for the same thing twice in a breath: other speech was taken for it.
        readings = [reading for reading in found if len(set(reading)) == len(reading)]
        allowed = _closest([reading for reading in readings if self._fault(reading) is None])
        match allowed:
            case [only]:
                return Understood(tuple(Request(name, dict(arguments)) for name, arguments in only))
            case [_, *_]:
                several = (tuple(Request(name, dict(given)) for name, given in reading) for reading in allowed)
                return Ambiguous(tuple(several))
        faults = (self._fault(reading) for reading in readings)
        otherwise = Delayed() if heard and not found else NotUnderstood()
        return next((OutOfRange(amount) for amount in faults if amount is not None), otherwise)

    def _fault(self, reading: _Reading) -> Amount | None:
        """Return the first amount whose value is out of range."""
        for function, arguments in reading:
            for name, value in arguments:
                amount = self._amounts.get((function, name))
                if amount is not None and isinstance(value, int | float) and not amount.allows(value):
                    return amount
        return None


# Hashable: functions with their arguments in alphabetical order.
_Reading = tuple[tuple[str, tuple[tuple[str, JsonValue], ...]], ...]


def _closest(readings: list[_Reading]) -> list[_Reading]:
    """Return the readings that name things, if there are any: "the kitchen lights" are those that are called so."""
    named = [each for each in readings if not any(name in AREAS for _, given in each for name, _ in given)]
    return named or readings


def _requests(tags: Sequence[Tag]) -> _Reading:
    requests: list[tuple[str, dict[str, JsonValue]]] = []
    for tag in tags:
        match tag:
            case Begin(function):
                requests.append((function, {}))
            case Assign(parameter, value):
                requests[-1][1][parameter] = value
    return tuple((function, tuple(sorted(arguments.items()))) for function, arguments in requests)
