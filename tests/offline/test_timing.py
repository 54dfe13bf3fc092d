from __future__ import annotations

import pytest

from tests.offline.calling import called
from tests.offline.house import function

NAME = {"type": "STRING", "description": "What it is for, as in eggs"}


def number(most: int, unit: str) -> dict[str, object]:
    """Return a parameter for a length of time."""
    return {"type": "INTEGER", "minimum": 0, "maximum": most, "description": f"How many {unit}."}


TIMERS = (
    function(
        "set_timer",
        "Set a timer for hours, minutes, seconds.",
        hours=number(24, "hours"),
        minutes=number(1440, "minutes"),
        seconds=number(3600, "seconds"),
        name=NAME,
    ),
    function("cancel_timer", "Cancel a timer.", name=NAME),
    function("list_timers", "Tell how much time the timers have left."),
)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("set a timer for ten minutes", "set_timer", {"minutes": 10}),
        ("set a timer for ten minutes for the eggs", "set_timer", {"minutes": 10, "name": "eggs"}),
        ("start a timer for one minute", "set_timer", {"minutes": 1}),
        ("set a ten minute timer", "set_timer", {"minutes": 10}),
        ("set a pasta timer for nine minutes", "set_timer", {"minutes": 9, "name": "pasta"}),
        ("ten minutes for the eggs", "set_timer", {"minutes": 10, "name": "eggs"}),
        ("set a timer for an hour and a half", "set_timer", {"hours": 1, "minutes": 30}),
        ("set a timer for two hours and fifteen minutes", "set_timer", {"hours": 2, "minutes": 15}),
        ("set a timer for half an hour", "set_timer", {"minutes": 30}),
        ("set a timer for 90 seconds", "set_timer", {"seconds": 90}),
        ("set a timer for a minute and a half", "set_timer", {"minutes": 1, "seconds": 30}),
        ("remind me in ten minutes", "set_timer", {"minutes": 10}),
        ("wake me up in half an hour", "set_timer", {"minutes": 30}),
        ("cancel the timer", "cancel_timer", {}),
        ("stop the eggs timer", "cancel_timer", {"name": "eggs"}),
        ("cancel the timer for the pizza", "cancel_timer", {"name": "pizza"}),
        ("cancel the ten minute timer", "cancel_timer", {"name": "10 minutes"}),
        ("cancel all timers", "cancel_timer", {"name": "all"}),
        ("how much time is left", "list_timers", {}),
        ("how much time is left on the timer", "list_timers", {}),
        ("how long is left on the timer", "list_timers", {}),
        ("which timers are running", "list_timers", {}),
    ],
)
def test_a_timer_is_a_call(text: str, name: str, arguments: dict[str, object]) -> None:
    """Lengths as people say them, with what they are for; ending them; asking for them."""
    assert called(TIMERS, text) == [(name, arguments)]


@pytest.mark.parametrize("minutes", range(1, 121))
def test_every_minute_can_be_said(minutes: int) -> None:
    """No number is taken for its neighbour because it can't be said."""
    unit = "minutes" if minutes > 1 else "minute"
    assert called(TIMERS, f"set a timer for {minutes} {unit}") == [("set_timer", {"minutes": minutes})]


@pytest.mark.parametrize("text", ["set a timer", "set a timer for the eggs", "timer", "set a timer for ten"])
def test_a_timer_without_a_length_is_none(text: str) -> None:
    """How long, and in what unit, has to be said."""
    assert called(TIMERS, text) is None


def test_other_units_are_left_out() -> None:
    """A timer that takes minutes alone is given no hours."""
    simple = [function("start_timer", "Start.", minutes=number(60, "minutes"))]
    assert called(simple, "start a timer for five minutes") == [("start_timer", {"minutes": 5})]
    assert called(simple, "start a timer for two hours") is None
