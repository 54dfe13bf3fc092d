"""Messages that wait for a reader who does not keep up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.mqtt.backlog import Backlog
from hubd.ports import InboundMessage

TOPICS = [f"topic/{number}" for number in range(3)]


def numbered(topic: str, number: int) -> InboundMessage:
    """Return a message that is told from the others by its payload."""
    return InboundMessage(topic, str(number).encode(), retained=False)


def number_of(message: InboundMessage) -> int:
    """Return the number of a message."""
    return int(message.payload)


# None: the reader takes one, which is slower than they come.
STEPS = st.lists(st.sampled_from([*TOPICS, *TOPICS, None]), max_size=80)


@given(STEPS, st.integers(1, 8))
def test_what_is_taken_was_put_in_that_order(steps: list[str | None], limit: int) -> None:
    """Never more than the limit wait; each is taken or dropped, once, in the order in which they came."""
    backlog, put, taken = Backlog(limit), 0, list[int]()
    for step in (*steps, *[None] * limit):
        if step is not None:
            put += 1
            backlog.put(numbered(step, put))
        elif backlog:
            taken.append(number_of(backlog.take()))
    assert not backlog
    assert taken == sorted(set(taken))
    assert len(taken) + backlog.dropped == put


@given(STEPS)
def test_the_newest_of_each_topic_is_never_dropped(steps: list[str | None]) -> None:
    """As long as no more topics than the limit have something to say, each has its last word."""
    backlog, newest, taken = Backlog(len(TOPICS)), dict[str, int](), dict[str, int]()
    for number, step in enumerate((*steps, *[None] * len(TOPICS))):
        if step is not None:
            newest[step] = number
            backlog.put(numbered(step, number))
        elif backlog:
            message = backlog.take()
            taken[message.topic] = number_of(message)
    assert taken == newest


def test_nothing_is_dropped_before_the_limit() -> None:
    """Several messages on one topic, as events are, all arrive."""
    backlog = Backlog(3)
    for number in range(3):
        backlog.put(numbered("event", number))
    assert [number_of(backlog.take()) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        backlog.take()


def test_of_too_many_topics_the_oldest_message_goes() -> None:
    """Something has to, and it is what has waited longest."""
    backlog = Backlog(2)
    for number, topic in enumerate(TOPICS):
        backlog.put(numbered(topic, number))
    assert [backlog.take().topic for _ in range(2)] == TOPICS[1:]
    assert backlog.dropped == 1
