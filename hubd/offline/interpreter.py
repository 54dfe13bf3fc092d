"""What the offline model answers: calls for words, words for what came of the calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, assert_never

from pydantic import JsonValue

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.grammar import Ambiguous, Delayed, Grammar, NotUnderstood, OutOfRange, Replied, Request, Understood
from hubd.offline.parameters import Amount

NOT_UNDERSTOOD: Final = "Sorry, I did not understand that."
_AT_ONCE: Final = "I can do that at once only, not later or for a while."
_LONGEST: Final = 300  # characters of an answer that are read out


@dataclass(frozen=True, slots=True)
class Calls:
    """The functions to call, in this order."""

    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sentence to say."""

    text: str


Reply = Calls | Spoken


class Interpreter:
    """A model with a small mind: it knows the functions that were declared, nothing else.

    before: a grammar that is used if it is one of the same functions. in_doubt: what the user was asked to confirm; it
    is done upon a yes that follows at once, else forgotten.
    """

    def __init__(self, declarations: Sequence[FunctionDeclaration], before: Grammar | None = None) -> None:
        known = before is not None and before.declarations == tuple(declarations)
        self.grammar = before if before is not None and known else Grammar(declarations)
        self.in_doubt: Request | None = None

    def reply(self, words: Sequence[str] | None) -> Reply:  # noqa: PLR0911 -- one return a meaning
        """Return the answer to words as ``words.spoken`` writes them; None is speech that fits no sentence."""
        if words is None:
            return Spoken(NOT_UNDERSTOOD)
        in_doubt, self.in_doubt = self.in_doubt, None
        match self.grammar.meaning(words):
            case Understood(requests):
                return Calls(requests)
            case Ambiguous(readings):
                return Spoken(_which(readings))
            case OutOfRange(amount):
                return Spoken(_range(amount))
            case Replied(yes):
                return Calls((in_doubt,) if yes and in_doubt is not None else ())
            case Delayed():
                return Spoken(_AT_ONCE)
            case NotUnderstood():
                return Spoken(NOT_UNDERSTOOD)
            case other:
                assert_never(other)


def wants_confirmation(response: Mapping[str, JsonValue]) -> bool:
    """Return whether the response to a call is a question to the user: its message is answered by yes or no."""
    return bool(response.get("confirm"))


def outcome(response: Mapping[str, JsonValue]) -> str:
    """Return a sentence for a function's response; empty if it says nothing.

    What is written for people comes first (``message``), then the keys of the protocol (``error``, ``result``,
    ``output``), then a sentence from the status and the device.
    """
    inner = next((value for key in ("result", "output") if isinstance(value := response.get(key), dict)), {})
    fields = {**inner, **response}
    for key in ("message", "error", "problem", "result", "output"):
        match fields.get(key):
            case str(text) if text.strip():
                return _sentence(text)
    match fields.get("status"):
        case str(status) if status.strip():
            thing = next((str(fields[key]) for key in ("device", "name", "function") if fields.get(key)), "")
            return _sentence(f"{thing}: {status.replace('_', ' ')}" if thing else status.replace("_", " "))
        case _:
            return ""


def _sentence(text: str) -> str:
    text = " ".join(text.split())[:_LONGEST]
    text = text[:1].upper() + text[1:]
    return text if text[-1] in ".!?" else f"{text}."


def _which(readings: Sequence[tuple[Request, ...]]) -> str:
    """Return the question what was meant: with the choices, if all readings are alike but for one argument."""
    functions = {tuple(request.function for request in reading) for reading in readings}
    given = [
        {(name, value) for request in reading for name, value in request.arguments.items()} for reading in readings
    ]
    differing = [arguments - given[0].intersection(*given) for arguments in given]
    if len(functions) > 1 or {len(each) for each in differing} != {1}:
        return "That fits more than one thing. Please say its full name."
    *others, last = sorted(str(value) for each in differing for _, value in each)
    return f"That can be {', '.join(others)} or {last}. Please say it in full."


def _range(amount: Amount) -> str:
    name = amount.name.replace("_", " ")
    match amount.minimum, amount.maximum:
        case float(low), float(high):
            return f"The {name} can be from {low:g} to {high:g}."
        case float(low), None:
            return f"The {name} can't be below {low:g}."
        case None, float(high):
            return f"The {name} can't be above {high:g}."
        case _:
            return NOT_UNDERSTOOD
