"""How many tokens the day has cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from hubd.events import TokensUsed
from hubd.reports import UsageReport


class TokenCount:
    """Adds up tokens; the sum begins anew with each day. today: the local date."""

    def __init__(self, today: Callable[[], date]) -> None:
        self._today = today
        self._day = today()
        self._sum = 0

    def add(self, used: TokensUsed) -> UsageReport:
        """Add one turn's tokens; return the report about them."""
        if (day := self._today()) != self._day:
            self._day, self._sum = day, 0
        self._sum += used.total
        return UsageReport(used.total, used.prompt, used.response, self._sum)
