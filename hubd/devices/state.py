"""Inbound message → Reading: what each device last said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices import dialects
from hubd.devices.expectations import AVAILABILITY, KIND, VALUE, Source
from hubd.devices.functions import Expect
from hubd.devices.model import Device, Reading
from hubd.devices.payloads import object_in, text_in
from hubd.mqtt.filters import filter_matches

# Of a report of many values that no function asks for, so many are kept.
MAX_FURTHER_VALUES = 8


@dataclass(frozen=True, slots=True)
class _Entry:
    """One value: when it came (monotonic, s), the count of messages by then, whether the broker had kept it."""

    value: JsonValue
    received: float
    serial: int
    stored: bool


class StateStore:
    """The last known value of everything that the devices report.

    Values of a device of a kind are in the front's units (on, brightness in percent); those of functions spelled out
    are as reported, a payload that is no JSON object under the key ``value``.
    """

    def __init__(self, devices: Iterable[Device]) -> None:
        self._entries: dict[str, dict[tuple[str, str], _Entry]] = {}
        self._serial = 0
        self._watched: set[str] = set()
        self.watch(devices)

    def watch(self, devices: Iterable[Device]) -> frozenset[str]:
        """Take reports of these devices from now on, instead of those before; what is known of them stays.

        Return the topics of those that were not watched before.
        """
        self._sources: dict[str, list[tuple[str, Source]]] = {}
        # By the last level, which tells most of them apart; those in which that is a wildcard under "".
        self._filters: dict[str, list[tuple[str, Source]]] = {}
        before, self._watched = self._watched, set()
        fresh: set[str] = set()
        for device in devices:
            self._watched.add(device.id)
            for source in _sources(device):
                if device.id not in before:
                    fresh.add(source.topic)
                last = source.topic.rpartition("/")[2]
                if {"+", "#"} & set(source.topic):
                    self._filters.setdefault("" if last in {"+", "#"} else last, []).append((device.id, source))
                else:
                    self._sources.setdefault(source.topic, []).append((device.id, source))
        self._entries = {device_id: said for device_id, said in self._entries.items() if device_id in self._watched}
        return frozenset(fresh)

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics, or filters of topics, to subscribe to, each once."""
        filters = [source.topic for found in self._filters.values() for _, source in found]
        return tuple(dict.fromkeys((*self._sources, *filters)))

    def receive(self, topic: str, payload: bytes, now: float, *, stored: bool = False) -> frozenset[str]:
        """Take a message; return the ids of the devices that it says something about. Never raises.

        now: monotonic, s. stored: the broker had kept it (the retain flag is set), so that its age is unknown; what it
        only repeats was known before.
        """
        self._serial += 1
        told: set[str] = set()
        for device_id, source in self._listening(topic):
            entries = self._entries.setdefault(device_id, {})
            for key, value in source.read(payload).items():
                told.add(device_id)
                if value is None:
                    # Unknown, not off (Koenkk/zigbee2mqtt#6987).
                    entries.pop((source.scope, key), None)
                elif not stored or (known := entries.get((source.scope, key))) is None or known.value != value:
                    entries[source.scope, key] = _Entry(value, now, self._serial, stored)
        return frozenset(told)

    def _listening(self, topic: str) -> Iterator[tuple[str, Source]]:
        yield from self._sources.get(topic, ())
        if self._filters:
            for last in {"", topic.rpartition("/")[2]}:
                yield from (each for each in self._filters.get(last, ()) if filter_matches(each[1].topic, topic))

    def mark(self) -> int:
        """Return a point in the stream of messages, for since()."""
        return self._serial

    def since(self, device_id: str, mark: int, scope: str) -> dict[str, JsonValue]:
        """Return the scope's values that the device itself reported after the mark."""
        return self._values(device_id, scope, lambda entry: entry.serial > mark and not entry.stored)

    def recent(self, device_id: str, oldest: float, scope: str) -> dict[str, JsonValue]:
        """Return the scope's values that the device itself reported at the time oldest (monotonic, s) or later."""
        return self._values(device_id, scope, lambda entry: entry.received >= oldest and not entry.stored)

    def known(self, device_id: str, scope: str) -> dict[str, JsonValue]:
        """Return the scope's values, however old."""
        return self._values(device_id, scope, lambda _entry: True)

    def reading(self, device_id: str) -> Reading | None:
        """Return what the device last said, in all scopes, the kind's before others; None if it has said nothing."""
        said = self._entries.get(device_id, {})
        entries = {at: entry for at, entry in said.items() if at[0] != AVAILABILITY}
        if not entries:
            return None
        ordered = sorted(entries.items(), key=lambda item: (item[0][0] == KIND, item[1].serial))
        return Reading(
            values={key: entry.value for (_, key), entry in ordered},
            received=max(entry.received for entry in entries.values()),
            stored=any(entry.stored for entry in entries.values()),
        )

    def reachable(self, device_id: str) -> bool | None:
        """Return whether the device, or what speaks for it, said that it can be reached; None if nothing was said."""
        said = self._values(device_id, AVAILABILITY, lambda _entry: True).values()
        return all(said) if said else None

    def _values(self, device_id: str, scope: str, wanted: Callable[[_Entry], bool]) -> dict[str, JsonValue]:
        entries = self._entries.get(device_id, {})
        return {key: entry.value for (at, key), entry in entries.items() if at == scope and wanted(entry)}


def _sources(device: Device) -> Iterator[Source]:
    """Yield where the device reports; what functions spelled out expect on one topic is read together."""
    yield from dialects.sources(device)
    expected: dict[str, list[Expect]] = {}
    for function in device.functions:
        if function.expect is not None:
            expected.setdefault(function.expect.topic, []).append(function.expect)
    for topic, expects in expected.items():
        yield Source(topic, _reader(expects), scope=topic)


def _reader(expects: list[Expect]) -> Callable[[bytes], Mapping[str, JsonValue]]:
    wanted = {key for expect in expects for key in expect.json_ or ()}
    as_text = any(expect.payload is not None for expect in expects)

    def read(payload: bytes) -> Mapping[str, JsonValue]:
        members = object_in(payload)
        scalars = [key for key, value in members.items() if key not in wanted and not isinstance(value, dict | list)]
        kept = wanted & members.keys() | set(scalars[:MAX_FURTHER_VALUES])
        values = {key: value for key, value in members.items() if key in kept}
        text = text_in(payload) if as_text else None
        return values if text is None else values | {VALUE: text}

    return read
