from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.devices.model import Command, Device
from hubd.devices.render import COMMAND_EXPIRY, render
from hubd.devices.state import StateStore

LAMP = Device.model_validate(
    {"id": "lamp", "name": "lamp", "kind": "light", "dialect": "zigbee2mqtt", "topic": "zigbee2mqtt/lamp"}
)
PLUG = Device.model_validate(
    {"id": "plug", "name": "plug", "kind": "switch", "dialect": "zigbee2mqtt", "topic": "zigbee2mqtt/plug", "qos": 1}
)
DIMMER = Device.model_validate(
    {
        "id": "dimmer",
        "name": "dimmer",
        "kind": "light",
        "dialect": "plain",
        "command_topic": "dimmer/set",
        "state_topic": "dimmer/state",
        "payload_on": "1",
        "payload_off": "0",
        "state_on": "lit",
        "state_off": "dark",
        "brightness_command_topic": "dimmer/level/set",
        "brightness_state_topic": "dimmer/level",
        "brightness_scale": 99,
        "within": "500ms",
    }
)
THERMOSTAT = Device.model_validate(
    {
        "id": "thermostat",
        "name": "thermostat",
        "valid_for": "3s",
        "function": [
            {
                "name": "set_temperature",
                "description": "Set the temperature.",
                "parameters": {"degrees": {"type": "number"}},
                "publish": {"topic": "heating/set", "payload": "{{ degrees }}"},
                "expect": {"topic": "heating", "payload": "{{ degrees }}"},
            }
        ],
    }
)


def sent(device: Device, **settings: JsonValue) -> list[tuple[str, str]]:
    """Return topic and payload of what a kind's command sends."""
    order = render(Command(device, "set", settings))
    return [(publish.topic, publish.payload.decode()) for publish in order.publishes]


@pytest.mark.parametrize(
    ("device", "settings", "messages"),
    [
        (LAMP, {"on": True}, [("zigbee2mqtt/lamp/set", '{"state":"ON"}')]),
        (LAMP, {"on": False}, [("zigbee2mqtt/lamp/set", '{"state":"OFF"}')]),
        (LAMP, {"on": True, "brightness": 30}, [("zigbee2mqtt/lamp/set", '{"state":"ON","brightness":76}')]),
        (LAMP, {"on": True, "brightness": 100}, [("zigbee2mqtt/lamp/set", '{"state":"ON","brightness":254}')]),
        (PLUG, {"on": True}, [("zigbee2mqtt/plug/set", '{"state":"ON"}')]),
        (DIMMER, {"on": False}, [("dimmer/set", "0")]),
        (DIMMER, {"on": True, "brightness": 50}, [("dimmer/level/set", "50"), ("dimmer/set", "1")]),
    ],
)
def test_a_command_in_each_dialect(
    device: Device, settings: dict[str, JsonValue], messages: list[tuple[str, str]]
) -> None:
    """Percent become the device's scale, and what belongs together is one message where the dialect has one."""
    assert sent(device, **settings) == messages


@given(st.integers(1, 100), st.sampled_from([1, 99, 100, 254, 255, 65535]))
def test_a_little_light_is_never_none(percent: int, scale: int) -> None:
    """Any brightness above 0 is a level from 1 to the scale."""
    table = DIMMER.model_dump(exclude_unset=True, by_alias=True) | {"brightness_scale": scale}
    (_, level), _ = sent(Device.model_validate(table), on=True, brightness=percent)
    assert 1 <= int(level) <= scale


@given(st.integers(1, 100))
def test_the_echo_of_a_level_confirms_it(percent: int) -> None:
    """A lamp that reports the very level it was sent has confirmed it; 5 percent off it has not."""
    order = render(Command(LAMP, "set_light", {"on": True, "brightness": percent}))
    states = StateStore([LAMP])
    states.receive("zigbee2mqtt/lamp", order.publishes[0].payload, 0.0)
    assert order.expectation is not None
    assert order.expectation.met_by(states.since("lamp", 0, order.expectation.scope))
    level = json.loads(order.publishes[0].payload)["brightness"] + 13
    states.receive("zigbee2mqtt/lamp", json.dumps({"brightness": level}).encode(), 0.0)
    assert not order.expectation.met_by(states.since("lamp", 0, order.expectation.scope))


def test_no_command_is_ever_retained() -> None:
    """Commands and polls are unretained, expire, and have the configured quality of service."""
    for device in (LAMP, PLUG, DIMMER):
        order = render(Command(device, "set", {"on": True}))
        for publish in (*order.publishes, *filter(None, [order.poll])):
            assert not publish.retain
            assert publish.expiry == COMMAND_EXPIRY
            assert publish.qos == device.qos


def test_waiting_is_the_dialects_unless_the_device_says_otherwise() -> None:
    """Zigbee has 4 s, plain 2 s, and a device its own within and valid_for."""
    assert render(Command(LAMP, "set", {"on": True})).within == 4.0
    assert render(Command(DIMMER, "set", {"on": True})).within == 0.5
    function = render(Command(THERMOSTAT, "set_temperature", {"degrees": 21.5}, THERMOSTAT.functions[0]))
    assert (function.within, function.valid_for) == (2.0, 3.0)


def test_a_function_expects_what_its_arguments_say() -> None:
    """A template in expect is rendered like one in the payload, and a number may come back as text."""
    order = render(Command(THERMOSTAT, "set_temperature", {"degrees": 21.0}, THERMOSTAT.functions[0]))
    states = StateStore([THERMOSTAT])
    assert order.expectation is not None
    assert order.publishes[0].payload == b"21.0"
    for report, met in ((b"20", False), (b"21.0", True), (b" 21\n", True)):
        states.receive("heating", report, 0.0)
        assert order.expectation.met_by(states.since("thermostat", 0, "heating")) is met


def test_a_device_that_does_not_report_is_not_waited_for() -> None:
    """reports_state = false, or no state topic, means that sent is done."""
    silent = LAMP.model_copy(update={"reports_state": False})
    assert render(Command(silent, "set", {"on": True})).expectation is None
    switch = Device.model_validate(
        {"id": "a", "name": "a", "kind": "switch", "dialect": "plain", "command_topic": "a/set"}
    )
    assert render(Command(switch, "set", {"on": True})).expectation is None
