from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import JsonValue

from hubd.devices.catalog import Catalog
from hubd.devices.model import Device, Kind
from hubd.devices.queries import GET_STATE, Query
from hubd.events import Call
from hubd.offline.grammar import Grammar, Request, Understood
from hubd.offline.words import spoken
from hubd.requests import Refusal
from hubd.tools import Toolbox

EXAMPLES = Path(__file__).resolve().parents[2] / "config/examples/kinds.toml"
DEVICES = [Device.model_validate(table) for table in tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["device"]]
TOOLBOX = Toolbox(Catalog(DEVICES))
BELL = Device.model_validate(
    {"id": "bell", "name": "bell", "function": [{"name": "ring", "description": "Ring.", "publish": {"topic": "b"}}]}
)
LAMP = {"id": "lamp", "name": "lamp", "kind": "light", "dialect": "zigbee2mqtt", "topic": "z/lamp", "room": "hall"}


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        ({"device": "front door"}, ["front_door"]),
        ({"device": "Bathroom Window", "area": None}, ["bathroom_window"]),
        ({"sensor": "front door"}, ["front_door"]),
        ({"device": "bathroom window"}, ["bathroom_window"]),
        ({"device": "front door", "sensor": "bathroom window"}, ["front_door", "bathroom_window"]),
        ({"kind": "cover"}, ["kitchen_blinds", "awning"]),
        ({"kind": "window"}, ["bathroom_window"]),
        ({"area": "The KITCHEN"}, ["kitchen_blinds"]),
        ({"area": "kitchen", "kind": "cover"}, ["kitchen_blinds"]),
        ({}, [device.id for device in DEVICES]),
    ],
)
def test_a_question_is_about_these_devices(arguments: dict[str, JsonValue], ids: list[str]) -> None:
    """A device by any of its names, a room, a kind, both; with nothing named, all."""
    found = TOOLBOX.resolve(Call("1", GET_STATE, arguments))
    assert isinstance(found, Query)
    assert [device.id for device in found.devices] == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"device": "front gate"}, 'There is no device called "front gate"; there are: front door'),
        ({"area": "cellar"}, 'There is no room or floor called "cellar"; there are: bedroom, kitchen'),
        ({"kind": "oven"}, "Kind has to be one of light, switch, cover"),
        ({"area": "bedroom", "kind": "lock"}, "There is no such device: leave device, area, kind or state out."),
        ({"floor": 1}, 'There is no argument "floor", allowed are: device, sensor, area, kind, state.'),
        ({"device": 1}, "Device has to be a text"),
    ],
)
def test_a_question_about_nothing_is_refused(arguments: dict[str, JsonValue], message: str) -> None:
    """The refusal says what there is."""
    found = TOOLBOX.resolve(Call("1", GET_STATE, arguments))
    assert isinstance(found, Refusal)
    assert found.message.startswith(message.rstrip("."))


@pytest.mark.parametrize("only", [*DEVICES, BELL], ids=lambda device: device.id)
def test_one_device_is_a_house(only: Device) -> None:
    """Whatever a house lacks of rooms, kinds, states, one may ask about what is there; the rest is refused."""
    toolbox = Toolbox(Catalog([only]))
    assert toolbox.resolve(Call("1", GET_STATE, {"device": only.name})) == Query((only,))
    for lacking in ("area", "kind", "state"):
        assert isinstance(toolbox.resolve(Call("1", GET_STATE, {lacking: "none such"})), Refusal)


def test_no_name_is_declared_twice() -> None:
    """What another function names is free text here; sensors, and what has no kind, are listed."""
    toolbox = Toolbox(Catalog([*DEVICES, BELL]))
    asked = next(each.parameters for each in toolbox.declarations() if each.name == GET_STATE)
    assert asked is not None
    assert asked.properties["device"].enum == ()
    assert asked.properties["sensor"].enum == ("living room temperature", "bathroom window", "bell")
    sensors = [device for device in DEVICES if device.kind in {Kind.SENSOR, Kind.BINARY_SENSOR}]
    only = next(each.parameters for each in Toolbox(Catalog(sensors)).declarations() if each.name == GET_STATE)
    assert only is not None
    assert list(only.properties) == ["sensor", "kind", "state"]


def test_same_names_are_all_told() -> None:
    """A question does no harm: where two are called the same, both are told."""
    twin = Device.model_validate(LAMP | {"id": "other", "room": "attic", "topic": "z/other"})
    found = Toolbox(Catalog([Device.model_validate(LAMP), twin])).resolve(Call("1", GET_STATE, {"device": "lamp"}))
    assert isinstance(found, Query)
    assert len(found.devices) == 2


def test_a_state_chooses_among_what_can_be_so() -> None:
    """Asked what is on in a room, its thermostat is left out; a word for nothing that there is is refused."""
    found = TOOLBOX.resolve(Call("1", GET_STATE, {"state": "locked"}))
    assert isinstance(found, Query)
    assert {device.kind for device in found.devices} == {Kind.LOCK}
    refused = TOOLBOX.resolve(Call("1", GET_STATE, {"kind": "lock", "state": "on"}))
    assert isinstance(refused, Refusal)
    assert isinstance(TOOLBOX.resolve(Call("1", GET_STATE, {"state": "green"})), Refusal)


@pytest.mark.parametrize(
    ("sentence", "arguments"),
    [
        ("is the front door locked", {"device": "front door"}),
        ("what is the state of the kitchen blinds", {"device": "kitchen blinds"}),
        ("what's the living room temperature", {"sensor": "living room temperature"}),
        ("is the bathroom window open", {"sensor": "bathroom window"}),
    ],
)
def test_questions_are_understood_offline(sentence: str, arguments: dict[str, JsonValue]) -> None:
    """The grammar has them from the declaration alone."""
    meaning = Grammar(TOOLBOX.declarations()).meaning(spoken(sentence))
    assert meaning == Understood((Request(GET_STATE, arguments),))


def test_an_empty_house_is_not_asked_about() -> None:
    """Without devices there is no such function."""
    assert GET_STATE not in {each.name for each in Toolbox(Catalog([])).declarations()}
    assert isinstance(Toolbox(Catalog([])).resolve(Call("1", GET_STATE)), Refusal)
