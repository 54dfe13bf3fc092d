from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.demo.house import demo_devices
from hubd.demo.stand_in import Report, StandIn
from hubd.devices.model import Device, Kind

PLAIN = Device.model_validate(
    {
        "id": "lamp",
        "name": "lamp",
        "kind": "light",
        "dialect": "plain",
        "command_topic": "lamp/set",
        "state_topic": "lamp",
        "payload_on": "1",
        "payload_off": "0",
        "state_on": "yes",
        "state_off": "no",
        "brightness_command_topic": "lamp/level/set",
        "brightness_state_topic": "lamp/level",
    }
)


@pytest.mark.parametrize(
    ("topic", "payload", "device", "state_topic", "state"),
    [
        ("zigbee2mqtt/office_lights/set", '{"state": "ON"}', "office_lights", "zigbee2mqtt/office_lights", '"ON"'),
        ("home/living/light/set", '{"state": "OFF"}', "living_room_lights", "home/living/light", '"OFF"'),
    ],
)
def test_lamp_reports_its_state(topic: str, payload: str, device: str, state_topic: str, state: str) -> None:
    """A lamp that takes a command reports the state that it was told."""
    (report,) = StandIn(demo_devices()).take(topic, payload.encode())
    assert (report.device, report.topic) == (device, state_topic)
    assert json.loads(report.payload)["state"] == json.loads(state)


def test_zigbee_reports_the_whole_state() -> None:
    """A Zigbee2MQTT lamp keeps what a later command does not name."""
    house = StandIn(demo_devices())
    house.take("zigbee2mqtt/kitchen_lights/set", b'{"state": "ON", "brightness": 76}')
    (report,) = house.take("zigbee2mqtt/kitchen_lights/set", b'{"state": "OFF"}')
    assert json.loads(report.payload) == {"state": "OFF", "brightness": 76}
    assert house.take("zigbee2mqtt/kitchen_lights/get", b"") == (report,)


def test_expectation_is_filled_in() -> None:
    """What a function expects is reported with the values of the command."""
    (report,) = StandIn(demo_devices()).take("home/heater/set", b'{"temperature": 21}')
    assert report == Report("heater", "home/heater", '{"temperature": 21}')


@pytest.mark.parametrize(("payload", "state"), [(b"OPEN", "open"), (b"CLOSE", "closed")])
def test_functions_on_one_topic_are_told_apart(payload: bytes, state: str) -> None:
    """Two functions that send to one topic are told apart by what they send."""
    (report,) = StandIn(demo_devices()).take("home/garage/door/set", payload)
    assert report.payload == state


@pytest.mark.parametrize(
    ("topic", "payload", "report"),
    [
        ("lamp/set", b"1", Report("lamp", "lamp", "yes")),
        ("lamp/set", b"0", Report("lamp", "lamp", "no")),
        ("lamp/level/set", b"127", Report("lamp", "lamp/level", "127")),
    ],
)
def test_plain_device(topic: str, payload: bytes, report: Report) -> None:
    """A plain device reports in its own words."""
    assert StandIn([PLAIN]).take(topic, payload) == (report,)


@given(st.sampled_from([*StandIn([*demo_devices(), PLAIN]).topics, "else/where"]), st.binary(max_size=80))
def test_any_message_is_taken(topic: str, payload: bytes) -> None:
    """No message breaks a device."""
    StandIn([*demo_devices(), PLAIN]).take(topic, payload)


def test_what_is_known_before_anybody_asks() -> None:
    """Every device of a kind has reported; of others one that is left in one state by its last function."""
    house = demo_devices()
    reports = StandIn(house).beginning()
    assert Report("garage_door", "home/garage/door", "closed", 0.0) in reports
    of_kinds = {device.id for device in house if device.kind not in {None, Kind.SCENE}}
    assert {report.device for report in reports} == of_kinds | {"garage_door"}
