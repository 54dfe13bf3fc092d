from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import date, timedelta
from pathlib import Path

import pytest

from hubd.budget import WhenSpent
from hubd.edges.state_file import StateFile
from hubd.events import Backend, TokensUsed
from hubd.ports import Store
from hubd.reports import Report, TroubleReport
from hubd.stages.purse import PAUSE, Purse
from hubd.usage import TokenCount
from tests.running import running
from tests.virtual_time import now, pass_time, run, settle

TODAY = date(2026, 11, 3)
BOTH = (Backend.GEMINI, Backend.OFFLINE)


def tokens_in(text: str) -> int:
    """Return the day's sum that a text holds."""
    count = TokenCount(lambda: TODAY)
    assert count.restore(text)
    return count.today


class Desk:
    """A page, with the sums that were written, and when."""

    def __init__(self, found: str = "") -> None:
        self.found = found
        self.written: list[tuple[float, int]] = []
        self.broken = False
        self.full = False

    def read(self) -> str:
        """Return what was found."""
        return self.found

    def set_aside(self) -> None:
        """Note that it was not understood."""
        self.broken = True

    async def write(self, text: str) -> bool:
        """Note what is written."""
        self.write_now(text)
        return not self.full

    def append(self, line: str) -> None:
        """Fail: nothing is as urgent here."""
        raise AssertionError(line)

    def write_now(self, text: str) -> None:
        """Note what is written."""
        self.written.append((now(), tokens_in(text)))


def purse_on(
    store: Store | None, reports: list[Report] | None = None, *, when_spent: WhenSpent = WhenSpent.WARN, daily: int = 0
) -> Purse:
    """Return a purse that keeps its count on a store."""
    report = (reports if reports is not None else []).append
    return Purse(store, daily, when_spent, today=lambda: TODAY, report=report)


def spend(purse: Purse, tokens: int = 1) -> None:
    """Let a turn cost so many tokens."""
    purse.count.add(TokensUsed(tokens, tokens, 0))


def written(scenario: Callable[[Purse], Coroutine[None, None, None]]) -> list[tuple[float, int]]:
    """Run the scenario with a running stage, in virtual time; return what was written until it had stopped."""
    desk = Desk()

    async def main() -> None:
        purse = purse_on(desk)
        async with running(purse.run()):
            await settle()
            await scenario(purse)

    run(main())
    return desk.written


def test_nothing_new_is_not_written() -> None:
    """A hub that rests leaves its disk alone."""

    async def scenario(_purse: Purse) -> None:
        await pass_time(3600)

    assert written(scenario) == []


def test_the_first_turn_is_written_at_once() -> None:
    """What is new after a rest is on disk before anything else happens, and not once more at the end."""

    async def scenario(purse: Purse) -> None:
        spend(purse, 5)
        await settle()

    assert written(scenario) == [(0.0, 5)]


def test_once_a_minute_at_most() -> None:
    """Many turns are one writing; the last sum is the one that stays."""

    async def scenario(purse: Purse) -> None:
        for _ in range(22):
            spend(purse)
            await pass_time(7)

    assert written(scenario) == [(0.0, 1), (PAUSE, 9), (2 * PAUSE, 18), (154.0, 22)]


def test_what_is_new_is_written_when_the_hub_stops() -> None:
    """A restart loses nothing."""

    async def scenario(purse: Purse) -> None:
        spend(purse)
        await settle()
        spend(purse)
        await settle()

    assert [tokens for _, tokens in written(scenario)] == [1, 2]


def test_a_hub_that_remembers_nothing_writes_nothing() -> None:
    """Without a store there is a count all the same, and nothing to write."""

    async def main() -> None:
        purse = purse_on(None)
        async with running(purse.run()) as task:
            spend(purse)
            await pass_time(2 * PAUSE)
            assert not task.done()
        assert purse.count.today == 1

    run(main())


def test_on_a_real_disk(tmp_path: Path) -> None:
    """The count of one run is found by the next; the file is for its owner's eyes only."""
    path, reports = tmp_path / "state" / "tokens.json", list[Report]()

    async def main() -> None:
        purse = purse_on(StateFile(path, reports.append))
        spend(purse, 40)
        async with running(purse.run()):
            await settle()
            spend(purse, 2)
        assert purse_on(StateFile(path, reports.append)).count.today == 42

    asyncio.run(main())
    assert path.stat().st_mode & 0o777 == 0o600
    assert reports == []


def test_a_page_of_another_origin() -> None:
    """What can't be understood is set aside, counts for nothing, and is replaced at once."""
    desk, beside = Desk("{}"), Desk("torn")

    async def main() -> None:
        purse = Purse(desk, 1, WhenSpent.WARN, today=lambda: TODAY, report=lambda _: None, beside=beside)
        assert purse.count.today == 0
        async with running(purse.run()):
            await pass_time(100)

    run(main())
    assert (desk.broken, desk.written) == (True, [(0.0, 0)])
    assert (beside.broken, beside.written) == (True, [])


def test_a_disk_that_is_full() -> None:
    """What can't be written is tried again once a minute, until it is."""
    desk = Desk()

    async def main() -> None:
        purse = purse_on(desk)
        async with running(purse.run()):
            desk.full = True
            spend(purse, 5)
            await pass_time(150)
            desk.full = False
            await pass_time(1000)

    run(main())
    assert desk.written == [(0.0, 5), (60.0, 5), (120.0, 5), (180.0, 5)]


class TestBudget:
    @pytest.mark.parametrize(
        ("when_spent", "affordable"),
        [(WhenSpent.WARN, BOTH), (WhenSpent.REFUSE, ()), (WhenSpent.OFFLINE, (Backend.OFFLINE,))],
    )
    def test_the_turn_that_spends_it(self, when_spent: WhenSpent, affordable: tuple[Backend, ...]) -> None:
        """It is reported with that turn, once; from then on conversations are opened accordingly."""

        async def main() -> None:
            reports: list[Report] = []
            purse = purse_on(None, reports, when_spent=when_spent, daily=100)
            spend(purse, 99)
            assert (purse.affordable(BOTH), reports) == (BOTH, [])
            spend(purse, 1)
            spend(purse, 1)
            assert len(reports) == 1
            assert isinstance(reports[0], TroubleReport)
            assert purse.affordable(BOTH) == affordable

        asyncio.run(main())

    def test_a_new_day(self) -> None:
        """That the trouble is over is reported soon after midnight, though nobody talks."""
        days, reports = [TODAY], list[Report]()

        async def main() -> None:
            purse = Purse(None, 100, WhenSpent.REFUSE, today=lambda: days[-1], report=reports.append)
            async with running(purse.run()):
                spend(purse, 100)
                await pass_time(3600)
                days.append(TODAY + timedelta(days=1))
                await pass_time(PAUSE)

        run(main())
        assert [report.cleared for report in reports if isinstance(report, TroubleReport)] == [False, True]

    def test_what_is_spent_beside_the_hub_counts(self) -> None:
        """What others write down is looked at when somebody asks, and within a minute if nobody does."""

        async def main() -> None:
            reports: list[Report] = []
            page = Desk()
            purse = Purse(None, 100, WhenSpent.REFUSE, today=lambda: TODAY, report=reports.append, beside=page)
            async with running(purse.run()):
                spend(purse, 40)
                assert purse.affordable(BOTH) == BOTH
                other = TokenCount(lambda: TODAY)
                other.add(TokensUsed(60, 50, 10))
                page.found = other.dump()
                await pass_time(2 * PAUSE)
                assert len(reports) == 1
                assert purse.affordable(BOTH) == ()
                page.found = ""
                assert purse.affordable(BOTH) == BOTH
            assert page.written == []

        run(main())

    def test_a_restart_is_no_way_around_it(self) -> None:
        """What was spent before the restart is spent; the new run says so when somebody asks."""

        async def main() -> None:
            reports: list[Report] = []
            count = TokenCount(lambda: TODAY)
            count.add(TokensUsed(100, 100, 0))
            purse = purse_on(Desk(count.dump()), reports, when_spent=WhenSpent.REFUSE, daily=100)
            assert reports == []
            assert purse.affordable(BOTH) == ()
            assert len(reports) == 1

        asyncio.run(main())


def test_another_budget_while_the_hub_runs() -> None:
    """A higher one ends the trouble and lets conversations be opened; a lower one is spent at once."""

    async def scenario() -> None:
        reports: list[Report] = []
        purse = purse_on(None, reports, when_spent=WhenSpent.REFUSE, daily=100)
        spend(purse, 100)
        assert purse.affordable(BOTH) == ()
        purse.adopt(1000, WhenSpent.REFUSE)
        assert purse.affordable(BOTH) == BOTH
        purse.adopt(50, WhenSpent.OFFLINE)
        assert purse.affordable(BOTH) == (Backend.OFFLINE,)
        assert [report.cleared for report in reports if isinstance(report, TroubleReport)] == [False, True, False]

    run(scenario())
