from __future__ import annotations

from hubd.repetition import PAUSE, Repetition


def test_once_a_minute_with_a_count() -> None:
    """The first time it is let through, then once a minute with how often it came meanwhile."""
    repetition = Repetition()
    admitted = [repetition.admit("flood", now) for now in (0.0, 1.0, 2.0, PAUSE - 0.1, PAUSE, PAUSE + 1, 2 * PAUSE)]
    assert admitted == [0, None, None, None, 3, None, 1]


def test_what_differs_is_new() -> None:
    """One flood holds back nothing else."""
    repetition = Repetition()
    assert [repetition.admit(key, 0.0) for key in ("a", "b", "a")] == [0, 0, None]


def test_it_stays_small() -> None:
    """Somebody who sends something else each time does not fill the memory."""
    repetition = Repetition()
    assert all(repetition.admit(number, 0.0) == 0 for number in range(10_000))
    assert len(repetition._said) < 1000
