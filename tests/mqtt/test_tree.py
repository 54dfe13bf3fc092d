"""The topics of a hub: which are its commands, where an answer may go."""

from __future__ import annotations

import pytest

from hubd.mqtt.filters import filter_matches, filter_problem
from hubd.mqtt.tree import Tree

TREE = Tree("hubd", "kitchen", "homeassistant")


def test_the_tree_is_the_documented_one() -> None:
    """Every topic stands where ``mqtt-devices.md`` 5 has it."""
    assert (TREE.availability, TREE.state, TREE.diagnostics, TREE.transcript) == (
        "hubd/kitchen/availability",
        "hubd/kitchen/state",
        "hubd/kitchen/diag",
        "hubd/kitchen/transcript",
    )
    assert (TREE.event("woke"), TREE.result("say")) == ("hubd/kitchen/event/woke", "hubd/kitchen/result/say")
    assert (TREE.announcement, TREE.birth) == ("homeassistant/device/hubd_kitchen/config", "homeassistant/status")


def test_a_hub_without_home_assistant_has_no_topics_there() -> None:
    """Neither announcement nor birth."""
    tree = Tree("hubd", "kitchen")
    assert (tree.announcement, tree.birth) == (None, None)
    assert tree.may_answer_on("homeassistant/answer")


@pytest.mark.parametrize(
    ("topic", "command"),
    [
        ("hubd/kitchen/cmd/say", "say"),
        ("hubd/all/cmd/stop", "stop"),
        ("hubd/hall/cmd/say", None),
        ("hubd/kitchen/cmd", None),
        ("hubd/kitchen/cmd/say/more", None),
        ("hubd/kitchen/state", None),
        ("x/hubd/kitchen/cmd/say", None),
    ],
)
def test_commands_are_the_hubs_own_and_those_for_all(topic: str, command: str | None) -> None:
    """What is a command comes by the filters, and the other way round."""
    assert TREE.command_in(topic) == command
    assert any(filter_matches(each, topic) for each in TREE.command_filters) == (command is not None)


def test_a_hub_called_all_subscribes_once() -> None:
    """Two filters that are alike would bring every command twice."""
    assert len(Tree("hubd", "all").command_filters) == 1
    assert all(filter_problem(each) is None for each in TREE.command_filters)


@pytest.mark.parametrize(
    "topic", ["nodered/answers/1", "hubd/kitchen/result/say", "hubd/hall/result/x/y", "hubdx/state"]
)
def test_answers_may_go_to_a_plain_topic(topic: str) -> None:
    """Also to the results of another hub."""
    assert TREE.may_answer_on(topic)


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "$SYS/x",
        "a/#",
        "a/+/b",
        "a\nb",
        "a\0b",
        "x" * 201,
        "homeassistant/switch/lamp/config",
        "hubd/kitchen/cmd/say",
        "hubd/hall/cmd/say",
        "hubd/all/cmd/mute",
        "hubd/kitchen/availability",
        "hubd/kitchen/state",
        "hubd/hall",
    ],
)
def test_answers_never_become_commands_announcements_or_states(topic: str) -> None:
    """A topic that would make the answer something else is not taken (``mqtt-devices.md`` 4, replies)."""
    assert not TREE.may_answer_on(topic)
