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
        self._others: dict[date, int] = {}

    @property
    def day(self) -> date:
        """The day that is counted now."""
        return self._today()

    @property
    def today(self) -> int:
        """The tokens of the day so far, those of others included."""
        day = self._today()
        return self._days.get(day, 0) + self._others.get(day, 0)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was counted here, whatever others spent."""
        return not self._days

    def add(self, used: TokensUsed) -> UsageReport:
        """Add one turn's tokens; return the report about them."""
        day = self._today()
        if used.backend is Backend.GEMINI and used.total > 0:
            self._days[day] = self._days.get(day, 0) + used.total
            self._prune()
            self._changed()
        return UsageReport(used.total, used.prompt, used.response, self.today)

    def dump(self) -> str:
        """Return the count as one line of JSON, for restore(); what others spent is not in it."""
        return _Saved(hubd=1, tokens=self._days).model_dump_json()

    def restore(self, text: str) -> bool:
        """Take over what dump() returned once, on top of what was counted; return False for any other text."""
        saved = _read(text)
        for day, tokens in (saved or {}).items():
            self._days[day] = self._days.get(day, 0) + tokens
        self._prune()
        return saved is not None

    def beside(self, *texts: str) -> bool:
        """Take what others spent to be what these say, each as its dump() returned it; return whether all are so.

        Any other text says nothing, as the empty one.
        """
        self._others.clear()
        found = [_read(text) for text in texts if text]
        for saved in found:
            for day, tokens in (saved or {}).items():
                self._others[day] = self._others.get(day, 0) + tokens
        return None not in found

    def added_to(self, text: str) -> str:
        """Return the sum of what dump() returned once, for whatever run, with this count; again for restore()."""
        total = TokenCount(self._today)
        for each in (text, self.dump()):
            total.restore(each)
        return total.dump()

    def _prune(self) -> None:
        for day in sorted(self._days)[:-_DAYS]:
            del self._days[day]


def _read(text: str) -> dict[date, int] | None:
    try:
        return _Saved.model_validate_json(text).tokens
    except ValidationError:
        return None
