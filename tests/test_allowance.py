from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.allowance import Allowance

STEPS = st.lists(
    st.tuples(st.floats(0, 2), st.sampled_from(["lamp", "fan", "door"]), st.integers(1, 3)), min_size=1, max_size=80
)


@given(STEPS)
def test_no_second_holds_more_than_is_allowed(steps: list[tuple[float, str, int]]) -> None:
    """Whenever they come, in no second do more messages go out than may, to one device, to all."""
    allowance = Allowance(in_all=7, per_device=4)
    now = 0.0
    sent: list[tuple[float, str]] = []
    for pause, device, count in steps:
        now += pause
        if not allowance.take(device, count, now):
            sent += [(now, device)] * count
    for start, of in sent:
        within = [device for at, device in sent if start <= at < start + 1]
        assert len(within) <= 7
        assert within.count(of) <= 4


@given(STEPS)
def test_what_does_not_fit_now_fits_at_the_time_that_is_named(steps: list[tuple[float, str, int]]) -> None:
    """A refusal names no later time than needed: before it the same is refused, at it it is not."""
    allowance = Allowance(in_all=7, per_device=4)
    now = 0.0
    for pause, device, count in steps:
        now += pause
        at = allowance.room_at(device, count, now)
        refused = allowance.take(device, count, now)
        assert bool(refused) == (at > now)
        if refused:
            assert at <= now + 1
            assert allowance.room_at(device, count, at) == at


def test_the_reason_says_which_bound_it_is() -> None:
    """One device may be busy while others are not; the words tell the two apart."""
    allowance = Allowance(in_all=3, per_device=2)
    assert not allowance.take("lamp", 2, 0.0)
    assert allowance.take("lamp", 1, 0.5) == "one device is sent at most 2 messages a second"
    assert not allowance.take("fan", 1, 0.5)
    assert allowance.take("door", 1, 0.9) == "at most 3 messages a second are sent"
    assert not allowance.take("lamp", 2, 1.0)


def test_many_devices_fill_no_memory() -> None:
    """Names that come once are forgotten; what is allowed in all holds nevertheless."""
    allowance = Allowance(in_all=5, per_device=5)
    taken = [allowance.take(f"device {each}", 1, 0.0) for each in range(5000)]
    assert taken.count("") == 5
