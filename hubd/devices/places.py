"""Rooms, floors, the house as places of devices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from hubd.devices.catalog import MAX_CHOICES, fold
from hubd.devices.model import Device
from hubd.devices.parameters import MAX_TEXT, ArgumentError, shown

HERE: Final = "here"
EVERYWHERE: Final = "everywhere"
_THE_WHOLE: Final = frozenset(
    {EVERYWHERE, "everything", "all", "house", "whole house", "home", "whole home", "all rooms", "all floors"}
)


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the house. name: as it is spoken of, empty for all of it. rooms: folded, None for all devices."""

    name: str
    rooms: frozenset[str] | None

    def holds(self, device: Device) -> bool:
        """Return whether the device is in it."""
        return self.rooms is None or (device.room is not None and fold(device.room) in self.rooms)


THE_HOUSE: Final = Area("", None)


class Places:
    """The places in which there are devices.

    floors: the name of each → its rooms. here: the room of the hub itself, or empty; as an attribute the area that it
    is, None where it is not known, or has no device. names: what an area may be called.
    """

    def __init__(self, devices: Iterable[Device], floors: Mapping[str, tuple[str, ...]], here: str) -> None:
        rooms: dict[str, str] = {}
        for device in devices:
            if device.room is not None:
                rooms.setdefault(fold(device.room), device.room)
        self._areas = {form: Area(room, frozenset({form})) for form, room in rooms.items()}
        for floor, among in floors.items():
            if inside := frozenset(map(fold, among)) & rooms.keys():
                # A floor may be called as one of its rooms is, and means all of them.
                self._areas[fold(floor)] = Area(floor, inside)
        self.names = tuple(area.name for area in self._areas.values())
        self.here = Area(rooms[fold(here)], frozenset({fold(here)})) if fold(here) in rooms else None
        if self.here is not None:
            self._areas[HERE] = self.here
            self.names = (*self.names, HERE)

    def area(self, text: object) -> Area:
        """Return the part of the house that is called so; raises ArgumentError that names those that there are."""
        if not isinstance(text, str) or len(text) > MAX_TEXT:
            raise ArgumentError(f"area has to be a room or a floor, found {_shown(text)}")
        form = fold(text)
        if form in self._areas:
            return self._areas[form]
        if form in _THE_WHOLE:
            return THE_HOUSE
        if form == HERE:
            raise ArgumentError("it is not known in which room this hub is: name a room")
        near = [self._areas[each].name for each in get_close_matches(form, self._areas, n=5)]
        there = ", ".join(near or self.names[:MAX_CHOICES]) or "none"
        raise ArgumentError(f"there is no room or floor called {shown(text)}; there are: {there}")


def _shown(value: object) -> str:
    return shown(value) if isinstance(value, str | bool | int | float) else "something else"
