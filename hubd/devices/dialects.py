"""How devices are spoken to over MQTT: the messages, reports, availability of each kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from hubd.devices import bridged, topical
from hubd.devices.cells import Cell, Row, Spot, fill, keys_of
from hubd.devices.discovered import DiscoveredDevice
from hubd.devices.expectations import AVAILABILITY, Source, Want
from hubd.devices.model import Device, Dialect, Kind
from hubd.devices.payloads import object_in, text_in
from hubd.devices.settling import Arguments, confirmations
from hubd.devices.vocabulary import Feature, Property

# ``mqtt-devices.md`` 1, availability, echo, latency; s.
_ZIGBEE_WITHIN: Final = 4.0
_WIFI_WITHIN: Final = 2.0
_WITHIN: Final[Mapping[Kind, float]] = {
    Kind.COVER: 90.0,
    Kind.LOCK: 15.0,
    Kind.CLIMATE: 30.0,
    Kind.VACUUM: 30.0,
    Kind.ALARM: 120.0,
    Kind.VALVE: 30.0,
}

CELLS: Final[Mapping[Dialect, Mapping[Kind, Cell]]] = {
    Dialect.ZIGBEE2MQTT: bridged.ZIGBEE2MQTT,
    Dialect.TASMOTA: bridged.TASMOTA,
    Dialect.ESPHOME: topical.ESPHOME,
    Dialect.HOME_ASSISTANT: topical.HOME_ASSISTANT,
    Dialect.SHELLY: topical.SHELLY,
    Dialect.PLAIN: topical.PLAIN,
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a dialect sends: an object is sent as JSON, text as it is."""

    topic: str
    payload: JsonValue


@dataclass(frozen=True, slots=True)
class Presence:
    """Where a device says that it can be reached, in these words; a payload may be JSON with the word under "state"."""

    topic: str
    available: str
    unavailable: str


PRESENCE: Final[Mapping[Dialect, tuple[Presence, ...]]] = {
    Dialect.ZIGBEE2MQTT: (
        Presence("{base}/bridge/state", "online", "offline"),
        Presence("{topic}/availability", "online", "offline"),
    ),
    Dialect.TASMOTA: (Presence("{tele}/LWT", "Online", "Offline"),),
    Dialect.ESPHOME: (Presence("{base}/status", "online", "offline"),),
    Dialect.HOME_ASSISTANT: (),
    Dialect.SHELLY: (Presence("{topic}/online", "true", "false"),),
    Dialect.PLAIN: (),
}


def compose(device: Device, settings: Arguments) -> tuple[Message, ...]:
    """Return the messages that set a device of a kind; settings: front values by property.

    What one topic takes as JSON is one message: of two quick ones a lamp loses the level (Koenkk/zigbee2mqtt#13277).
    On or off comes last, as with Home Assistant (``on_command_type``).
    """
    if isinstance(device, DiscoveredDevice):
        return tuple(Message(each.topic, each.payload) for each in device.messages(settings))
    cell = _cell(device)
    if cell is None:
        return ()
    payloads: dict[str, JsonValue] = {}
    for row in sorted(cell.rows, key=lambda row: row.name == Property.ON and not _is_json(row)):
        topic, keys = _place(device, row.command)
        if row.name not in settings or topic is None or keys is None:
            continue
        value = row.codec.write(device, settings[row.name])
        if not keys:
            # Of two properties on one topic the first says it all, as a fan's speed does.
            payloads.setdefault(topic, value)
        elif isinstance(table := payloads.setdefault(topic, _filled_in(device, dict(cell.envelope))), dict):
            _put(table, keys, value)
    return tuple(Message(topic, payload) for topic, payload in payloads.items())


def wants(device: Device, settings: Arguments) -> tuple[Want, ...]:
    """Return what the device has to report to confirm the settings; empty if it can't."""
    if isinstance(device, DiscoveredDevice):
        confirms = device.speech.confirms if device.reports_state else {}
        wanted = confirmations(device, settings, confirms.keys()).items()
        return tuple(Want(name, each[0], confirms[name], each[1:]) for name, each in wanted if name in confirms)
    cell = _cell(device)
    if cell is None or not device.reports_state:
        return ()
    rows = {row.name: row for row in cell.rows if any(_readable(device, row))}
    return tuple(
        Want(name, _as_reported(device, rows[name], values[0]), rows[name].codec.tolerance, values[1:])
        for name, values in confirmations(device, settings, rows.keys()).items()
        if name in rows
    )


def sources(device: Device) -> tuple[Source, ...]:
    """Return where the device reports its kind's properties, whether it can be reached; values in the front's units."""
    if isinstance(device, DiscoveredDevice):
        return device.speech.sources
    return (*_reports(device), *_presences(device))


def poll(device: Device) -> Message | None:
    """Return the message that makes the device report, if it has one."""
    cell = _cell(device)
    if cell is None or not any(row.reports for row in cell.rows):
        return None
    match device.dialect:
        case Dialect.ZIGBEE2MQTT:
            read = next((row.command for row in cell.rows if row.command is not None), None)
            keys = keys_of(device, read) if read is not None else None
            return Message(f"{device.topic}/get", {keys[0]: ""}) if keys else None
        case Dialect.TASMOTA:
            command = "{cmnd}/ShutterPosition{first}" if device.kind is Kind.COVER else "{cmnd}/STATE"
            return Message(fill(device, command) or "", "")
        case Dialect.SHELLY if device.kind in {Kind.LIGHT, Kind.SWITCH, Kind.COVER, Kind.VALVE}:
            call = {**topical.SHELLY_CALL, "method": "{component}.GetStatus"}
            return Message(f"{device.topic}/rpc", _filled_in(device, call))
        case _:
            return None


def command_topics(device: Device) -> frozenset[str]:
    """Return every topic on which the device is told, or asked, something; functions spelled out included."""
    spelled_out = {function.publish.topic for function in device.functions}
    if isinstance(device, DiscoveredDevice):
        return device.speech.command_topics | spelled_out
    cell, asking = _cell(device), poll(device)
    places = [_place(device, row.command)[0] for row in cell.rows] if cell is not None else []
    return frozenset({*filter(None, places), *spelled_out, *([asking.topic] if asking is not None else [])})


def within(device: Device) -> float:
    """Return how long to wait for the device's report, s."""
    if device.within is not None:
        return device.within
    usual = _ZIGBEE_WITHIN if device.dialect is Dialect.ZIGBEE2MQTT else _WIFI_WITHIN
    return max(usual, _WITHIN.get(device.kind, 0.0)) if device.kind is not None else usual


def _cell(device: Device) -> Cell | None:
    return CELLS[device.dialect].get(device.kind) if device.dialect is not None and device.kind is not None else None


def _is_json(row: Row) -> bool:
    return row.command is not None and bool(row.command.keys)


def _place(device: Device, spot: Spot | None) -> tuple[str | None, tuple[str, ...] | None]:
    """Return topic and keys of a spot; None for what the device does not have."""
    return (None, None) if spot is None else (fill(device, spot.topic), keys_of(device, spot))


def _filled_in(device: Device, value: JsonValue) -> JsonValue:
    """Return a copy with the placeholders in texts filled in; a number alone is a number."""
    match value:
        case dict():
            return {key: _filled_in(device, item) for key, item in value.items()}
        case str():
            text = fill(device, value) or ""
            return int(text) if text.isdecimal() else text
        case _:
            return value


def _put(table: dict[str, JsonValue], keys: tuple[str, ...], value: JsonValue) -> None:
    """Put a value into an object, at the end of the keys."""
    for key in keys[:-1]:
        inner = table.setdefault(key, {})
        if isinstance(inner, dict):
            table = inner
    table[keys[-1]] = value


def _as_reported(device: Device, row: Row, value: JsonValue) -> JsonValue:
    """Return the front value that comes back: a fan of three speeds that is set to 40 percent reports 33."""
    if row.command is None or isinstance(value, bool) or not isinstance(value, int | float):
        return value
    returned = row.codec.read(device, row.codec.write(device, value))
    return value if returned is None else returned


def _readable(device: Device, row: Row) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield topic and keys of the spots that the device has."""
    if row.name in set(Feature) and not device.can(row.name) and device.channel(row.name).state_topic is None:
        return
    for spot in row.reports:
        topic, keys = _place(device, spot)
        if topic is not None and keys is not None:
            yield topic, keys


def _reports(device: Device) -> Iterator[Source]:
    """Yield one source for each topic on which the kind's properties are reported."""
    cell = _cell(device)
    places: dict[str, dict[Row, list[tuple[str, ...]]]] = {}
    for row in cell.rows if cell is not None else ():
        for topic, keys in _readable(device, row):
            places.setdefault(topic, {}).setdefault(row, []).append(keys)
    for topic, rows in places.items():
        yield Source(topic, _reader(device, rows))


def _reader(device: Device, rows: Mapping[Row, list[tuple[str, ...]]]) -> Callable[[bytes], Mapping[str, JsonValue]]:
    """Return how one topic's payload is read: of each property the best place that is there."""

    def read(payload: bytes) -> dict[str, JsonValue]:
        members = object_in(payload)
        text = text_in(payload)
        values: dict[str, JsonValue] = {}
        for row, places in rows.items():
            for keys in places:
                found, value = (text is not None, text) if not keys else _look_up(members, keys)
                if found:
                    values[row.name] = row.codec.read(device, value)
                    break
        return values

    return read


def _look_up(members: JsonValue, keys: tuple[str, ...]) -> tuple[bool, JsonValue]:
    """Return whether the keys lead to a value, and the value."""
    for key in keys:
        if not isinstance(members, dict) or key not in members:
            return False, None
        members = members[key]
    return True, members


def _presences(device: Device) -> Iterator[Source]:
    """Yield where the device says whether it can be reached."""
    if device.availability_topic is not None:
        places: tuple[Presence, ...] = (
            Presence(device.availability_topic, device.payload_available, device.payload_not_available),
        )
    else:
        places = PRESENCE[device.dialect] if device.dialect is not None else ()
    for place in places:
        if (topic := fill(device, place.topic)) is not None:
            yield Source(topic, _presence_reader(topic, place), AVAILABILITY)


def _presence_reader(topic: str, place: Presence) -> Callable[[bytes], Mapping[str, JsonValue]]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        _, word = _look_up(object_in(payload), ("state",))
        told = word if isinstance(word, str) else text_in(payload)
        return {topic: {place.available: True, place.unavailable: False}.get(told)} if told is not None else {}

    return read
