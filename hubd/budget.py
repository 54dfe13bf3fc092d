"""Whether a conversation with Gemini may be opened once the day's tokens are spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Final, Protocol

from hubd.events import Backend
from hubd.reports import Part, TroubleReport
from hubd.usage import TokenCount


class WhenSpent(StrEnum):
    """What happens for the rest of the day: nothing but a warning; no conversation; the offline server takes over."""

    WARN = "warn"
    REFUSE = "refuse"
    OFFLINE = "offline"


_CONSEQUENCE: Final = {
    WhenSpent.WARN: "Conversations go on, and cost more.",
    WhenSpent.REFUSE: "There are no conversations until tomorrow. Raise live.daily_token_budget to go on today.",
    WhenSpent.OFFLINE: "The offline server answers until tomorrow. Raise live.daily_token_budget to go on today.",
}
_WORDS: Final = {
    WhenSpent.WARN: "",
    WhenSpent.REFUSE: "The tokens for today are spent. I will be back tomorrow.",
    WhenSpent.OFFLINE: "The tokens for today are spent. Until tomorrow I answer without Gemini.",
}


class Allowance(Protocol):
    """What a conversation may cost."""

    @property
    def words(self) -> str:
        """What a person hears who does not get the server of choice."""
        ...

    def affordable(self, backends: Sequence[Backend]) -> tuple[Backend, ...]:
        """Return whom of these a conversation may be opened with, in their order."""
        ...


class Budget:
    """The tokens that a day may cost. It is looked at when a conversation is opened: none is cut short.

    daily: tokens; 0 for no limit. count: what was spent.
    """

    def __init__(self, daily: int, when_spent: WhenSpent, count: TokenCount) -> None:
        self._daily = daily
        self._when_spent = when_spent
        self._count = count
        self._told: TroubleReport | None = None
        self._told_on: date | None = None

    def adopt(self, daily: int, when_spent: WhenSpent) -> None:
        """Hold the count against another budget from now on."""
        self._daily = daily
        self._when_spent = when_spent

    @property
    def spent(self) -> bool:
        """Whether the day has cost as much as it may."""
        return 0 < self._daily <= self._count.today

    @property
    def words(self) -> str:
        """What a person hears about it, who is refused a conversation, or has one with the offline server."""
        return _WORDS[self._when_spent]

    def affordable(self, backends: Sequence[Backend]) -> tuple[Backend, ...]:
        """Return whom of these a conversation may be opened with, in their order; nobody if it has to be refused.

        With OFFLINE the offline server stands in for Gemini, if it is among them. Where Gemini is not, nothing changes.
        """
        if not self.spent or Backend.GEMINI not in backends:
            return tuple(backends)
        match self._when_spent:
            case WhenSpent.WARN:
                return tuple(backends)
            case WhenSpent.REFUSE:
                return ()
            case WhenSpent.OFFLINE:
                return tuple(backend for backend in backends if backend is not Backend.GEMINI)

    def news(self) -> TroubleReport | None:
        """Return what is to be reported now: that the budget is spent, once a day; on a new day that this is over."""
        if self.spent and self._told_on != self._count.day:
            self._told_on = self._count.day
            problem = f"The day's budget of {self._daily:,} tokens is spent."
            self._told = TroubleReport(Part.LIVE, problem, _CONSEQUENCE[self._when_spent])
            return self._told
        if self._told is not None and not self.spent:
            over = replace(self._told, cleared=True)
            self._told = self._told_on = None
            return over
        return None
