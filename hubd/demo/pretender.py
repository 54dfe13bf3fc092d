"""One device of a kind, as it takes commands in its dialect."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import codecs, colors, dialects
from hubd.devices.cells import Row, fill, keys_of
from hubd.devices.model import Device, Kind
from hubd.devices.offers import ACTIONS
from hubd.devices.settling import confirmations
from hubd.devices.templates import text_of
from hubd.devices.vocabulary import Property

State = dict[str, JsonValue]

_USUAL: Final[Mapping[Kind, State]] = {
    **{kind: {Property.ON: False} for kind in (Kind.LIGHT, Kind.SWITCH, Kind.FAN, Kind.GROUP, Kind.BINARY_SENSOR)},
    Kind.COVER: {Property.STATE: "closed", Property.POSITION: 0},
    Kind.VALVE: {Property.STATE: "closed", Property.POSITION: 0},
    Kind.LOCK: {Property.STATE: "locked"},
    Kind.CLIMATE: {Property.TEMPERATURE: 20, Property.CURRENT_TEMPERATURE: 20.5},
    Kind.MEDIA_PLAYER: {Property.STATE: "paused", Property.VOLUME: 30},
    Kind.VACUUM: {Property.STATE: "docked"},
    Kind.ALARM: {Property.STATE: "disarmed"},
    Kind.SENSOR: {Property.VALUE: 21.5},
    Kind.SCENE: {},
}
_MOVING: Final[Mapping[str, str]] = {"open": "opening", "close": "closing"}
_OPEN: Final = 100


class Pretender:
    """Has a state, and tells it as the device would.

    device: of a kind. at_first: its state in the front's units where it is not the usual one of its kind.
    """

    def __init__(self, device: Device, at_first: Mapping[str, JsonValue]) -> None:
        if device.kind is None or device.dialect is None:
            raise ValueError(f"{device.id} is of no kind")
        self._device = device
        self._kind = device.kind
        self._rows = dialects.CELLS[device.dialect][device.kind].rows
        self._state: State = {**_USUAL[device.kind], **at_first}
        if device.modes:
            self._state.setdefault(Property.MODE, device.modes[-1])
        poll = dialects.poll(device)
        self._poll = poll.topic if poll is not None else None

    def reports(self) -> tuple[tuple[str, str], ...]:
        """Return topic and payload of everything that the device says about itself."""
        return self._told(self._state, frozenset(self._state))

    def take(self, topic: str, text: str) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
        """Take a message; return what the device reports while it moves, what it reports then."""
        moving: State = {}
        settled: set[str] = set()
        for row in self._rows:
            value = self._understood(row, topic, text)
            if value is not None:
                settled |= self._settle(row.name, value)
                if self._kind is Kind.COVER and isinstance(value, str) and value in _MOVING:
                    moving = {Property.STATE: _MOVING[value]}
        if topic == self._poll:
            settled |= self._state.keys()
        return self._told(moving, moving.keys()), self._told(self._state, settled)

    def _settle(self, name: str, value: JsonValue) -> set[str]:
        """Set a property; return the names of all that is set with it."""
        values: State = {name: value}
        if name == Property.ACTION:
            after = confirmations(self._device, {Property.ACTION: value}, {Property.STATE})
            values = {key: wanted[0] for key, wanted in after.items()}
            if value in {"open", "close"}:
                values[Property.POSITION] = _OPEN if value == "open" else 0
        elif name == Property.POSITION:
            values[Property.STATE] = "open" if value else "closed"
        elif name == Property.SPEED:
            values[Property.ON] = bool(value)
        self._state |= values
        return set(values)

    def _understood(self, row: Row, topic: str, text: str) -> JsonValue:
        """Return the front value that a message sets a property to; None if it says nothing of it."""
        device = self._device
        if row.command is None or fill(device, row.command.topic) != topic:
            return None
        keys = keys_of(device, row.command)
        value: JsonValue = text
        for key in keys or ():
            value = table.get(key) if isinstance(table := _read(value), dict) else None
        if value is None or keys is None:
            return None
        known = next((each for each in self._known(row.name) if row.codec.write(device, each) == value), None)
        if known is not None or row.name in {Property.ON, Property.ACTION}:
            return known
        return row.codec.read(device, value)

    def _known(self, name: str) -> Iterable[JsonValue]:
        """Return what a property can be, if that is one of few."""
        match name:
            case Property.ON:
                return (True, False)
            case Property.ACTION:
                return tuple(ACTIONS.get(self._kind, ()))
            case Property.MODE:
                return self._device.modes
            case Property.EFFECT:
                return self._device.effects
            case Property.COLOR:
                return tuple(colors.HUES)
            case _:
                return ()

    def _told(self, state: Mapping[str, JsonValue], names: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Return topic and payload for a state: of the topics that tell one of the names."""
        payloads: dict[str, JsonValue] = {}
        wanted: set[str] = set()
        for row in self._rows:
            if row.name not in state or not row.reports:
                continue
            topic, keys = fill(self._device, row.reports[0].topic), keys_of(self._device, row.reports[0])
            value = self._written(row, state[row.name])
            if topic is None or keys is None or value is None:
                continue
            if row.name in names:
                wanted.add(topic)
            for key in reversed(keys):
                value = {key: value}
            before = payloads.get(topic)
            payloads[topic] = _joined(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
        return tuple((topic, text_of(payload)) for topic, payload in payloads.items() if topic in wanted)

    def _written(self, row: Row, value: JsonValue) -> JsonValue:
        """Return the device's own value that is read as this one; None if it has no word for it.

        It need not be the one that sets it: a contact says false for an open window, a lamp tells its colour in parts.
        """
        device, codec = self._device, row.codec
        try:
            written = [codec.write(device, value)]
        except KeyError:  # not every dialect has a word for what is on its way
            return None
        match row.name:
            case Property.ON:
                written += [codec.write(device, not value), device.reported_on, device.reported_off]
            case Property.COLOR:
                written.append(codecs.COLOR_OBJECT.write(device, value))
            case _:
                written.append(value)
        read = next((each for each in written if codec.read(device, each) == value), None)
        return written[0] if read is None and isinstance(value, float) else read


def _read(value: JsonValue) -> JsonValue:
    if not isinstance(value, str):
        return value
    try:
        read: JsonValue = json.loads(value)
    except ValueError:
        return None
    return read


def _joined(one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return two objects as one, with what is inside them."""
    joined = dict(one)
    for key, value in other.items():
        inner = joined.get(key)
        joined[key] = _joined(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return joined
