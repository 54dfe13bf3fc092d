from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices.discovered import DiscoveredDevice, Speech
from hubd.devices.expectations import KIND, Expectation, Source, Want, matches
from hubd.devices.model import Device, Kind
from hubd.devices.state import MAX_FURTHER_VALUES, StateStore

LAMP = Device.model_validate(
    {
        "id": "lamp",
        "name": "lamp",
        "kind": "light",
        "dialect": "zigbee2mqtt",
        "topic": "z/lamp",
        "function": [
            {
                "name": "blink",
                "description": "Blink.",
                "publish": {"topic": "z/lamp/set", "payload": {"effect": "blink"}},
                "expect": {"topic": "z/lamp", "json": {"brightness": 254, "color": {"x": 1}}},
            },
            {
                "name": "beep",
                "description": "Beep.",
                "publish": {"topic": "beep/set"},
                "expect": {"topic": "beep", "payload": "OK"},
            },
        ],
    }
)
SWITCH = Device.model_validate(
    {
        "id": "switch",
        "name": "switch",
        "kind": "switch",
        "dialect": "plain",
        "command_topic": "s/set",
        "state_topic": "s",
        "state_on": "lit",
    }
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def states() -> StateStore:
    """Return a store for a lamp and a switch."""
    return StateStore([LAMP, SWITCH])


def test_each_topic_is_wanted_once(states: StateStore) -> None:
    """A topic that a kind and a function share is subscribed once; so is where the device says that it is there."""
    assert states.topics == ("z/lamp", "z/bridge/state", "z/lamp/availability", "beep", "s")


def test_a_reading_has_the_units_of_the_front(states: StateStore) -> None:
    """Levels of 254 are read as percent, words as on and off."""
    assert states.receive("z/lamp", b'{"state":"ON","brightness":127}', 5.0) == {"lamp"}
    assert states.known("lamp", KIND) == {"on": True, "brightness": 50.0}
    states.receive("s", b"lit\n", 6.0)
    reading = states.reading("switch")
    assert reading is not None
    assert (reading.values, reading.received, reading.stored) == ({"on": True}, 6.0, False)


def test_what_was_never_said_is_unknown(states: StateStore) -> None:
    """There is no reading before the first report, and none of a topic that nobody asked for."""
    assert states.reading("lamp") is None
    assert states.receive("elsewhere", b"ON", 0.0) == frozenset()
    assert states.reading("nobody") is None


def test_null_is_unknown_and_not_off(states: StateStore) -> None:
    """A null takes the old value away; a key that is missing leaves it (Koenkk/zigbee2mqtt#6987)."""
    states.receive("z/lamp", b'{"state":"ON","brightness":254}', 0.0)
    states.receive("z/lamp", b'{"brightness":null}', 1.0)
    assert states.known("lamp", KIND) == {"on": True}
    states.receive("z/lamp", b'{"state":"UPSIDE DOWN"}', 2.0)
    assert states.known("lamp", KIND) == {}


def test_a_kind_and_a_function_may_share_a_topic(states: StateStore) -> None:
    """The kind's brightness in percent and the function's as reported don't mix."""
    states.receive("z/lamp", b'{"brightness":254,"color":{"x":1,"y":2}}', 0.0)
    assert states.known("lamp", KIND) == {"brightness": 100.0}
    assert states.known("lamp", "z/lamp") == {"brightness": 254, "color": {"x": 1, "y": 2}}
    reading = states.reading("lamp")
    assert reading is not None
    assert reading.values["brightness"] == 100.0


def test_only_later_reports_of_the_device_itself_count(states: StateStore) -> None:
    """Neither what came before the mark nor what the broker had kept is a report since then."""
    states.receive("s", b"lit", 0.0)
    mark = states.mark()
    assert states.since("switch", mark, KIND) == {}
    states.receive("s", b"lit", 1.0, stored=True)
    assert states.since("switch", mark, KIND) == {}
    assert states.recent("switch", 0.5, KIND) == {}
    assert states.known("switch", KIND) == {"on": True}
    states.receive("s", b"lit", 1.0)
    assert states.since("switch", mark, KIND) == {"on": True}
    assert states.recent("switch", 1.0, KIND) == {"on": True}
    assert states.recent("switch", 1.1, KIND) == {}


def test_what_the_broker_repeats_takes_nothing_from_a_report(states: StateStore) -> None:
    """A stored value that is known already leaves the device's own report as it was; another one takes its place."""
    mark = states.mark()
    states.receive("s", b"lit", 1.0)
    states.receive("s", b"lit", 2.0, stored=True)
    assert states.since("switch", mark, KIND) == {"on": True}
    states.receive("s", b"OFF", 3.0, stored=True)
    assert states.since("switch", mark, KIND) == {}
    assert states.known("switch", KIND) == {"on": False}


def test_devices_that_were_not_watched_are_named_by_their_topics(states: StateStore) -> None:
    """The topics of newcomers come back, so that the broker can be asked; what is known of the others stays."""
    states.receive("s", b"lit", 1.0)
    renamed = SWITCH.model_copy(update={"id": "renamed"})
    assert states.watch([SWITCH, renamed]) == {"s"}
    assert states.watch([SWITCH, renamed]) == frozenset()
    assert states.known("switch", KIND) == {"on": True}
    assert states.known("renamed", KIND) == {}


def test_a_report_of_many_values_is_cut(states: StateStore) -> None:
    """Beside the expected keys only a few values are kept."""
    report = {f"key{index}": index for index in range(1000)} | {"brightness": 1}
    states.receive("z/lamp", json.dumps(report).encode(), 0.0)
    assert len(states.known("lamp", "z/lamp")) == MAX_FURTHER_VALUES + 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"state":' * 5_000,
        b'{"state":"ON"}' + b" " * 300_000,
        b" " * 300_000 + b"lit",
        b'{"state":NaN}',
        b'{"brightness":1e999}',
        b'{"brightness":' + b"9" * 400 + b"}",
        b'{"brightness":' + b"9" * 9_999 + b"}",
        b'{"state":["ON"],"brightness":{"a":1}}',
        rb'{"state":"\ud800","color":"\u0000"}',
        b'"ON"',
        b"null",
    ],
)
def test_hostile_payloads_change_nothing(states: StateStore, payload: bytes) -> None:
    """What can't be read, is too long, too deep or no finite number raises nothing and says nothing."""
    for topic in states.topics:
        states.receive(topic, payload, 0.0)
    assert states.known("lamp", KIND) == {}
    assert states.known("switch", KIND) == {}
    json.dumps(states.known("lamp", "z/lamp"), ensure_ascii=False, allow_nan=False).encode()


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()), st.sampled_from(["z/lamp", "beep", "s"]))
def test_any_payload_is_taken(payload: bytes, topic: str) -> None:
    """No payload raises, and what is kept can be written as JSON in UTF-8."""
    states = StateStore([LAMP, SWITCH])
    states.receive(topic, payload, 0.0)
    for device in (LAMP, SWITCH):
        reading = states.reading(device.id)
        if reading is not None:
            json.dumps(dict(reading.values), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("found", "wanted", "tolerance", "equal"),
    [
        ("ON", "ON", 0, True),
        ("on", "ON", 0, False),
        (21, "21.0", 0, True),
        ("21", 21.0, 0, True),
        (True, 1, 0, False),
        (True, True, 0, True),
        ("true", True, 0, False),
        (29.9, 30, 2, True),
        (27.9, 30, 2, False),
        ({"x": 1, "y": 2}, {"x": 1}, 0, True),
        ({"x": 1}, {"x": 1, "y": 2}, 0, False),
        ([1, 2], [1, 2], 0, True),
        (None, "ON", 0, False),
        ("nan", "nan", 0, True),
        (10**400, 1, 0, False),
    ],
)
def test_when_a_value_is_the_wanted_one(found: object, wanted: object, tolerance: float, equal: object) -> None:
    """Numbers may be text and near, objects may hold more, true is no number."""
    assert matches(found, wanted, tolerance) is equal  # type: ignore[arg-type]  # JSON values, listed as objects


def test_every_wanted_value_has_to_be_there() -> None:
    """An expectation of two values is not met by one."""
    expectation = Expectation((Want("on", value=True), Want("brightness", 30, 2.0)))
    assert not expectation.met_by({"on": True})
    assert expectation.met_by({"on": True, "brightness": 31, "more": 1})


def sensor(*filters: str) -> DiscoveredDevice:
    """Return a sensor that reports on these topics."""
    sources = tuple(Source(each, lambda payload: {"value": payload.decode()}) for each in filters)
    speech = Speech(lambda _settings: (), sources)
    return DiscoveredDevice(id="s", name="s", kind=Kind.SENSOR, speech=speech, origin="o", unique_id="u")


@pytest.mark.parametrize("topic_filter", ["+/+/BLE/1", "home/#", "home/gateway/BLE/+", "+/+/+/+"])
def test_a_report_may_come_on_any_topic_of_a_filter(topic_filter: str) -> None:
    """A gateway in each room reports the same sensor: whichever it is, the report is read."""
    states = StateStore([sensor(topic_filter)])
    assert states.topics == (topic_filter,)
    assert states.receive("home/gateway/BLE/1", b"21", now=1.0) == {"s"}
    assert states.receive("gateway/BLE/1", b"22", now=2.0) == frozenset()
    assert states.known("s", KIND) == {"value": "21"}


def test_what_is_known_stays_when_others_come(states: StateStore) -> None:
    """A house that changes keeps what is known of the devices that stay, forgets those that go."""
    states.receive("z/lamp", b'{"state":"ON"}', now=1.0)
    states.receive("s", b"lit", now=1.0)
    states.watch([LAMP, sensor("a")])
    assert states.known("lamp", KIND) == {"on": True}
    assert states.reading("switch") is None
    assert {"z/lamp", "beep", "a"} <= set(states.topics)
    assert states.receive("s", b"lit", now=2.0) == frozenset()
