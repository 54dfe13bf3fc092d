"""How many tokens each day has cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubd.events import Backend, TokensUsed
from hubd.reports import UsageReport

# Days that are kept: a clock that is set back for a while, as after a start without network, loses no count.
_DAYS: Final = 8


def _nothing() -> None:
    pass


class _Saved(BaseModel):
    model_config = ConfigDict(extra="forbid")

    hubd: Literal[1]
    tokens: dict[date, Annotated[int, Field(ge=0, le=10**12, strict=True)]]


class TokenCount:
    """Adds up what Gemini bills; the sum begins anew with each day. The offline server's tokens cost nothing.

    today: the local date. changed: called when there is something new to keep.
    """

    def __init__(self, today: Callable[[], date], changed: Callable[[], None] = _nothing) -> None:
        self._today = today
        self._changed = changed
        self._days: dict[date, int] = {}

    @property
    def day(self) -> date:
        """The day that is counted now."""
        return self._today()

    @property
    def today(self) -> int:
        """The tokens of the day so far."""
        return self._days.get(self._today(), 0)

    def add(self, used: TokensUsed) -> UsageReport:
        """Add one turn's tokens; return the report about them."""
        day = self._today()
        if used.backend is Backend.GEMINI and used.total > 0:
            self._days[day] = self._days.get(day, 0) + used.total
            self._prune()
            self._changed()
        return UsageReport(used.total, used.prompt, used.response, self._days.get(day, 0))

    def dump(self) -> str:
        """Return the count as one line of JSON, for restore()."""
        return _Saved(hubd=1, tokens=self._days).model_dump_json()

    def restore(self, text: str) -> bool:
        """Take over what dump() returned once, on top of what was counted; return False for any other text."""
        try:
            saved = _Saved.model_validate_json(text)
        except ValidationError:
            return False
        for day, tokens in saved.tokens.items():
            self._days[day] = self._days.get(day, 0) + tokens
        self._prune()
        return True

    def _prune(self) -> None:
        for day in sorted(self._days)[:-_DAYS]:
            del self._days[day]
