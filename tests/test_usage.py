from __future__ import annotations

from datetime import date

from hubd.events import TokensUsed
from hubd.reports import UsageReport
from hubd.usage import TokenCount


def test_day_adds_up() -> None:
    """Each report tells its own turn's tokens, with the sum of the day."""
    count = TokenCount(lambda: date(2026, 11, 3))
    assert count.add(TokensUsed(30, 20, 10)) == UsageReport(30, 20, 10, 30)
    assert count.add(TokensUsed(5, 4, 1)) == UsageReport(5, 4, 1, 35)


def test_new_day() -> None:
    """At midnight the sum begins anew, with the first turn that ends after it."""
    day = date(2026, 11, 3)
    count = TokenCount(lambda: day)
    count.add(TokensUsed(30, 20, 10))
    day = date(2026, 11, 4)
    assert count.add(TokensUsed(5, 4, 1)).today_tokens == 5
    assert count.add(TokensUsed(5, 4, 1)).today_tokens == 10
