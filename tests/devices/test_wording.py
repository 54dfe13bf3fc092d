from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.devices.dialects import sources
from hubd.devices.expectations import KIND
from hubd.devices.kinds import presentable
from hubd.devices.model import Device, Dialect, Kind
from hubd.devices.state import StateStore
from hubd.devices.wording import phrase
from tests.devices.house_of_cells import CELLS, device

HOUSE = {cell: device(*cell, options) for cell, (options, _) in CELLS.items()}
TOPICS = sorted({source.topic for each in HOUSE.values() for source in sources(each)})
KEYS = st.sampled_from(
    ["state", "brightness", "color", "position", "value", "x", "y", "h", "s", "r", "g", "b", "color_temp", "params"]
)
NUMBERS = st.floats() | st.integers() | st.sampled_from([0, -1, 1e308, -1e308, 5e-324])
REPORTS = st.recursive(
    st.none()
    | st.booleans()
    | NUMBERS
    | st.text(max_size=10)
    | st.sampled_from(["ON", "1e308", "nan", "0,0,0", "open"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("cell", "state", "said"),
    [
        ((Dialect.ESPHOME, Kind.LIGHT), {"on": True, "brightness": 30, "color": "red"}, "on at 30 percent, red"),
        ((Dialect.ESPHOME, Kind.LIGHT), {"on": True, "color_temperature": 2700}, "on, 2700 kelvin"),
        ((Dialect.ESPHOME, Kind.LIGHT), {"on": True, "color": "red", "color_temperature": 2700}, "on"),
        ((Dialect.ESPHOME, Kind.LIGHT), {"on": True, "effect": "rainbow"}, "on, with the effect rainbow"),
        ((Dialect.ESPHOME, Kind.LIGHT), {"on": False, "brightness": 30}, "off"),
        ((Dialect.ESPHOME, Kind.LIGHT), {}, ""),
        ((Dialect.ESPHOME, Kind.COVER), {"action": "close"}, "closed"),
        ((Dialect.ESPHOME, Kind.COVER), {"state": "open", "position": 40}, "40 percent open"),
        ((Dialect.ESPHOME, Kind.COVER), {"state": "opening", "position": 40}, "opening"),
        ((Dialect.ESPHOME, Kind.COVER), {"position": 0}, "closed"),
        ((Dialect.ESPHOME, Kind.COVER), {"state": "open"}, "open"),
        ((Dialect.ESPHOME, Kind.LOCK), {"action": "lock"}, "locked"),
        ((Dialect.ESPHOME, Kind.LOCK), {"state": "jammed"}, "jammed"),
        (
            (Dialect.ESPHOME, Kind.CLIMATE),
            {"temperature": 21.5, "mode": "heat"},
            "set to 21.5 degrees, in the mode heat",
        ),
        ((Dialect.ESPHOME, Kind.FAN), {"on": True, "speed": 50}, "on at 50 percent"),
        ((Dialect.PLAIN, Kind.MEDIA_PLAYER), {"state": "playing", "volume": 30}, "playing at volume 30 percent"),
        ((Dialect.PLAIN, Kind.MEDIA_PLAYER), {"action": "next"}, "at the next title"),
        ((Dialect.ZIGBEE2MQTT, Kind.SENSOR), {"value": 21.5}, "21.5 °C"),
        ((Dialect.ZIGBEE2MQTT, Kind.BINARY_SENSOR), {"on": True}, "open"),
        ((Dialect.PLAIN, Kind.BINARY_SENSOR), {"on": False}, "dry"),
        ((Dialect.ESPHOME, Kind.ALARM), {"state": "armed away"}, "armed away"),
        ((Dialect.PLAIN, Kind.VACUUM), {"action": "return"}, "on its way home"),
        ((Dialect.ESPHOME, Kind.SCENE), {"activate": True}, "activated"),
    ],
)
def test_a_state_in_words(cell: tuple[Dialect, Kind], state: dict[str, JsonValue], said: str) -> None:
    """What a device is, or was told to be, follows "is" in a sentence."""
    assert phrase(HOUSE[cell], state) == said


@given(st.sampled_from(TOPICS), REPORTS)
def test_no_report_does_harm(topic: str, report: JsonValue) -> None:
    """Whatever comes on a topic, it is taken; what is kept of it can be said, written as JSON."""
    states = StateStore(HOUSE.values())
    states.receive(topic, json.dumps(report).encode(), 0.0)
    for told in HOUSE.values():
        known = states.known(told.id, KIND)
        assert all(math.isfinite(value) for value in known.values() if isinstance(value, float))
        if told.kind is not None:
            shown = presentable(told.kind, known)
            json.dumps(shown, allow_nan=False)
            phrase(told, shown)


@pytest.mark.parametrize(
    ("options", "topic", "here", "gone"),
    [
        ({"dialect": "zigbee2mqtt", "topic": "z/a"}, "z/a/availability", '{"state":"online"}', '{"state":"offline"}'),
        ({"dialect": "zigbee2mqtt", "topic": "z/a"}, "z/bridge/state", "online", "offline"),
        ({"dialect": "tasmota", "topic": "a"}, "tele/a/LWT", "Online", "Offline"),
        ({"dialect": "esphome", "topic": "home/node/switch/a"}, "home/node/status", "online", "offline"),
        ({"dialect": "shelly", "topic": "a"}, "a/online", "true", "false"),
        (
            {"dialect": "plain", "command_topic": "a/set", "availability_topic": "a/here", "payload_available": "yes"},
            "a/here",
            "yes",
            "offline",
        ),
    ],
)
def test_a_device_says_whether_it_can_be_reached(options: dict[str, str], topic: str, here: str, gone: str) -> None:
    """It is unknown until something is said, and a word that nobody agreed on makes it unknown again."""
    states = StateStore([Device.model_validate({"id": "a", "name": "a", "kind": "switch", **options})])
    assert topic in states.topics
    told = []
    for payload in (b"", here.encode(), gone.encode(), here.encode(), b"?"):
        states.receive(topic, payload, 0.0)
        told.append(states.reachable("a"))
    assert told == [None, True, False, True, None]
    assert states.reading("a") is None
