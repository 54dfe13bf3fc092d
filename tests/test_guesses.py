from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.guesses import MOST, PAUSE, Guesses


@given(st.lists(st.floats(0, 2000), max_size=60))
def test_bound(pauses: list[float]) -> None:
    """However often somebody asks, there are six at once, then one every four minutes, and no fewer."""
    guesses, now = Guesses(), 0.0
    made: list[float] = []
    for pause in pauses:
        now += pause
        if guesses.guess(now):
            made.append(now)
        elif made:
            assert now - made[-MOST] < MOST * PAUSE
    for first, moment in enumerate(made):
        within = [each for each in made[first:] if each <= moment + 3600]
        assert len(within) <= MOST + 3600 / PAUSE


def test_used_up() -> None:
    """Once all six were wrong there is none for four minutes, then one."""
    guesses, begin = Guesses(), 100_000.0
    assert [guesses.guess(begin) for _ in range(MOST + 1)] == [*[True] * MOST, False]
    assert not guesses.guess(begin + PAUSE - 1)
    assert [guesses.guess(begin + PAUSE + 1) for _ in range(2)] == [True, False]


def test_right() -> None:
    """A guess that came true gives all of them back."""
    guesses = Guesses()
    assert [guesses.guess(0.0) for _ in range(MOST + 1)] == [*[True] * MOST, False]
    guesses.right()
    assert [guesses.guess(1.0) for _ in range(MOST + 1)] == [*[True] * MOST, False]


def test_refused() -> None:
    """Where guessing leads nowhere there is a pause of four minutes."""
    guesses = Guesses()
    assert guesses.guess(0.0)
    guesses.refused()
    assert not guesses.guess(PAUSE - 1)
    assert guesses.guess(PAUSE + 1)
