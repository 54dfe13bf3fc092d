"""The value of a message that an automation looks at, held against what is wanted."""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.expectations import matches, number_of
from hubd.devices.payloads import MAX_NUMBER, is_readable, object_in, text_in
from hubd.devices.templates import text_of
from hubd.devices.value_templates import Template

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Whole:
    """The payload itself."""


@dataclass(frozen=True, slots=True)
class Member:
    """What stands at a path in a JSON object: keys, and positions in lists."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """What a template makes of the payload, with ``value`` and ``value_json`` as Home Assistant has them."""

    template: Template


Selector = Whole | Member | Formula


def read(selector: Selector, payload: bytes) -> Scalar | None:
    """Return the value of a payload; a text that is a number is one.

    None if it holds none: nothing at the path, null, a list, an object, a text that is longer than 256 characters or
    no text at all, an empty result of a template. Never raises, whatever the payload.
    """
    match selector:
        case Whole():
            text = text_in(payload)
            return None if text is None else _typed(text)
        case Member(path):
            return _scalar(_at(object_in(payload), path))
        case Formula(template):
            text = template.read(payload)
            return _typed(text) if text and is_readable(text) else None


def _at(value: JsonValue, path: tuple[str, ...]) -> JsonValue:
    for part in path:
        match value:
            case dict():
                value = value.get(part)
            case list() if part.isascii() and part.isdigit() and len(part) <= len(str(len(value))):
                value = value[int(part)] if int(part) < len(value) else None
            case _:
                return None
    return value


def _scalar(value: JsonValue) -> Scalar | None:
    match value:
        case str():
            return _typed(value)
        case bool() | int() | float():
            return value
        case _:
            return None


def _typed(text: str) -> Scalar:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, bool) or not isinstance(value, int | float):
        return text
    return value if math.isfinite(value) and abs(value) < MAX_NUMBER else text


@dataclass(frozen=True, slots=True)
class Condition:
    """What a value has to be: one of these, or a number beyond limits.

    equals: with none, the limits count. above, below: exclusive. hysteresis: how far a number has to come back over a
    limit for the condition to be no longer met.
    """

    equals: tuple[Scalar, ...] = ()
    above: float | None = None
    below: float | None = None
    hysteresis: float = 0.0

    def judge(self, value: Scalar, *, held: bool) -> bool | None:
        """Return whether the value meets the condition; None if it is no number where one is needed.

        held: whether the value before did.
        """
        if self.equals:
            return any(_same(value, wanted) for wanted in self.equals)
        number = number_of(value)
        if number is None:
            return None
        slack = self.hysteresis if held else 0.0
        above = self.above is None or number > self.above - slack
        return above and (self.below is None or number < self.below + slack)


def _same(found: Scalar, wanted: Scalar) -> bool:
    """Return whether a value is the wanted one; true and false may be words, in any case."""
    if isinstance(found, bool) or isinstance(wanted, bool):
        return text_of(found).strip().casefold() == text_of(wanted).strip().casefold()
    return matches(found, wanted)


@dataclass(frozen=True, slots=True)
class Hours:
    """A time of day, local: from begin until just before end; over midnight if end comes first."""

    begin: dt.time
    end: dt.time

    def hold(self, local: dt.time) -> bool:
        """Return whether the time of day is within."""
        if self.begin < self.end:
            return self.begin <= local < self.end
        return local >= self.begin or local < self.end
