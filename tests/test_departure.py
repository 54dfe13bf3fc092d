from __future__ import annotations

import pytest

from hubd.departure import Departure


@pytest.mark.parametrize(("time_left", "deadline"), [(50.0, 145.0), (10.0, 105.0), (4.0, 102.0), (0.0, 100.0)])
def test_deadline(time_left: float, deadline: float) -> None:
    """5 s before the end that was announced, or halfway to one that is nearer."""
    departure = Departure()
    departure.announced(time_left, 100.0)
    assert departure.deadline == deadline
    assert not departure.due(deadline - 0.01)
    assert departure.due(deadline)


def test_without_an_announcement() -> None:
    """Nobody leaves a connection that goes on."""
    departure = Departure()
    departure.handle_issued()
    assert departure.deadline is None
    assert not departure.due(1e9)
    assert not departure.opportune(1e9)


def test_moment() -> None:
    """The moment is there with a handle that is newer than the last turn."""
    departure = Departure()
    departure.announced(50.0, 100.0)
    found = [departure.opportune(101.0)]
    departure.handle_issued()
    found.append(departure.opportune(101.0))
    departure.turn_began()
    found.append(departure.opportune(101.0))
    assert found == [False, True, False]


def test_end_that_is_far_off() -> None:
    """An end in 5 minutes is not anticipated before its last minute."""
    departure = Departure()
    departure.announced(300.0, 100.0)
    departure.handle_issued()
    assert [departure.opportune(now) for now in (101.0, 334.0, 336.0)] == [False, False, True]


def test_which_comes_first() -> None:
    """Of two deadlines the earlier one is meant, even where the clock is a tick short of it."""
    departure = Departure()
    assert not departure.before(None)
    departure.announced(50.0, 100.0)
    assert departure.before(None)
    assert departure.before(145.0)
    assert not departure.before(144.9)
