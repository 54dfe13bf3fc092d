"""Whom a line dials once the day's tokens are spent."""

from __future__ import annotations

from datetime import date, timedelta

from hubd.budget import Budget, WhenSpent
from hubd.events import Backend, LinkLost, LinkReady, TokensUsed
from hubd.usage import TokenCount
from tests.stages.line_fakes import READY, FakeLink, Street, on_the_street
from tests.virtual_time import settle


class Day:
    """A budget of 100 tokens, with the date in hand."""

    def __init__(self, when_spent: WhenSpent) -> None:
        self.date = date(2026, 11, 3)
        self.count = TokenCount(lambda: self.date)
        self.budget = Budget(100, when_spent, self.count)

    def spend(self) -> None:
        """Spend it all."""
        self.count.add(TokensUsed(100, 100, 0))


async def conversation(street: Street) -> LinkReady | LinkLost:
    """Open the line, and close it once it is known what became of it."""
    street.posted.clear()
    street.line.open(street.post)
    await settle()
    found = street.posted[0]
    assert isinstance(found, LinkReady | LinkLost)
    street.line.close()
    await settle()
    return found


def test_a_warning_changes_nothing() -> None:
    """Gemini is dialled as before."""
    day = Day(WhenSpent.WARN)
    day.spend()

    async def scenario(street: Street) -> None:
        street.links = [FakeLink([READY])]
        assert await conversation(street) == LinkReady(Backend.GEMINI, resumed=False)
        assert street.announced == []

    on_the_street(scenario, fallback=True, allowance=day.budget)


def test_refused_until_tomorrow() -> None:
    """Nobody is dialled; why is said aloud once; on the next day all is as it was."""
    day = Day(WhenSpent.REFUSE)
    day.spend()

    async def scenario(street: Street) -> None:
        for _ in range(2):
            lost = await conversation(street)
            assert lost == LinkLost(Backend.GEMINI, day.budget.words, fatal=True)
        assert street.backends == []
        assert street.announced == [day.budget.words]
        day.date += timedelta(days=1)
        street.links = [FakeLink([READY])]
        assert await conversation(street) == LinkReady(Backend.GEMINI, resumed=False)
        day.spend()
        await conversation(street)
        assert street.announced == [day.budget.words] * 2

    on_the_street(scenario, fallback=True, allowance=day.budget)


def test_offline_until_tomorrow() -> None:
    """The offline server is dialled at once, which is said aloud once, after the conversation."""
    day = Day(WhenSpent.OFFLINE)
    day.spend()

    async def scenario(street: Street) -> None:
        street.fallback = [FakeLink([READY]), FakeLink([READY])]
        for _ in range(2):
            assert await conversation(street) == LinkReady(Backend.OFFLINE, resumed=False)
        assert street.backends == [Backend.OFFLINE] * 2
        assert street.announced == [day.budget.words]
        day.date += timedelta(days=1)
        street.links = [FakeLink([READY])]
        assert await conversation(street) == LinkReady(Backend.GEMINI, resumed=False)

    on_the_street(scenario, fallback=True, allowance=day.budget)


def test_a_conversation_that_has_begun_is_not_cut_short() -> None:
    """A connection that replaces another one within a conversation is dialled whatever it costs."""
    day = Day(WhenSpent.REFUSE)

    async def scenario(street: Street) -> None:
        street.links = [FakeLink([READY]), FakeLink([READY])]
        street.line.open(street.post)
        await settle()
        day.spend()
        street.line.open(street.post)
        await settle()
        assert street.backends == [Backend.GEMINI] * 2
        street.line.close()
        assert isinstance(await conversation(street), LinkLost)

    on_the_street(scenario, fallback=True, allowance=day.budget)
