"""A clock whose seconds pass as quickly as one likes, for a whole process."""

from __future__ import annotations

import asyncio
import selectors
import time
from typing import Final

_MONOTONIC: Final = time.monotonic
_WALL: Final = time.time


class Clock:
    """Stands in for ``time.monotonic`` and ``time.time`` once it is installed; pace: its seconds in a real one."""

    def __init__(self) -> None:
        self._pace = 1.0
        self._real = self._passed = _MONOTONIC()
        self._ahead = _WALL() - self._passed

    @property
    def pace(self) -> float:
        """How many of its seconds pass in a real one."""
        return self._pace

    @pace.setter
    def pace(self, pace: float) -> None:
        now = _MONOTONIC()
        self._passed += (now - self._real) * self._pace
        self._real, self._pace = now, pace

    def jump(self, seconds: float) -> None:
        """Let so many s pass at once."""
        self._passed += seconds

    def monotonic(self) -> float:
        """Return the time since some moment, s."""
        return self._passed + (_MONOTONIC() - self._real) * self._pace

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
        real = timeout if timeout is None else timeout / self._clock.pace
        found: list[tuple[selectors.SelectorKey, int]] = super().select(real)
        return found


def loop_with(clock: Clock) -> asyncio.AbstractEventLoop:
    """Return an event loop that lives by the clock, which is installed."""
    return asyncio.SelectorEventLoop(_Selector(clock))
