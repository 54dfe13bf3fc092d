from __future__ import annotations

import json

import pytest

from hubd.devices.render import Publish
from hubd.mirror import HubState, Moment, hub_state, moment
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.presence import Presence, Words
from hubd.reports import (
    Part,
    PublicState,
    Report,
    StateReport,
    TroubleReport,
    to_json,
)
from tests.one_of_each import ONE_OF_EACH


@pytest.mark.parametrize("report", ONE_OF_EACH, ids=lambda report: report.kind)
def test_events_come_back(report: Report) -> None:
    """Whatever a hub publishes of an event is read back as it was."""
    assert moment(to_json(report, 1795384217.123).encode()) == Moment(1795384217.123, report)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"event": "woke"}',
        b'{"time": 1, "event": "sang"}',
        b'{"time": 1, "event": ["woke"]}',
        b'{"time": 1, "event": "state", "state": "dancing"}',
        b'{"time": NaN, "event": "state", "state": "idle"}',
        b'{"time": 1e300, "event": "state", "state": "idle"}',
        b'{"time": 1e400, "event": "state", "state": "idle"}',
        b'{"time": -1, "event": "state", "state": "idle"}',
        b"[" * 10_000,
    ],
)
def test_other_messages(payload: bytes) -> None:
    """What no hub publishes is no event, and no fault."""
    assert moment(payload) is None


def test_state_comes_back() -> None:
    """The message of a real hub's state is read as it was meant."""
    tree = Tree("hubd", "kitchen")
    presence = Presence(Identity("Kitchen", "Kitchen", "9.1"), tree, words=Words.KEPT_BACK, volume=80, started=5.0)
    presence.take(StateReport(PublicState.MUTED), 17.5)
    presence.take(TroubleReport(Part.MQTT, "It is away.", ""), 18.0)
    messages: tuple[Publish, ...] = presence.greeting()
    (state,) = [message.payload for message in messages if message.topic == tree.state]
    expected = HubState(PublicState.MUTED, 17.5, muted=True, volume=80, last_error="It is away.", version="9.1")
    assert hub_state(state) == expected


@pytest.mark.parametrize("payload", [b"", b"{}", b"[]", json.dumps({"state": "idle"}).encode()])
def test_other_states(payload: bytes) -> None:
    """What no hub says is no state, and no fault."""
    assert hub_state(payload) is None
