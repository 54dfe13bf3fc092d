from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hubd.bell import Bell, Step

LASTS = 60.0
ROUND = 3.0


def rounds(bell: Bell, now: float) -> list[float]:
    """Let the bell ring until it gives up, each round for three seconds; return when rounds began."""
    began = []
    while (deadline := bell.deadline) is not None:
        now = max(now, deadline)
        if bell.sound(now):
            began.append(now)
            now += ROUND
            bell.sounded(now)
    return began


def test_it_rings_for_a_minute_with_growing_pauses() -> None:
    """Often at first, and not for ever."""
    bell = Bell(LASTS)
    bell.ring(100)
    began = rounds(bell, 100)
    assert began[0] == 100
    assert began[-1] <= 100 + LASTS
    pauses = [after - before - ROUND for before, after in pairwise(began)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 2
    assert pauses[-1] > 8
    assert len(began) == 7
    assert not bell.rings


def test_another_timer_makes_it_begin_anew() -> None:
    """It is heard at once in a pause, and after the round that sounds; its minute begins with it."""
    bell = Bell(LASTS)
    bell.ring(0)
    assert bell.sound(0)
    bell.ring(1)
    assert not bell.sound(1), "the round that sounds is not cut"
    bell.sounded(3)
    bell.ring(4)
    assert bell.sound(4)
    bell.sounded(7)
    assert rounds(bell, 7)[-1] > LASTS - 15


def test_who_speaks_in_a_pause_is_heard_out() -> None:
    """Once a pause: a television that talks on does not silence it."""
    bell = Bell(LASTS)
    bell.ring(0)
    bell.sound(0)
    bell.sounded(3)
    bell.hold(4.9)
    assert bell.step is Step.HUSHED
    assert not bell.sound(5)
    bell.hold(9)
    assert bell.sound(9.9)


def test_speech_while_it_sounds_changes_nothing() -> None:
    """That is its own sound."""
    bell = Bell(LASTS)
    bell.hold(0)
    assert not bell.rings
    bell.ring(0)
    bell.sound(0)
    bell.hold(1)
    assert bell.step is Step.SOUNDING


def test_a_round_whose_end_is_never_told_is_over_some_day() -> None:
    """Nothing keeps it from giving up."""
    bell = Bell(LASTS)
    bell.ring(0)
    bell.sound(0)
    while (deadline := bell.deadline) is not None:
        assert deadline < 200
        assert not bell.sound(deadline)
    assert not bell.rings


def test_stopped_it_is_silent() -> None:
    """The end of the round that sounded starts nothing."""
    bell = Bell(LASTS)
    bell.ring(0)
    bell.sound(0)
    bell.stop()
    bell.sounded(2)
    assert bell.deadline is None
    assert not bell.sound(1000)


@given(
    st.lists(
        st.tuples(st.sampled_from(["ring", "sound", "sounded", "hold", "stop"]), st.floats(min_value=0, max_value=100))
    )
)
def test_whatever_happens_it_gives_up(steps: list[tuple[str, float]]) -> None:
    """A minute after the last timer at most no round begins, and then there is nothing to wait for."""
    bell, now, rang = Bell(LASTS), 0.0, 0.0
    for name, seconds in steps:
        now += seconds
        if name == "ring":
            rang = now
        if name == "stop":
            bell.stop()
        elif getattr(bell, name)(now):
            assert now <= rang + LASTS
    assert all(began <= rang + LASTS for began in rounds(bell, now))
    assert bell.deadline is None
