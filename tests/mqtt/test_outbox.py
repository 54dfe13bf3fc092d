"""Messages that wait for the broker: in order, the newest of what is retained, none longer than it is good for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.devices.render import Publish
from hubd.mqtt.outbox import LIMIT, Outbox


def event(payload: bytes, expiry: int | None = 60) -> Publish:
    """Return a message that is not stored."""
    return Publish("event", payload, 1, expiry=expiry)


def state(payload: bytes, topic: str = "state") -> Publish:
    """Return a retained message."""
    return Publish(topic, payload, 1, retain=True)


def taken(outbox: Outbox, now: float = 0.0) -> list[bytes]:
    """Return what is left to send."""
    found: list[bytes] = []
    while (publish := outbox.take(now)) is not None:
        found.append(publish.payload)
    return found


def test_messages_go_in_their_order() -> None:
    """First come, first sent."""
    outbox = Outbox()
    for payload in (b"1", b"2", b"3"):
        outbox.put(event(payload), 0.0)
    assert len(outbox) == 3
    assert taken(outbox) == [b"1", b"2", b"3"]
    assert len(outbox) == 0


def test_of_what_is_retained_only_the_newest_goes() -> None:
    """An older state would only be overwritten."""
    outbox = Outbox()
    for publish in (state(b"old"), event(b"1"), state(b"new"), state(b"x", "other")):
        outbox.put(publish, 0.0)
    assert taken(outbox) == [b"1", b"new", b"x"]


def test_what_waited_too_long_is_left_out() -> None:
    """An event is good for as long as it says; what is left of that is what the broker is told."""
    outbox = Outbox()
    outbox.put(event(b"old", 30), 0.0)
    outbox.put(event(b"fresh", 30), 20.0)
    publish = outbox.take(31.0)
    assert publish is not None
    assert (publish.payload, publish.expiry) == (b"fresh", 19)
    assert outbox.take(31.0) is None


def test_a_broker_that_is_away_long_costs_the_oldest_events() -> None:
    """The queue is bounded, and a state in it is not what goes."""
    outbox = Outbox()
    outbox.put(state(b"state"), 0.0)
    for number in range(LIMIT + 10):
        outbox.put(event(str(number).encode()), 0.0)
    assert len(outbox) == LIMIT
    assert taken(outbox)[:2] == [b"state", b"11"]


def test_what_could_not_be_sent_goes_first_again_unless_a_newer_one_is_there() -> None:
    """A lost connection changes no order, and brings back no older state."""
    outbox = Outbox()
    outbox.put(event(b"1"), 0.0)
    outbox.put(event(b"2"), 0.0)
    first = outbox.take(0.0)
    assert first is not None
    outbox.put_back(first, 0.0)
    assert taken(outbox) == [b"1", b"2"]
    outbox.put(state(b"new"), 0.0)
    outbox.put_back(state(b"old"), 0.0)
    assert taken(outbox) == [b"new"]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3), st.integers(1, 60), st.floats(0, 30)), max_size=400))
def test_it_stays_bounded_and_fresh(messages: list[tuple[bool, int, int, float]]) -> None:
    """Whatever is put in: never more than the limit waits, nothing expired comes out, no retained topic twice."""
    outbox, now = Outbox(), 0.0
    for retained, topic, expiry, pause in messages:
        now += pause
        outbox.put(state(b"", str(topic)) if retained else event(str(now + expiry).encode(), expiry), now)
        assert len(outbox) <= LIMIT + 4
    topics: list[str] = []
    while (publish := outbox.take(now)) is not None:
        if publish.retain:
            topics.append(publish.topic)
        else:
            assert float(publish.payload) >= now
    assert len(topics) == len(set(topics))
