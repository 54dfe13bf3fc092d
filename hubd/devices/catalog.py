"""Names, aliases, rooms → devices; ambiguity is an answer, not a guess."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import islice, pairwise

from hubd.devices.model import Device, Kind

MAX_CHOICES = 20
_NEAR = 5
_SPACES = str.maketrans("_-/", "   ")
_ALIKE = 0.5


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several devices have the name; choices are names that tell them apart."""

    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """No device has the name; near are names of devices that sound like it, or some that there are."""

    near: tuple[str, ...]


def fold(text: str) -> str:
    """Return the text as names are compared: normal form C, case folded, "_", "-", "/" as spaces, without "the"."""
    folded = unicodedata.normalize("NFC", text.casefold())
    words = folded.translate(_SPACES).split()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


class Catalog:
    """All devices, found by what people call them. Look-up takes a few dictionary accesses, however many there are."""

    def __init__(self, devices: Iterable[Device]) -> None:
        self.devices = tuple(devices)
        self._names: dict[str, list[Device]] = {}
        self._in_rooms: dict[str, list[Device]] = {}
        self._ids: dict[str, list[Device]] = {}
        for device in self.devices:
            spoken = {fold(name): None for name in (device.name, *device.aliases)}
            for name in spoken:
                self._names.setdefault(name, []).append(device)
                if device.room is not None:
                    self._in_rooms.setdefault(f"{fold(device.room)} {name}", []).append(device)
            self._ids.setdefault(fold(device.id), []).append(device)
        self._pairs = {name: _pairs(name) for name in self._names}
        self._labels = {device.id: self._label(device) for device in self.devices}

    def find(self, text: str, kind: Kind | None = None) -> Device | Ambiguous | Unknown:
        """Return the one device that is called so: by name or alias, by room and name, or by id.

        kind: only devices of this kind are meant.
        """
        match self._called(fold(text), kind):
            case [device]:
                return device
            case [_, *_] as several:
                return Ambiguous(tuple(self.label(device) for device in several[:MAX_CHOICES]))
            case _:
                return Unknown(self._near(fold(text), kind))

    def named(self, text: str) -> tuple[Device, ...]:
        """Return all devices that are called so, of whatever kind."""
        return tuple(self._called(fold(text), None))

    def label(self, device: Device) -> str:
        """Return the shortest name that means this device alone among its kind: its name, with its room, or its id."""
        return self._labels.get(device.id) or self._label(device)

    def _label(self, device: Device) -> str:
        in_room = f"{device.room} {device.name}" if device.room is not None else device.name
        for name in (device.name, in_room):
            if self._called(fold(name), device.kind) == [device]:
                return name
        return device.id

    def spoken(self, kind: Kind | None = None) -> tuple[str, ...]:
        """Return every name and alias of the kind's devices, or of all, each once, labels first."""
        return self._spoken([device for device in self.devices if kind in {None, device.kind}])

    def names_of(self, kind: Kind | None) -> tuple[str, ...]:
        """Return the same for the kind's devices, or for those without a kind."""
        return self._spoken([device for device in self.devices if device.kind is kind])

    def _spoken(self, of_kind: Sequence[Device]) -> tuple[str, ...]:
        names = [self.label(device) for device in of_kind]
        names += [name for device in of_kind for name in (device.name, *device.aliases)]
        spoken: dict[str, str] = {}
        for name in names:
            spoken.setdefault(fold(name), name)
        return tuple(spoken.values())

    def _called(self, folded: str, kind: Kind | None) -> list[Device]:
        """Return the devices of the first way of naming that finds any."""
        for names in (self._names, self._in_rooms, self._ids):
            if found := [device for device in names.get(folded, ()) if kind in {None, device.kind}]:
                return found
        return []

    def _near(self, folded: str, kind: Kind | None) -> tuple[str, ...]:
        """Return labels of devices whose name shares many pairs of letters, else of some that there are."""
        names = [name for name, devices in self._names.items() if any(kind in {None, each.kind} for each in devices)]
        wanted = _pairs(folded)
        likeness = {name: _likeness(wanted, self._pairs[name]) for name in names}
        near = nlargest(_NEAR, (name for name in names if likeness[name] >= _ALIKE), key=likeness.__getitem__)
        labels = (
            self.label(device)
            for name in near or sorted(names)
            for device in self._names[name]
            if kind in {None, device.kind}
        )
        return tuple(islice(dict.fromkeys(labels), MAX_CHOICES))


def _pairs(text: str) -> frozenset[str]:
    return frozenset(map("".join, pairwise(text)))


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    """Return how many pairs of letters two names share, 0 to 1 (Dice's coefficient); quick enough for thousands."""
    return 2 * len(left & right) / (len(left) + len(right) or 1)
