"""Tasmota's own discovery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hubd.devices import native_tasmota
from hubd.devices.announced import Announcement, BrokenError, Gone
from hubd.devices.announced_devices import device_of
from hubd.devices.discovered import DiscoveredDevice

TOPIC = "tasmota/discovery/00000049A3BC/config"
MESSAGE = {"t": "plug", "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"], "fn": ["Pump", None], "dn": "Garden"}


def devices(**more: Any) -> list[DiscoveredDevice]:
    """Return what a message brings."""
    found = native_tasmota.read(TOPIC, json.dumps(MESSAGE | more).encode())
    assert isinstance(found, Announcement)
    assert found.problems == ()
    made = [device_of(entity) for entity in found.entities]
    assert all(isinstance(each, DiscoveredDevice) for each in made)
    return [each for each in made if isinstance(each, DiscoveredDevice)]


def test_relays() -> None:
    """Each relay is a switch with the name that it was given, else the device's; POWER and POWER1 are understood."""
    first, second = devices(rl=[1, 1, 0], state=["OFF", "ON", "TOGGLE", "HOLD"])
    assert (first.name, second.name) == ("Pump", "Garden")
    assert [(each.topic, each.payload) for each in first.messages({"on": True})] == [("cmnd/plug/POWER1", "ON")]
    report = next(source for source in first.speech.sources if source.topic == "stat/plug/RESULT")
    assert report.read(b'{"POWER":"ON"}') == report.read(b'{"POWER1":"ON"}') == {"on": True}
    assert report.read(b'{"Dimmer":3}') == {}


def test_a_light_with_colours() -> None:
    """A light is one device, whatever channels it has."""
    (light,) = devices(rl=[2, 2, 2], lt_st=5)
    assert light.speech.features == {"brightness", "color", "color_temperature"}
    assert [(each.topic, each.payload) for each in light.messages({"on": True, "brightness": 40})] == [
        ("cmnd/plug/Dimmer", "40"),
        ("cmnd/plug/POWER1", "ON"),
    ]


def test_a_shutter() -> None:
    """Two relays are one shutter."""
    (shutter,) = devices(rl=[3, 3])
    assert [(each.topic, each.payload) for each in shutter.messages({"action": "open"})] == [
        ("cmnd/plug/Backlog", "ShutterOpen1")
    ]
    report = next(source for source in shutter.speech.sources if source.topic == "stat/plug/RESULT")
    assert report.read(b'{"Shutter1":{"Position":0}}') == {"position": 0, "state": "closed"}


def test_a_fan_with_a_lamp() -> None:
    """Of its four relays the first is the lamp, the others are the fan's three speeds."""
    fan, lamp = devices(**{"rl": [1, 1, 1, 1], "if": 1})
    assert [(each.kind, each.name) for each in (fan, lamp)] == [("fan", "Garden"), ("switch", "Pump")]
    sent = [fan.messages(settings) for settings in ({"on": True}, {"on": False}, {"on": True, "speed": 100})]
    assert [[(each.topic, each.payload) for each in messages] for messages in sent] == [
        [("cmnd/plug/FanSpeed", payload)] for payload in ("2", "0", "3")
    ]
    known: dict[str, object] = {}
    for source in fan.speech.sources:
        if source.topic == "stat/plug/RESULT":
            known |= source.read(b'{"FanSpeed":3}')
    assert known == {"on": True, "speed": 100.0}


def test_a_removal() -> None:
    """An empty message takes the device back."""
    assert native_tasmota.read(TOPIC, b"") == Gone()


@pytest.mark.parametrize("more", [{"t": None}, {"tp": ["cmnd"]}, {"ft": 3}, {"tp": [1, 2, 3]}])
def test_what_is_missing(more: dict[str, Any]) -> None:
    """Without topics there is nothing to send to."""
    with pytest.raises(BrokenError):
        native_tasmota.read(TOPIC, json.dumps(MESSAGE | {"rl": [1]} | more).encode())
