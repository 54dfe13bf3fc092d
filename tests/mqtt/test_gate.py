"""Which commands are carried out: each once, while it is fresh."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.mqtt.gate import A_SECOND, AT_ONCE, OLDEST, REMEMBERED, Gate
from hubd.mqtt.orders import Fault, Identity, Order, Stop

WALL = 1_795_000_000.0


def order(name: Identity | None = None, given_: float | None = None, good_for: float | None = None) -> Order:
    """Return a command."""
    return Order("stop", Stop(), name, given_, good_for)


def fault(gate: Gate, which: Order, *, retained: bool = False, now: float = 0.0) -> Fault | None:
    """Return why a command is not carried out."""
    refusal = gate.admit(which, retained=retained, now=now, wall=WALL + now)
    assert refusal is None or refusal.id == which.id
    return None if refusal is None else refusal.fault


def test_a_stored_command_is_dropped() -> None:
    """It would be carried out again after every restart of the broker."""
    assert fault(Gate(), order(), retained=True) is Fault.RETAINED


def test_an_old_command_is_dropped() -> None:
    """By its own time: older than 30 s, or than it says that it is good for."""
    gate = Gate()
    assert fault(gate, order(given_=WALL - OLDEST)) is None
    assert fault(gate, order(given_=WALL - OLDEST - 1)) is Fault.STALE
    assert fault(gate, order(given_=WALL - 6, good_for=5)) is Fault.STALE
    assert fault(gate, order(given_=WALL - 50, good_for=60)) is None


def test_a_clock_that_runs_ahead_harms_nobody() -> None:
    """A command from the future is carried out: clocks differ."""
    assert fault(Gate(), order(given_=WALL + 100)) is None


def test_a_repeated_command_is_dropped_for_five_minutes() -> None:
    """The same id means the same command; another command may have it, and so may a later one."""
    gate = Gate()
    assert fault(gate, order("a")) is None
    assert fault(gate, order("a"), now=REMEMBERED) is Fault.REPEATED
    assert gate.admit(Order("say", Stop(), "a"), retained=False, now=REMEMBERED, wall=WALL) is None
    assert fault(gate, order("a"), now=REMEMBERED + 1) is None


def test_a_dropped_command_may_come_again() -> None:
    """Only what was carried out counts as there before."""
    gate = Gate()
    assert fault(gate, order("a"), retained=True) is Fault.RETAINED
    assert fault(gate, order("a")) is None


def test_a_flood_is_held_back() -> None:
    """More than so many at once are refused; after a second there is room for some more."""
    gate = Gate()
    assert [fault(gate, order()) for _ in range(AT_ONCE)] == [None] * AT_ONCE
    assert fault(gate, order()) is Fault.TOO_MANY
    assert [fault(gate, order(), now=1.0) for _ in range(int(A_SECOND) + 1)] == [None] * int(A_SECOND) + [
        Fault.TOO_MANY
    ]


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 200)), max_size=60))
def test_no_id_is_carried_out_twice_within_five_minutes(arrivals: list[tuple[int, float]]) -> None:
    """In whatever order and distance commands come."""
    gate, now = Gate(), 0.0
    done: dict[int, float] = {}
    for name, pause in arrivals:
        now += pause
        if fault(gate, order(name), now=now) is None:
            assert name not in done or now - done[name] > REMEMBERED
            done[name] = now
