"""What a device has to report for a command to count as carried out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

# The key of a report that is no JSON object but one value.
VALUE = "value"
# The scope of a kind's values; that of a function spelled out is the topic of its report.
KIND = ""
# The scope of what a device says about being reachable: topic → true or false.
AVAILABILITY = "availability"
# Words for on and off; words with which a device says that it can't.
_SWITCHED = {"on": True, "true": True, "off": False, "false": False}
_TROUBLE = frozenset({"jammed", "error", "fault", "blocked", "obstructed"})


@dataclass(frozen=True, slots=True)
class Want:
    """One value that a report has to hold; a number may differ by tolerance, in the value's own unit.

    others: values that confirm it as well.
    """

    key: str
    value: JsonValue
    tolerance: float = 0.0
    others: tuple[JsonValue, ...] = ()

    def met_by(self, found: JsonValue) -> bool:
        """Return whether the value, or one of the others, was found."""
        return any(matches(found, wanted, self.tolerance) for wanted in (self.value, *self.others))

    def contradicted_by(self, found: JsonValue) -> bool:
        """Return whether the value is the opposite of what is wanted, or a word for trouble.

        Another number, or a word like "closed", may be on the way to what is wanted.
        """
        if self.met_by(found):
            return False
        if isinstance(found, str) and found.strip().casefold() in _TROUBLE:
            return True
        return {_switched(self.value), _switched(found)} == {True, False}


@dataclass(frozen=True, slots=True)
class Expectation:
    """Everything that a device has to report, among the values of one scope."""

    wants: tuple[Want, ...]
    scope: str = KIND

    def contradicted_by(self, values: Mapping[str, JsonValue]) -> bool:
        """Return whether one of the values is the contrary of the wanted one."""
        return any(want.key in values and want.contradicted_by(values[want.key]) for want in self.wants)

    def met_by(self, values: Mapping[str, JsonValue]) -> bool:
        """Return whether the reported values hold every wanted one."""
        return all(want.key in values and want.met_by(values[want.key]) for want in self.wants)


@dataclass(frozen=True, slots=True)
class Source:
    """A topic on which a device reports.

    read: payload → values by key; None for a value that is said to be unknown. Never raises, whatever the payload.
    scope: which values these are: the kind's, in the front's units, or those of functions that expect a report on the
    scope's topic, as reported.
    """

    topic: str
    read: Callable[[bytes], Mapping[str, JsonValue]]
    scope: str = KIND


def _switched(value: JsonValue) -> bool | None:
    """Return whether a value says on or off; None for neither."""
    if isinstance(value, str):
        return _SWITCHED.get(value.strip().casefold())
    return value if isinstance(value, bool) else None


def matches(found: JsonValue, wanted: JsonValue, tolerance: float = 0.0) -> bool:
    """Return whether a reported value is the wanted one.

    An object may hold more than is wanted; a number may be written as text; true is no number.
    """
    match found, wanted:
        case (bool(), _) | (_, bool()):
            return found is wanted
        case dict(), dict():
            return all(key in found and matches(found[key], item, tolerance) for key, item in wanted.items())
        case str(), str() if found.strip() == wanted.strip():
            return True
        case ((int() | float() | str()), (int() | float() | str())):
            left, right = number_of(found), number_of(wanted)
            return left is not None and right is not None and abs(left - right) <= tolerance + 1e-9
        case _:
            return found == wanted


def number_of(value: JsonValue) -> float | None:
    """Return the finite number that the value is, or that its text says; otherwise None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
