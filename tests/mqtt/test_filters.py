from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import topic_matches_sub

from hubd.devices.fields import topic_problem
from hubd.mqtt.filters import filter_matches, filter_problem

LEVEL = st.text("abc_", min_size=1, max_size=4)


@pytest.mark.parametrize("good", ["a", "a/b", "+", "#", "a/+/c", "a/+/+/config", "zigbee2mqtt/#", "+/#", "/a"])
def test_topics_and_wildcards_in_their_places_are_filters(good: str) -> None:
    """A topic is a filter, also with + for a whole level, and # for all the rest."""
    assert filter_problem(good) is None


@pytest.mark.parametrize("bad", ["", "a/#/b", "a+", "a/b#", "++", "$SYS/#", "a\0", "a\nb/+", "a\ud800", "x" * 201])
def test_what_a_broker_hangs_up_on_is_refused(bad: str) -> None:
    """A wildcard inside a level, a control character, a topic of the broker's own is no filter."""
    assert filter_problem(bad) is not None


@given(levels=st.lists(LEVEL, min_size=1, max_size=6), data=st.data())
def test_each_topic_can_be_subscribed_to_with_a_level_left_open(levels: list[str], data: st.DataObject) -> None:
    """Whatever level of a topic is replaced by +, the result is a filter, and it takes the topic in."""
    assert topic_problem("/".join(levels)) is None
    position = data.draw(st.integers(0, len(levels) - 1))
    topic_filter = "/".join([*levels[:position], "+", *levels[position + 1 :]])
    assert filter_problem(topic_filter) is None
    assert topic_matches_sub(topic_filter, "/".join(levels))


@given(
    levels=st.lists(st.sampled_from(["a", "b", "+", ""]), min_size=1, max_size=4),
    everything=st.booleans(),
    topic=st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=5),
)
def test_matches_as_the_client_library_does(levels: list[str], everything: bool, topic: list[str]) -> None:  # noqa: FBT001 - hypothesis passes it by name
    """Which topics a filter takes in is MQTT's affair: paho has the same answer."""
    topic_filter = "/".join([*levels, "#"] if everything else levels)
    assert filter_matches(topic_filter, "/".join(topic)) == topic_matches_sub(topic_filter, "/".join(topic))
