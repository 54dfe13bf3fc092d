"""What is known of each registered device, for a person to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import JsonValue

from hubd.devices import phrases
from hubd.devices.discovered import DiscoveredDevice
from hubd.devices.functions import Schedule
from hubd.devices.kinds import KINDS, presentable
from hubd.devices.model import Command, Device, Reading
from hubd.devices.state import StateStore
from hubd.tools import Toolbox

DISCOVERY: Final = "discovery"
HEADS: Final = ("NAME", "ROOM", "KIND", "DIALECT", "FUNCTIONS", "DONE/LATE/FAILED", "FROM", "STATE", "AGE")
# The last of them hold what only the broker knows.
HEADS_OF_THE_BROKER: Final = 2
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Entry:
    """One device.

    schedules: by function. offered: whether this hub may operate it. origin: the file, or that it announced itself, by
    which unique id. reading: what it last said. reachable: what it, or what speaks for it, said about that; None for
    nothing.
    """

    device: Device
    schedules: Mapping[str, Schedule]
    offered: bool
    origin: str
    reading: Reading | None = None
    reachable: bool | None = None


@dataclass(frozen=True, slots=True)
class Roster:
    """All devices; now: when it was made, monotonic, s. Without heard the broker was not there to be asked."""

    entries: tuple[Entry, ...]
    now: float = 0.0
    heard: bool = field(default=True, kw_only=True)


def roster(
    devices: Iterable[Device], toolbox: Toolbox, origins: Mapping[str, str], states: StateStore | None, now: float
) -> Roster:
    """Return what is known of the devices.

    toolbox: those that are offered. origins: files by the ids of devices. states: None if they are not known.
    """
    return Roster(tuple(_entries(devices, toolbox, origins, states)), now, heard=states is not None)


def _entries(
    devices: Iterable[Device], toolbox: Toolbox, origins: Mapping[str, str], states: StateStore | None
) -> Iterator[Entry]:
    offered = {device.id for device in toolbox.catalog.devices}
    for device in devices:
        yield Entry(
            device,
            {command.name: toolbox.schedule(command) for command in commands_of(device)},
            device.id in offered,
            _origin(device, origins),
            states.reading(device.id) if states is not None else None,
            states.reachable(device.id) if states is not None else None,
        )


def _origin(device: Device, origins: Mapping[str, str]) -> str:
    if isinstance(device, DiscoveredDevice):
        return f"{DISCOVERY} {device.unique_id}"
    return origins.get(device.id, DISCOVERY)


def commands_of(device: Device) -> Iterator[Command]:
    """Yield a command without arguments for each function that the device has."""
    if device.kind is not None:
        yield from (Command(device, function.name, {}) for function in KINDS[device.kind].functions)
    yield from (Command(device, function.name, {}, function) for function in device.functions)


def rows(roster: Roster) -> list[list[str]]:
    """Return the devices as texts under HEADS; those of the broker are left out if it was not there."""
    return [_row(entry, roster) for entry in roster.entries]


def _row(entry: Entry, roster: Roster) -> list[str]:
    device = entry.device
    schedules = dict.fromkeys(map(_schedule, entry.schedules.values()))
    texts = [
        device.name,
        device.room or "",
        str(device.kind or ""),
        str(device.dialect or ""),
        ", ".join(entry.schedules) if entry.offered else "not offered here",
        "; ".join(schedules),
        entry.origin,
    ]
    return [*texts, _state(entry), _age(entry, roster.now)] if roster.heard else texts


def _schedule(schedule: Schedule) -> str:
    words = (schedule.done, schedule.late, schedule.failed)
    return str(words[0]) if len(set(words)) == 1 else "/".join(words)


def _state(entry: Entry) -> str:
    said = phrases.known(entry.device, entry.reading) if entry.reading is not None else ""
    if entry.reachable is False:
        return f"offline, last {said}" if said else "offline"
    return said or "unknown"


def _age(entry: Entry, now: float) -> str:
    """Return how old the state is; of one that the broker had kept nobody knows."""
    if entry.reading is None:
        return ""
    if entry.reading.stored:
        return "kept"
    seconds = max(0.0, now - entry.reading.received)
    for unit, name in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.0f} s"


def lines_of_json(roster: Roster) -> Iterator[str]:
    """Yield one JSON object for each device; state and age are missing if the broker was not there."""
    yield from (_as_json(entry, roster) for entry in roster.entries)


def _as_json(entry: Entry, roster: Roster) -> str:
    device, reading = entry.device, entry.reading
    body: dict[str, JsonValue] = {
        "id": device.id,
        "name": device.name,
        "aliases": list(device.aliases),
        "room": device.room,
        "kind": device.kind,
        "dialect": device.dialect,
        "functions": list(entry.schedules),
        "scheduling": {name: _as_object(schedule) for name, schedule in entry.schedules.items()},
        "offered": entry.offered,
        "confirm": device.confirm,
        "from": entry.origin,
        "announced_by": device.origin if isinstance(device, DiscoveredDevice) else None,
    }
    if roster.heard:
        kept = reading is not None and reading.stored
        body |= {
            "reachable": entry.reachable,
            "state": {} if reading is None else _values(device, reading),
            "age_s": None if reading is None or kept else round(roster.now - reading.received, 1),
            "kept": kept,
        }
    return json.dumps(body, ensure_ascii=False)


def _as_object(schedule: Schedule) -> JsonValue:
    return {"done": schedule.done, "late": schedule.late, "failed": schedule.failed}


def _values(device: Device, reading: Reading) -> JsonValue:
    return dict(reading.values) if device.kind is None else presentable(device.kind, reading.values)
