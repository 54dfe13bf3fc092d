from __future__ import annotations

import pytest
from pydantic import JsonValue

from hubd.demo.house import demo_devices
from hubd.demo.pretender import Pretender
from hubd.demo.stand_in import Report, StandIn
from hubd.devices.model import Command, Device, Kind
from hubd.devices.render import render
from hubd.devices.state import StateStore

HOUSE = {device.id: device for device in demo_devices()}
EXAMPLES = [
    Device.model_validate({"name": each["id"], **each})
    for each in (
        {"id": "shutter", "kind": "cover", "dialect": "tasmota", "topic": "shutter"},
        {"id": "window", "kind": "cover", "dialect": "shelly", "topic": "shelly-window"},
        {"id": "tap", "kind": "valve", "dialect": "esphome", "topic": "node/valve/tap", "features": ["position"]},
        {"id": "spot", "kind": "light", "dialect": "home-assistant", "topic": "spot"},
        {"id": "heat", "kind": "climate", "dialect": "plain", "command_topic": "h/set", "state_topic": "h"},
    )
]


def told(house: StandIn, states: StateStore, command: Command) -> tuple[Report, ...]:
    """Let a house take a command, and the states what it reports then; return the reports."""
    reports = [report for publish in render(command).publishes for report in house.take(publish.topic, publish.payload)]
    for report in sorted(reports, key=lambda each: each.after):
        states.receive(report.topic, report.payload.encode(), now=1.0)
    return tuple(reports)


@pytest.mark.parametrize(
    ("device", "settings"),
    [
        (HOUSE["bedroom_lamp"], {"on": True, "brightness": 30}),
        (HOUSE["bedroom_lamp"], {"on": True, "color": "red"}),
        (HOUSE["hallway_light"], {"on": True, "brightness": 50}),
        (HOUSE["christmas_tree"], {"on": True}),
        (HOUSE["bedroom_blinds"], {"action": "open"}),
        (HOUSE["bedroom_blinds"], {"position": 40}),
        (HOUSE["awning"], {"action": "open"}),
        (HOUSE["awning"], {"action": "close"}),
        (HOUSE["front_door"], {"action": "unlock"}),
        (HOUSE["bedroom_heating"], {"temperature": 22.5}),
        (HOUSE["bedroom_heating"], {"mode": "heat"}),
        (HOUSE["ceiling_fan"], {"on": True, "speed": 100}),
        (HOUSE["radio"], {"action": "play"}),
        (HOUSE["radio"], {"volume": 60}),
        (HOUSE["robot"], {"action": "start"}),
        (HOUSE["robot"], {"action": "return"}),
        (HOUSE["house_alarm"], {"action": "arm night"}),
        (HOUSE["sprinkler"], {"action": "open"}),
        (HOUSE["garden_lights"], {"on": True}),
        (EXAMPLES[0], {"action": "open"}),
        (EXAMPLES[1], {"action": "close"}),
        (EXAMPLES[2], {"position": 30}),
        (EXAMPLES[3], {"on": True, "brightness": 20}),
        (EXAMPLES[4], {"temperature": 19}),
    ],
    ids=lambda each: each.id if isinstance(each, Device) else str(each),
)
def test_a_device_does_what_it_is_told(device: Device, settings: dict[str, JsonValue]) -> None:
    """Its report is what the hub waits for, in each dialect."""
    states = StateStore([device])
    command = Command(device, "set", settings)
    expectation = render(command).expectation
    assert told(StandIn([device]), states, command)
    assert expectation is not None
    assert expectation.met_by(states.known(device.id, expectation.scope))


@pytest.mark.parametrize("device", [each for each in HOUSE.values() if each.kind is not None], ids=lambda each: each.id)
def test_everything_is_known_from_the_start(device: Device) -> None:
    """A device of a kind has said how it is; a scene has nothing to say."""
    states = StateStore([device])
    for report in StandIn([device]).beginning():
        states.receive(report.topic, report.payload.encode(), now=0.0)
    assert (states.reading(device.id) is None) is (device.kind is Kind.SCENE)


def test_every_kind_is_at_home() -> None:
    """The demo house has a device of each kind, and three that are spelled out."""
    assert {device.kind for device in HOUSE.values()} == {*Kind, None}


def test_what_has_a_motor_is_on_its_way_first() -> None:
    """Blinds say that they are opening, and later that they are open."""
    device = HOUSE["awning"]
    reports = told(StandIn([device]), StateStore([device]), Command(device, "set", {"action": "open"}))
    states = [(report.after, report.payload) for report in reports if report.topic == "home/awning"]
    assert [payload for _, payload in sorted(states)] == ["opening", "open"]


def test_a_state_can_be_given() -> None:
    """What is otherwise than usual is told so, in the device's own words: an open window has no contact."""
    house = StandIn([HOUSE["bedroom_window"]], {"bedroom_window": {"on": True}})
    assert [report.payload for report in house.beginning()] == ['{"contact":false}']


def test_only_a_kind_can_be_played() -> None:
    """A device that is spelled out says itself what it reports."""
    with pytest.raises(ValueError, match="garage_door is of no kind"):
        Pretender(HOUSE["garage_door"], {})
