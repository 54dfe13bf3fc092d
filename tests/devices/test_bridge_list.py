"""Zigbee2MQTT's lists."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices import bridge_list, dialects
from hubd.devices.announced import BrokenError
from hubd.devices.bridge_list import Listing
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device, Kind


def exposes(kind: str, *names: str, **more: Any) -> dict[str, Any]:
    """Return what a device says it can do."""
    features = [{"name": name, "property": name, "access": 7} for name in names]
    return {"type": kind, "features": features, **more}


def read(*exposed: dict[str, Any], **more: Any) -> list[Device]:
    """Return what one device of the list is."""
    item = {"ieee_address": "0x01", "friendly_name": "thing", "definition": {"exposes": list(exposed)}, **more}
    return [listed.device for listed in bridge_list.devices("zigbee2mqtt", json.dumps([item]).encode()).listed]


def test_a_lamp_with_all_that_it_can() -> None:
    """Dimming, colours, whites in kelvin come from what it exposes."""
    lamp = exposes("light", "state", "brightness", "color_xy")
    lamp["features"].append({"name": "color_temp", "access": 7, "value_min": 250, "value_max": 454})
    (device,) = read(lamp)
    assert (device.kind, device.topic, device.name) == (Kind.LIGHT, "zigbee2mqtt/thing", "thing")
    assert {feature for feature in ("brightness", "color", "color_temperature", "effect") if device.can(feature)} == {
        "brightness",
        "color",
        "color_temperature",
    }
    assert (device.minimum, device.maximum) == (2203, 4000)


def test_a_lamp_that_only_switches() -> None:
    """What it does not expose is not offered."""
    (device,) = read(exposes("light", "state"))
    assert not device.can("brightness")


def test_several_relays_have_names_and_ids_of_their_own() -> None:
    """Each endpoint is a device."""
    left, right = read(exposes("switch", "state", endpoint="left"), exposes("switch", "state", endpoint="right"))
    assert (left.name, right.name) == ("thing left", "thing right")
    assert (left.endpoint, right.endpoint) == ("left", "right")
    assert left.id != right.id


def test_sensors() -> None:
    """What is measured, what is told, in words; what only technicians want is left out."""
    found = read(
        {"type": "numeric", "name": "temperature", "property": "temperature", "unit": "°C", "access": 1},
        {"type": "numeric", "name": "humidity", "property": "humidity", "unit": "%", "access": 1},
        {"type": "numeric", "name": "linkquality", "property": "linkquality", "access": 1},
        {"type": "numeric", "name": "power", "property": "power", "category": "diagnostic", "access": 1},
        {"type": "binary", "name": "water_leak", "property": "water_leak", "access": 1},
    )
    assert [(device.kind, device.name, device.unit) for device in found] == [
        (Kind.SENSOR, "thing temperature", "°C"),
        (Kind.SENSOR, "thing humidity", "percent"),
        (Kind.BINARY_SENSOR, "thing water leak", None),
    ]


@pytest.mark.parametrize("more", [{"disabled": True}, {"definition": None}, {"friendly_name": "a\nb"}])
def test_what_is_not_there_for_the_voice(more: dict[str, Any]) -> None:
    """Disabled devices, unknown ones, hostile names are no devices."""
    assert read(exposes("switch", "state"), **more) == []


def test_groups_with_scenes() -> None:
    """A group is switched, its report is no proof; its scenes are called up by number, those that have a name."""
    groups = [
        {"id": 9, "friendly_name": "hall", "scenes": [{"id": 4, "name": "Evening"}, {"id": 5, "name": " "}]},
        {"id": 901, "friendly_name": "default_bind_group"},
    ]
    group, scene = (each.device for each in bridge_list.groups("z", json.dumps(groups).encode()).listed)
    assert (group.kind, group.topic, group.reports_state) == (Kind.GROUP, "z/hall", False)
    assert (scene.kind, scene.name, scene.scene) == (Kind.SCENE, "hall evening", 4)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["light", "state", "numeric"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["definition", "exposes", "friendly_name", "features", "type", "name", "scenes", "id", "access"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_never_raises_anything_else(message: object) -> None:
    """Whatever the list holds: devices, or one error."""
    payload = json.dumps(message).encode()
    for reader in (bridge_list.devices, bridge_list.groups):
        try:
            assert isinstance(reader("z", payload), Listing)
        except BrokenError:
            assert not isinstance(message, list)


def test_a_thermostat() -> None:
    """Its range, its modes, the setpoint that it heats to come from what it exposes."""
    features = [
        {"name": "occupied_heating_setpoint", "property": "occupied_heating_setpoint", "access": 7}
        | {"value_min": 7, "value_max": 30},
        {"name": "system_mode", "property": "system_mode", "access": 7, "values": ["off", "heat"]},
        {"name": "local_temperature", "property": "local_temperature", "access": 5},
    ]
    (device,) = read({"type": "climate", "features": features})
    assert (device.kind, device.minimum, device.maximum) == (Kind.CLIMATE, 7, 30)
    assert (device.modes, device.key, device.can("mode")) == (("off", "heat"), "occupied_heating_setpoint", True)


def test_a_thermostat_is_set_to_what_counts_at_home() -> None:
    """Of several setpoints not the one for an empty house; without any for heating that for cooling."""
    at_home, away, cooling = (
        f"{name}_setpoint" for name in ("occupied_heating", "unoccupied_heating", "occupied_cooling")
    )
    assert [each.key for each in read(exposes("climate", at_home, away, "system_mode"))] == [at_home]
    assert [each.key for each in read(exposes("climate", cooling, "system_mode"))] == [cooling]


@pytest.mark.parametrize(
    ("kind", "setting"),
    [("lock", "child_lock"), ("switch", "window_detection"), ("switch", "away_mode"), ("switch", "valve_detection")],
)
def test_a_setting_is_no_device(kind: str, setting: str) -> None:
    """Zigbee2MQTT has the same form for a child lock as for a lock: what is switched tells them apart."""
    named = {"name": "state", "property": setting, "access": 7}
    assert read({"type": kind, "features": [named]}) == []


def test_a_fan_is_switched_by_what_it_exposes() -> None:
    """It is fan_state or state; a speed needs the three steps."""
    state = {"name": "state", "property": "fan_state", "access": 7, "values": ["ON", "OFF"]}
    mode = {"name": "mode", "property": "fan_mode", "access": 7, "values": ["off", "low", "medium", "high", "auto"]}
    (fan,) = read({"type": "fan", "features": [state, mode]})
    assert [message.payload for message in dialects.compose(fan, {"on": True})] == [{"fan_state": "ON"}]
    assert [message.payload for message in dialects.compose(fan, {"on": True, "speed": 100})] == [
        {"fan_state": "ON", "fan_mode": "high"}
    ]
    (simple,) = read({"type": "fan", "features": [{**state, "property": "state"}, {**mode, "values": ["off", "on"]}]})
    assert [message.payload for message in dialects.compose(simple, {"on": False})] == [{"state": "OFF"}]
    assert not simple.can("speed")


def test_presence_is_read_where_it_is_reported() -> None:
    """Two properties may tell the same: each is read under its own name."""
    (sensor,) = read({"type": "binary", "name": "presence", "property": "presence", "access": 1})
    (source,) = (each for each in dialects.sources(sensor) if each.topic == "zigbee2mqtt/thing")
    assert source.read(b'{"presence": true}') == {"on": True}


def test_a_name_that_can_not_be_used_is_told() -> None:
    """It is a problem of the list's topic, until the list comes without it."""
    item = {"ieee_address": "0x01", "friendly_name": "a\nb", "definition": {"exposes": [exposes("switch", "state")]}}
    discovery, topic = Discovery(Rules()), "zigbee2mqtt/bridge/devices"
    discovery.receive(topic, json.dumps([item]).encode())
    assert [(each.topic, each.text.partition(":")[0]) for each in discovery.problems] == [(topic, "a")]
    discovery.receive(topic, json.dumps([item | {"friendly_name": "b"}]).encode())
    assert discovery.problems == ()


def test_a_device_comes_goes_is_renamed() -> None:
    """A new list is the whole list; who is renamed keeps the id, what is known is asked at its new topic."""
    item = {"ieee_address": "0x02", "friendly_name": "plug", "definition": {"exposes": [exposes("switch", "state")]}}
    discovery, topic = Discovery(Rules()), "zigbee2mqtt/bridge/devices"
    assert discovery.receive(topic, json.dumps([item]).encode())
    (before,) = discovery.house(()).devices
    assert discovery.receive(topic, json.dumps([item | {"friendly_name": "Küche/Stecker"}]).encode())
    (after,) = discovery.house(()).devices
    assert (after.id, after.name, after.topic) == (before.id, "Küche Stecker", "zigbee2mqtt/Küche/Stecker")
    assert discovery.receive(topic, b"[]")
    assert discovery.house(()).devices == ()


def test_a_lock_asks_a_person_first() -> None:
    """It is offered, with a confirmation."""
    (lock,) = read(exposes("lock", "state"))
    assert (lock.kind, lock.name, lock.confirm) == (Kind.LOCK, "thing", True)


def test_a_thermostat_has_its_own_name() -> None:
    """The property that sets it is no part of what it is called."""
    (thermostat,) = read(exposes("climate", "occupied_heating_setpoint", "system_mode"))
    assert (thermostat.name, thermostat.key) == ("thing", "occupied_heating_setpoint")


@pytest.mark.parametrize(("given", "names"), [({}, []), ({"name": "hall lamp"}, ["hall lamp"])])
def test_a_device_that_has_only_an_address(given: dict[str, object], names: list[str]) -> None:
    """It is offered once somebody has named it."""
    address = "0x00158d0001020304"
    item = {"ieee_address": address, "friendly_name": address, "definition": {"exposes": [exposes("switch", "state")]}}
    discovery = Discovery(Rules(given={address: given}))
    discovery.receive("zigbee2mqtt/bridge/devices", json.dumps([item]).encode())
    assert [device.name for device in discovery.house(()).devices] == names
