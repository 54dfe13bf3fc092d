"""The function that turns off several kinds of devices at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from hubd.declaring import declare
from hubd.devices.catalog import MAX_CHOICES, Catalog
from hubd.devices.model import Command, Kind
from hubd.devices.parameters import ArgumentError, checked
from hubd.devices.places import EVERYWHERE, Places
from hubd.devices.settling import Arguments
from hubd.devices.vocabulary import Property
from hubd.events import Behavior
from hubd.kind_calls import AREA, KindCalls, area_parameter, gathered, inside, label_of, sentence
from hubd.live.declarations import FunctionDeclaration
from hubd.requests import Refusal, Several

ALL_OFF: Final = "turn_off_everything"
_DESCRIPTION: Final = "Turn off everything in a room, on a floor or in the whole house: lights, switches, fans, music."
_OFF: Final[Mapping[Kind, Arguments]] = {
    Kind.LIGHT: {Property.ON: False},
    Kind.SWITCH: {Property.ON: False},
    Kind.FAN: {Property.ON: False},
    Kind.MEDIA_PLAYER: {Property.ACTION: "stop"},
}


class AllOff:
    """The function that turns off what there is of several kinds."""

    def __init__(self, catalog: Catalog, places: Places, of_kinds: Sequence[KindCalls]) -> None:
        self._places = places
        self._catalog = catalog
        self._functions = {calls.kind: calls.function for calls in of_kinds if calls.kind in _OFF}
        self._together = [device for device in catalog.devices if device.kind in self._functions and not device.confirm]

    @property
    def is_offered(self) -> bool:
        """Whether there is more than one kind to turn off: devices of one are turned off by its own function."""
        return len({device.kind for device in self._together}) > 1

    def declaration(self, behavior: Behavior) -> FunctionDeclaration:
        """Return the declaration."""
        return declare(ALL_OFF, _DESCRIPTION, behavior, {AREA: area_parameter(self._places)})

    def resolve(self, arguments: Mapping[str, JsonValue]) -> Several | Refusal:
        """Check a call."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            area = self._places.area(given.pop(AREA, EVERYWHERE))
            checked(given, {}, frozenset())
        except ArgumentError as error:
            return Refusal(sentence(str(error)), self._places.names[:MAX_CHOICES])
        chosen = [device for device in self._together if area.holds(device)]
        if not chosen:
            return Refusal(f"There is nothing {inside(area)} that can be turned off so.")
        commands = [
            Command(device, self._functions[kind].name, self._functions[kind].settle(device, _OFF[kind]))
            for device in chosen
            if (kind := device.kind) is not None
        ]
        return gathered(ALL_OFF, label_of(area, "devices"), "off", commands)
