"""What happens on a day in the house, hour by hour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from random import Random
from typing import Final

HOUR: Final = 3600.0
# What the lamps report by themselves, a minute; in each third hour everybody comes home for so many s.
_PEAK_REPORTS: Final = 2000
_REPORTS: Final = 60
_PEAK_EVERY: Final = 3 * HOUR
_PEAK: Final = 600.0
WAKES_A_DAY: Final = 500
_CUTS_A_DAY: Final = 10
_RESTARTS_A_DAY: Final = 3
_DAY: Final = 24 * HOUR


class Mishap(Enum):
    """What goes wrong in the middle of a request.

    CUT: the connection to the Live server breaks before it calls a function. CUT_AT_CALL: right after. SILENCE: the
    server is not heard any more. RESTART: the broker is away when the function is called.
    """

    NONE = auto()
    CUT = auto()
    CUT_AT_CALL = auto()
    SILENCE = auto()
    RESTART = auto()


@dataclass(frozen=True, slots=True)
class Request:
    """Somebody asks for something, so many s after the start."""

    at: float
    mishap: Mishap


def requests(length: float) -> list[Request]:
    """Return what is asked for within so many s, with all that goes wrong at the least, spread over them."""
    chance = Random(24)  # noqa: S311 -- the same day each time
    count = max(round(WAKES_A_DAY * length / _DAY), 2 * (_CUTS_A_DAY + _RESTARTS_A_DAY))
    times = [length * (place + 0.2 + 0.6 * chance.random()) / count for place in range(count)]
    wrong = [Mishap.CUT, Mishap.CUT_AT_CALL, Mishap.SILENCE] * _CUTS_A_DAY
    mishaps = wrong[:_CUTS_A_DAY] + [Mishap.RESTART] * _RESTARTS_A_DAY
    chance.shuffle(mishaps)
    places = {count * (2 * place + 1) // (2 * len(mishaps)): mishap for place, mishap in enumerate(mishaps)}
    return [Request(at, places.get(place, Mishap.NONE)) for place, at in enumerate(times)]


def reports(at: float) -> float:
    """Return how many a minute there are, so many s after the start."""
    return _PEAK_REPORTS if HOUR / 2 <= at % _PEAK_EVERY < HOUR / 2 + _PEAK else _REPORTS
