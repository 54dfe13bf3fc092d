from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Backend, TokensUsed
from hubd.reports import UsageReport
from hubd.usage import TokenCount

TUESDAY = date(2026, 11, 3)


class Calendar:
    """The local date, to be turned by hand."""

    def __init__(self) -> None:
        self.day = TUESDAY

    def __call__(self) -> date:
        """Return the date."""
        return self.day


def test_day_adds_up() -> None:
    """Each report tells its own turn's tokens, with the sum of the day."""
    count = TokenCount(Calendar())
    assert count.add(TokensUsed(30, 20, 10)) == UsageReport(30, 20, 10, 30)
    assert count.add(TokensUsed(5, 4, 1)) == UsageReport(5, 4, 1, 35)
    assert count.today == 35


def test_new_day() -> None:
    """At midnight the sum begins anew, with the first turn that ends after it."""
    today = Calendar()
    count = TokenCount(today)
    count.add(TokensUsed(30, 20, 10))
    today.day += timedelta(days=1)
    assert count.today == 0
    assert count.add(TokensUsed(5, 4, 1)).today_tokens == 5
    assert count.add(TokensUsed(5, 4, 1)).today_tokens == 10


def test_what_the_offline_server_counts_costs_nothing() -> None:
    """Its turns are reported like all others, and change no sum."""
    changes: list[None] = []
    count = TokenCount(Calendar(), lambda: changes.append(None))
    count.add(TokensUsed(30, 20, 10))
    assert count.add(TokensUsed(9, 8, 1, Backend.OFFLINE)) == UsageReport(9, 8, 1, 30)
    assert len(changes) == 1


@pytest.mark.parametrize("total", [0, -5])
def test_a_server_can_not_count_down(total: int) -> None:
    """A turn that costs nothing, or less, leaves the sum as it is."""
    count = TokenCount(Calendar())
    count.add(TokensUsed(30, 20, 10))
    assert count.add(TokensUsed(total, 0, 0)).today_tokens == 30


def test_a_restart_loses_nothing() -> None:
    """What was spent before counts, together with what was spent since."""
    before = TokenCount(Calendar())
    before.add(TokensUsed(30, 20, 10))
    after = TokenCount(Calendar())
    after.add(TokensUsed(1, 1, 0))
    assert after.restore(before.dump())
    assert after.today == 31


def test_a_clock_that_is_set_back_loses_nothing() -> None:
    """A machine without a clock of its own wakes up yesterday: once it knows the date, the day's sum is there again."""
    today = Calendar()
    before = TokenCount(today)
    before.add(TokensUsed(30, 20, 10))
    today.day -= timedelta(days=1)
    after = TokenCount(today)
    after.restore(before.dump())
    assert after.add(TokensUsed(5, 4, 1)).today_tokens == 5
    today.day = TUESDAY
    assert after.today == 30


def test_old_days_are_forgotten() -> None:
    """A week is kept, so the text stays short."""
    today = Calendar()
    count = TokenCount(today)
    for _ in range(100):
        count.add(TokensUsed(5, 4, 1))
        today.day += timedelta(days=1)
    assert len(count.dump()) < 250


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"hubd":2,"tokens":{}}',
        '{"hubd":1,"tokens":{"2026-11-03":-1}}',
        '{"hubd":1,"tokens":{"2026-11-03":1e99}}',
        '{"hubd":1,"tokens":{"today":1}}',
        '{"hubd":1,"tokens":{},"more":1}',
        "\x00",
    ],
)
def test_what_was_not_written_by_hubd_is_passed_over(text: str) -> None:
    """A text of another origin changes nothing, and stops nothing."""
    count = TokenCount(Calendar())
    count.add(TokensUsed(30, 20, 10))
    assert not count.restore(text)
    assert count.today == 30


@given(st.text())
def test_any_text_is_an_answer(text: str) -> None:
    """Whatever stands in the file, the hub starts."""
    TokenCount(Calendar()).restore(text)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 3), st.booleans()), max_size=30))
def test_restarts_at_any_point_change_nothing(turns: list[tuple[int, int, bool]]) -> None:
    """With a restart after any turns the sum of the day is what it would have been without."""
    today = Calendar()
    count, steady = TokenCount(today), TokenCount(today)
    for total, days, restarts in turns:
        today.day += timedelta(days=days)
        used = TokensUsed(total, total, 0)
        assert count.add(used) == steady.add(used)
        if restarts:
            text = count.dump()
            count = TokenCount(today)
            assert count.restore(text)


def test_what_others_spend_counts() -> None:
    """The day's sum is everybody's; what is kept is one's own."""
    other = TokenCount(Calendar())
    other.add(TokensUsed(30, 20, 10))
    count = TokenCount(Calendar())
    count.beside(other.dump(), "torn", other.dump())
    assert count.is_empty
    assert count.add(TokensUsed(5, 4, 1)).today_tokens == 65
    assert TokenCount(Calendar()).restore(count.dump())
    count.beside(other.dump())
    assert count.today == 35
    count.beside()
    assert (count.today, count.is_empty) == (5, False)


@pytest.mark.parametrize(("text", "sum_of_day"), [("", 5), ("torn", 5), (None, 35)])
def test_added_to_what_is_there(text: str | None, sum_of_day: int) -> None:
    """Whoever runs beside others adds its own count to theirs, and not what it heard of others."""
    other = TokenCount(Calendar())
    other.add(TokensUsed(30, 20, 10))
    count = TokenCount(Calendar())
    count.beside(other.dump())
    count.add(TokensUsed(5, 4, 1))
    total = TokenCount(Calendar())
    assert total.restore(count.added_to(other.dump() if text is None else text))
    assert total.today == sum_of_day
