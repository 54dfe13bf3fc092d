from __future__ import annotations

import pytest

from hubd.wishes import AskAsked, SayAsked, Scheduling


def test_say_waits_for_a_pause() -> None:
    """Who does not say when something is to be said does not interrupt anybody."""
    assert SayAsked("r", "Dinner is ready.").scheduling is Scheduling.WHEN_IDLE


def test_frozen() -> None:
    """What is wanted does not change on its way."""
    with pytest.raises(AttributeError):
        AskAsked("r", "Shall I?").text = "x"  # type: ignore[misc]  # the assignment is what is to fail
