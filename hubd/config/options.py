"""Checked types of options."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from hubd.config.suggestions import quoted
from hubd.devices.fields import Duration, complaint, seconds_of

Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]


def _check_line(text: str) -> str:
    if not text.isprintable():
        raise complaint(f"found {quoted(text)}, allowed is one line without control characters")
    return text.strip()


def _pause_of(value: object) -> float:
    return 0.0 if value in ("0", "0s") or (value == 0 and not isinstance(value, bool)) else seconds_of(value)


def at_most(limit: float) -> AfterValidator:
    """Return the check that a duration is at most so many seconds."""

    def check(seconds: float) -> float:
        if seconds > limit:
            raise complaint(f"found {seconds:g} seconds, allowed are at most {limit:g}")
        return seconds

    return AfterValidator(check)


def _check_fraction(number: float) -> float:
    if not 0 < number < 1:
        raise complaint(f"found {number:g}, allowed are numbers between 0 and 1")
    return number


Fraction = Annotated[float, Field(strict=True), AfterValidator(_check_fraction)]
Line = Annotated[str, AfterValidator(_check_line)]
Timeout = Annotated[Duration, at_most(600)]
Pause = Annotated[float, BeforeValidator(_pause_of), at_most(600)]
