"""Rows of the table of kinds by dialects: one property of a kind, as one dialect carries it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from hubd.devices.model import Device
from hubd.devices.vocabulary import DeviceClass, Dialect, Feature, Kind

# Where Zigbee2MQTT has what a binary sensor tells.
CLASS_KEYS: Final[Mapping[DeviceClass, str]] = {
    DeviceClass.DOOR: "contact",
    DeviceClass.WINDOW: "contact",
    DeviceClass.GARAGE_DOOR: "contact",
    DeviceClass.MOTION: "occupancy",
    DeviceClass.OCCUPANCY: "occupancy",
    DeviceClass.MOISTURE: "water_leak",
    DeviceClass.SMOKE: "smoke",
    DeviceClass.GAS: "gas",
    DeviceClass.VIBRATION: "vibration",
}

Translate = Callable[[Device, JsonValue], JsonValue]

_PLACEHOLDER = re.compile(r"\{([a-z_.]+)\}")


@dataclass(frozen=True, slots=True)
class Codec:
    """How a value is written, in a dialect.

    shown: for people. write: front value → device value. read: device value → front value, None if it is unknown.
    tolerance: how far a confirmed number may be from the wanted one, in the front's unit.
    """

    shown: str
    write: Translate
    read: Translate
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value stands: a topic, with the keys that lead to it inside a JSON object; the whole payload if none.

    Topic and keys may hold placeholders, see ``fill``; a spot whose topic can't be filled in is not there.
    """

    topic: str
    keys: tuple[str, ...] = ()

    def shown(self) -> str:
        """Return the spot for people: ``{topic}/set`` state."""
        return f"`{self.topic}` {'.'.join(self.keys)}".strip()


@dataclass(frozen=True, slots=True)
class Row:
    """One property. command: where it is set, None if it is only read. reports: where it is read, the best first."""

    name: str
    codec: Codec
    command: Spot | None
    reports: tuple[Spot, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind in one dialect.

    envelope: what stands around the values of a command that is a JSON object; texts may hold placeholders.
    """

    rows: tuple[Row, ...]
    envelope: Mapping[str, JsonValue] = field(default_factory=dict)


def fill(device: Device, pattern: str) -> str | None:
    """Return a pattern with its placeholders filled in from the device's options; None if one has nothing there."""
    values = {name: _option(device, name) for name in _PLACEHOLDER.findall(pattern)}
    if None in values.values():
        return None
    return _PLACEHOLDER.sub(lambda match: str(values[match[1]]), pattern)


def keys_of(device: Device, spot: Spot) -> tuple[str, ...] | None:
    """Return the keys that lead to the value inside a JSON object; None if one can't be filled in."""
    if spot.keys == ("{key?}",):
        return tuple(device.key.split(".")) if device.key else ()
    filled: list[str] = []
    for pattern in spot.keys:
        key = fill(device, pattern)
        if key is None:
            return None
        filled += key.split(".") if pattern == "{key}" else [key]
    return tuple(filled)


def _option(device: Device, name: str) -> str | None:
    """Return what a placeholder stands for."""
    match name.split("."):
        case [channel, "command_topic"]:
            return device.channel(channel).command_topic or _below(device, f"/{channel}/set")
        case [channel, "state_topic"]:
            return device.channel(channel).state_topic or _below(device, f"/{channel}")
        case _:
            return _OPTIONS[name](device)


def _below(device: Device, ending: str) -> str | None:
    """Return a topic below the device's own, as Home Assistant's users name them."""
    return f"{device.topic}{ending}" if device.dialect is Dialect.HOME_ASSISTANT and device.topic else None


def _tasmota(device: Device, prefix: str) -> str:
    """Return a full topic, by default prefix/topic."""
    topic = device.topic or ""
    return topic.replace("%prefix%", prefix) if "%prefix%" in topic else f"{prefix}/{topic}"


def _base(device: Device) -> str | None:
    """Return the topic of what speaks for the device: its bridge, or the node that it is part of."""
    parts = (device.topic or "").split("/")
    match device.dialect:
        case Dialect.ZIGBEE2MQTT:
            return parts[0]
        case Dialect.ESPHOME:
            return "/".join(parts[:-2]) or None
        case _:
            return None


def _component(device: Device) -> str:
    """Return what part of a Shelly the device is."""
    match device.kind:
        case Kind.LIGHT if device.can(Feature.COLOR):
            return "RGB"
        case Kind.LIGHT if device.can(Feature.COLOR_TEMPERATURE):
            return "CCT"
        case Kind.LIGHT:
            return "Light"
        case Kind.COVER:
            return "Cover"
        case _:
            return "Switch"


_OPTIONS: Final[Mapping[str, Callable[[Device], str | None]]] = {
    "topic": lambda device: device.topic,
    "base": _base,
    "command_topic": lambda device: device.command_topic or _below(device, "/set"),
    "state_topic": lambda device: device.state_topic or _below(device, ""),
    "cmnd": lambda device: _tasmota(device, "cmnd"),
    "stat": lambda device: _tasmota(device, "stat"),
    "tele": lambda device: _tasmota(device, "tele"),
    "endpoint": lambda device: device.endpoint or "",
    "_endpoint": lambda device: f"_{device.endpoint}" if device.endpoint else "",
    "first": lambda device: device.endpoint or "1",
    "zero": lambda device: device.endpoint or "0",
    "key": lambda device: device.key,
    "class_key": lambda device: device.key or (CLASS_KEYS[device.device_class] if device.device_class else None),
    "fan_state": lambda device: device.key or "state",
    "setpoint": lambda device: device.key or "current_heating_setpoint",
    "component": _component,
    "part": lambda device: _component(device).lower(),
    "source": lambda device: (device.key or "").partition(".")[0] or None,
    "rest": lambda device: (device.key or "").partition(".")[2] or None,
}
