"""Checked types of options."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field

from hubd.conditions import Hours
from hubd.config.suggestions import found, not_allowed, quoted
from hubd.devices.fields import Duration, complaint, seconds_of

Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True)]
_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def _check_line(text: str) -> str:
    if not text.isprintable():
        raise complaint(f"found {quoted(text)}, allowed is one line without control characters")
    return text.strip()


def _pause_of(value: object) -> float:
    return 0.0 if value in ("0", "0s") or (value == 0 and not isinstance(value, bool)) else seconds_of(value)


def _hours_of(value: object) -> Hours:
    if isinstance(value, Hours):
        return value
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise complaint(f'found {found(value)}, allowed are two times of day, as in "07:00-22:30" or "22:00-06:00"')
    begin, end = dt.time(int(match[1]), int(match[2])), dt.time(int(match[3]), int(match[4]))
    if begin == end:
        raise complaint(f"found {quoted(match[0])}, which is no time at all: leave it out for always")
    return Hours(begin, end)


def at_most(limit: float) -> AfterValidator:
    """Return the check that a duration is at most so many seconds."""

    def check(seconds: float) -> float:
        if seconds > limit:
            raise complaint(f"found {seconds:g} seconds, allowed are at most {limit:g}")
        return seconds

    return AfterValidator(check)


def word(member: Enum) -> str:
    """Return the word that stands for a member of a table of words: its name in small letters, with hyphens."""
    return member.name.lower().replace("_", "-")


def word_of(members: Iterable[Enum]) -> BeforeValidator:
    """Return the check that turns the word of one of the members into it."""
    by_word = {word(member): member for member in members}

    def parse(value: object) -> object:
        if isinstance(value, Enum) and value in by_word.values():
            return value
        if not isinstance(value, str):
            raise complaint(f"found {found(value)}, allowed: {', '.join(map(quoted, by_word))}")
        if value not in by_word:
            raise complaint(not_allowed(value, tuple(by_word)))
        return by_word[value]

    return BeforeValidator(parse)


def _check_fraction(number: float) -> float:
    if not 0 < number < 1:
        raise complaint(f"found {number:g}, allowed are numbers between 0 and 1")
    return number


Fraction = Annotated[float, Field(strict=True), AfterValidator(_check_fraction)]
Line = Annotated[str, AfterValidator(_check_line)]
Timeout = Annotated[Duration, at_most(600)]
HoursOfDay = Annotated[Hours, BeforeValidator(_hours_of)]
Pause = Annotated[float, BeforeValidator(_pause_of), at_most(600)]
