from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from hubd.budget import Budget, WhenSpent
from hubd.events import Backend, TokensUsed
from hubd.reports import Part
from hubd.usage import TokenCount

BOTH = (Backend.GEMINI, Backend.OFFLINE)


class Household:
    """A budget of 100 tokens a day, with the day in hand."""

    def __init__(self, when_spent: WhenSpent = WhenSpent.WARN, daily: int = 100) -> None:
        self.day = date(2026, 11, 3)
        self.count = TokenCount(lambda: self.day)
        self.budget = Budget(daily, when_spent, self.count)

    def spend(self, tokens: int) -> None:
        """Let a turn cost so many tokens."""
        self.count.add(TokensUsed(tokens, tokens, 0))


@pytest.mark.parametrize("when_spent", WhenSpent)
def test_up_to_the_budget_nothing_changes(when_spent: WhenSpent) -> None:
    """Every server may be talked to, and there is nothing to report."""
    household = Household(when_spent)
    household.spend(99)
    assert household.budget.affordable(BOTH) == BOTH
    assert household.budget.news() is None


@pytest.mark.parametrize(
    ("when_spent", "affordable"),
    [(WhenSpent.WARN, BOTH), (WhenSpent.REFUSE, ()), (WhenSpent.OFFLINE, (Backend.OFFLINE,))],
)
def test_once_it_is_spent(when_spent: WhenSpent, affordable: tuple[Backend, ...]) -> None:
    """It warns, refuses, or goes on offline, until the day is over."""
    household = Household(when_spent)
    household.spend(100)
    assert household.budget.affordable(BOTH) == affordable
    household.day += timedelta(days=1)
    assert household.budget.affordable(BOTH) == BOTH


@pytest.mark.parametrize("when_spent", WhenSpent)
def test_a_hub_without_gemini_has_no_need_of_it(when_spent: WhenSpent) -> None:
    """The offline server costs nothing, so it is never refused."""
    household = Household(when_spent)
    household.spend(1000)
    assert household.budget.affordable((Backend.OFFLINE,)) == (Backend.OFFLINE,)


def test_without_a_budget_nothing_is_ever_spent() -> None:
    """0 stands for no limit."""
    household = Household(WhenSpent.REFUSE, daily=0)
    household.spend(10**9)
    assert household.budget.affordable(BOTH) == BOTH
    assert household.budget.news() is None


@pytest.mark.parametrize("when_spent", WhenSpent)
def test_trouble_once_a_day(when_spent: WhenSpent) -> None:
    """It is reported when it happens, not with every turn; that it is over on the next day; then anew."""
    household = Household(when_spent)
    household.spend(100)
    first = household.budget.news()
    assert first is not None
    assert (first.part, first.cleared) == (Part.LIVE, False)
    assert "100 tokens" in first.problem
    assert first.advice
    household.spend(100)
    assert household.budget.news() is None
    household.day += timedelta(days=1)
    over = household.budget.news()
    assert over is not None
    assert over.cleared
    assert household.budget.news() is None
    household.spend(100)
    assert household.budget.news() == first


def test_a_budget_that_was_raised() -> None:
    """What is over is the trouble that was told, whatever the budget is by then."""
    household = Household()
    household.spend(100)
    first = household.budget.news()
    assert first is not None
    household.budget.adopt(1000, WhenSpent.REFUSE)
    assert household.budget.news() == replace(first, cleared=True)


def test_two_days_in_a_row() -> None:
    """A hub that nobody asked at midnight tells of the next day's budget all the same."""
    household = Household()
    household.spend(100)
    assert household.budget.news()
    household.day += timedelta(days=1)
    household.spend(100)
    assert household.budget.news()


@pytest.mark.parametrize(
    ("when_spent", "words"),
    [
        (WhenSpent.WARN, ""),
        (WhenSpent.REFUSE, "The tokens for today are spent. I will be back tomorrow."),
        (WhenSpent.OFFLINE, "The tokens for today are spent. Until tomorrow I answer without Gemini."),
    ],
)
def test_words_for_a_person(when_spent: WhenSpent, words: str) -> None:
    """Who is refused, or served otherwise, hears why, in a sentence that can be spoken."""
    assert Household(when_spent).budget.words == words
