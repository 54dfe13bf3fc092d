"""A clock whose seconds pass as quickly as one likes, for a whole process."""

from __future__ import annotations

import asyncio
import math
import selectors
import time
from dataclasses import dataclass, replace
from typing import Final

_MONOTONIC: Final = time.monotonic
_WALL: Final = time.time
# What a turn of the event loop takes at the most, beside what it waits, s: a busy computer slows everything down alike.
_TURN: Final = 0.05


@dataclass(frozen=True, slots=True)
class _Stretch:
    """How time passes from a real moment on: so much has passed before, so much may pass at the most."""

    real: float
    passed: float
    pace: float
    most: float

    def at(self, real: float) -> float:
        return self.passed + min((real - self.real) * self.pace, self.most)


class Clock:
    """Stands in for ``time.monotonic`` and ``time.time`` once it is installed; pace: its seconds in a real one."""

    def __init__(self) -> None:
        now = _MONOTONIC()
        # Other threads ask the time too: it changes as a whole.
        self._stretch = _Stretch(now, now, 1.0, math.inf)
        self._ahead = _WALL() - now

    @property
    def pace(self) -> float:
        """How many of its seconds pass in a real one."""
        return self._stretch.pace

    @pace.setter
    def pace(self, pace: float) -> None:
        now, before = _MONOTONIC(), self._stretch
        passed = before.at(now)
        self._stretch = _Stretch(now, passed, pace, before.most - (passed - before.passed))

    def turn(self, waits: float) -> None:
        """Begin a turn of the event loop, which waits for so many s at first."""
        now = _MONOTONIC()
        self._stretch = _Stretch(now, self._stretch.at(now), self._stretch.pace, waits + _TURN)

    def jump(self, seconds: float) -> None:
        """Let so many s pass at once."""
        self._stretch = replace(self._stretch, passed=self._stretch.passed + seconds)

    def monotonic(self) -> float:
        """Return the time since some moment, s."""
        return self._stretch.at(_MONOTONIC())

    def wall(self) -> float:
        """Return the time since 1970, s."""
        return self.monotonic() + self._ahead

    def install(self) -> None:
        """Have everything that asks the time from now on ask this clock."""
        time.monotonic = self.monotonic
        time.time = self.wall


class _Selector(selectors.DefaultSelector):
    """Waits as long as the clock's seconds take."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self._clock.turn(math.inf if timeout is None else max(timeout, 0.0))
        real = timeout if timeout is None else timeout / self._clock.pace
        found: list[tuple[selectors.SelectorKey, int]] = super().select(real)
        return found


def loop_with(clock: Clock) -> asyncio.AbstractEventLoop:
    """Return an event loop that lives by the clock, which is installed."""
    return asyncio.SelectorEventLoop(_Selector(clock))
