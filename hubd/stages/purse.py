"""The day's tokens: counted, kept over restarts, held against the budget."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from hubd.budget import Budget, WhenSpent
from hubd.events import Backend
from hubd.ports import Store
from hubd.reports import ReportSink
from hubd.usage import TokenCount

# A flash card wears out: this is the least time between two writings, s.
PAUSE = 60.0
# How often the date is looked at, s.
_MINUTE: Final = 60.0


class Purse:
    """Counts tokens, writes the count down once a minute at most, says whom a conversation may be opened with.

    store: None to remember in memory only. daily: the budget, 0 for none. today: the local date. report: takes trouble.
    beside: where those who run beside the hub write down what they spend, if anybody does.
    count: what was spent.
    """

    def __init__(  # noqa: PLR0913 -- two pages are kept apart, lest one hub's count be written over another's
        self,
        store: Store | None,
        daily: int,
        when_spent: WhenSpent,
        *,
        today: Callable[[], date],
        report: ReportSink,
        beside: Store | None = None,
    ) -> None:
        self._store = store
        self._beside = beside
        self._report = report
        self._changed = asyncio.Event()
        self.count = TokenCount(today, self._spend)
        self._budget = Budget(daily, when_spent, self.count)
        if store is not None and (text := store.read()) and not self.count.restore(text):
            store.set_aside()
            self._changed.set()

    @property
    def words(self) -> str:
        """What a person hears once the day's tokens are spent."""
        return self._budget.words

    def affordable(self, backends: Sequence[Backend]) -> tuple[Backend, ...]:
        """Return whom of these a conversation may be opened with, as Budget.affordable; reports what is new."""
        self._tell()
        return self._budget.affordable(backends)

    def adopt(self, daily: int, when_spent: WhenSpent) -> None:
        """Hold the day's tokens against another budget from now on; reports what that changes."""
        self._budget.adopt(daily, when_spent)
        self._tell()

    async def run(self) -> None:
        """Write until cancelled, then what is left; report what a new day changes within a minute of its beginning."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_the_day(), name="day")
            if self._store is not None:
                tasks.create_task(self._keep(self._store), name="store")

    async def _follow_the_day(self) -> None:
        while True:
            await asyncio.sleep(_MINUTE)
            self._tell()

    async def _keep(self, store: Store) -> None:
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                if not await store.write(self.count.dump()):
                    self._changed.set()
                await asyncio.sleep(PAUSE)
        finally:
            if self._changed.is_set():
                store.write_now(self.count.dump())

    def _spend(self) -> None:
        self._changed.set()
        self._tell()

    def _tell(self) -> None:
        if self._beside is not None and not self.count.beside(self._beside.read()):
            self._beside.set_aside()
        if (trouble := self._budget.news()) is not None:
            self._report(trouble)
