from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.spans import span


@pytest.mark.parametrize(
    ("seconds", "said", "before_a_word"),
    [
        (0.2, "1 second", "1 second"),
        (59.4, "1 minute", "1 minute"),
        (61, "1 minute and 1 second", "1 minute 1 second"),
        (600, "10 minutes", "10 minute"),
        (3605, "1 hour", "1 hour"),
        (5400, "1 hour and 30 minutes", "1 hour 30 minute"),
        (90_000, "1 day and 1 hour", "1 day 1 hour"),
        (1e9, "11574 days and 1 hour", "11574 day 1 hour"),
    ],
)
def test_a_time_is_said_in_two_units(seconds: float, said: str, before_a_word: str) -> None:
    """Nobody wants the seconds of an hour."""
    assert span(seconds) == said
    assert span(seconds, counted=False) == before_a_word


@given(st.floats(min_value=-1e6, max_value=1e9))
def test_any_time_can_be_said(seconds: float) -> None:
    """There is always a number with a unit, and never none of anything."""
    words = span(seconds).split()
    assert len(words) in {2, 5}
    assert "0" not in words
