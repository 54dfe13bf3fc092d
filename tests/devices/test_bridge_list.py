"""Zigbee2MQTT's lists."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices import bridge_list
from hubd.devices.announced import BrokenError
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device, Kind


def exposes(kind: str, *names: str, **more: Any) -> dict[str, Any]:
    """Return what a device says it can do."""
    features = [{"name": name, "property": name, "access": 7} for name in names]
    return {"type": kind, "features": features, **more}


def read(*exposed: dict[str, Any], **more: Any) -> list[Device]:
    """Return what one device of the list is."""
    item = {"ieee_address": "0x01", "friendly_name": "thing", "definition": {"exposes": list(exposed)}, **more}
    return [listed.device for listed in bridge_list.devices("zigbee2mqtt", json.dumps([item]).encode())]


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
    """A group is switched, its report is no proof; its scenes are called up by number."""
    groups = [
        {"id": 9, "friendly_name": "hall", "scenes": [{"id": 4, "name": "Evening"}]},
        {"id": 901, "friendly_name": "default_bind_group"},
    ]
    group, scene = (each.device for each in bridge_list.groups("z", json.dumps(groups).encode()))
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
            assert isinstance(reader("z", payload), tuple)
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
