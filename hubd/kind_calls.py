"""The functions of a kind: their declarations, what a call of one asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, islice
from typing import Final, assert_never

from pydantic import JsonValue

from hubd.declaring import declare
from hubd.devices.catalog import MAX_CHOICES, Ambiguous, Catalog, Unknown, fold
from hubd.devices.kinds import KINDS, KindFunction, parameters_of
from hubd.devices.model import Command, Device, Kind
from hubd.devices.parameters import (
    MAX_DESCRIPTION,
    MAX_TEXT,
    ArgumentError,
    Parameter,
    ParameterType,
    checked,
    shown,
)
from hubd.devices.places import EVERYWHERE, THE_HOUSE, Area, Places
from hubd.devices.settling import Arguments
from hubd.devices.wording import phrase
from hubd.events import Behavior
from hubd.live.declarations import FunctionDeclaration
from hubd.requests import Refusal, Several

DEVICE: Final = "device"
AREA: Final = "area"
# Kinds of which several may be set in one call. A lock, an alarm system is set by its name, a group is its lamps again.
TOGETHER: Final = frozenset({Kind.LIGHT, Kind.SWITCH, Kind.COVER, Kind.CLIMATE, Kind.FAN, Kind.MEDIA_PLAYER})


class KindCalls:
    """One function of a kind, with the devices that it is for."""

    def __init__(self, catalog: Catalog, places: Places, kind: Kind, function: KindFunction) -> None:
        self._catalog = catalog
        self._places = places
        self.kind = kind
        self.function = function
        self.devices = [device for device in catalog.devices if device.kind is kind]
        self._parameters = parameters_of(function, self.devices)
        self._together = [device for device in self.devices if kind in TOGETHER and not device.confirm]

    @property
    def takes_areas(self) -> bool:
        """Whether several of the devices may be set in one call."""
        return len(self._together) > 1

    def declaration(self, behavior: Behavior) -> FunctionDeclaration:
        """Return the one declaration for all devices of the kind."""
        noun = KINDS[self.kind].noun
        which = f"Which {noun}; leave it out to set all in an area." if self.takes_areas else f"Which {noun}."
        aliases = [f"{alias} = {self._catalog.label(device)}" for device in self.devices for alias in device.aliases]
        description = which + _same(aliases, MAX_DESCRIPTION - len(which))
        parameters = {
            DEVICE: Parameter(type=ParameterType.STRING, description=description, enum=self._catalog.spoken(self.kind))
        }
        parameters |= self._parameters
        if self.takes_areas:
            parameters[AREA] = area_parameter(self._places)
        required = (*(() if self.takes_areas else (DEVICE,)), *sorted(self.function.required))
        function = self.function
        return declare(function.name, function.description, behavior, parameters, required)

    def resolve(self, arguments: Mapping[str, JsonValue]) -> Command | Several | Refusal:
        """Check a call: one device by its name, all of the kind in an area."""
        given = {name: value for name, value in arguments.items() if value is not None}
        wanted, where = given.pop(DEVICE, None), given.get(AREA)
        if self.takes_areas and where is not None:
            del given[AREA]
            try:
                area = self._places.area(where)
            except ArgumentError as error:
                return Refusal(sentence(str(error)), self._places.names[:MAX_CHOICES])
            return self._in_area(area, given) if wanted is None else self._one(wanted, area, given)
        return self._one(wanted, THE_HOUSE, given)

    def _in_area(self, area: Area, given: Mapping[str, JsonValue]) -> Several | Refusal:
        noun = plural(KINDS[self.kind].noun)
        try:
            settings = checked(given, self._parameters, self.function.required)
        except ArgumentError as error:
            return Refusal(sentence(str(error)))
        chosen = [device for device in self._together if area.holds(device)]
        if not chosen:
            return Refusal(f"There are no {noun} {inside(area)} that can be set together.")
        commands = list(self._commands(chosen, settings))
        said = next((phrase(each.device, each.arguments) for each in commands if isinstance(each, Command)), "")
        return gathered(self.function.name, label_of(area, noun), said or "set", commands)

    def _commands(self, chosen: Sequence[Device], settings: Arguments) -> Iterator[Command | Refusal]:
        for device in chosen:
            try:
                yield Command(device, self.function.name, self.function.settle(device, settings))
            except ArgumentError as error:
                yield Refusal(sentence(f"{self._catalog.label(device)}: {error}"), device=device.id)

    def _one(self, wanted: JsonValue, area: Area, given: Mapping[str, JsonValue]) -> Command | Refusal:
        if not isinstance(wanted, str) or len(wanted) > MAX_TEXT:
            noun = KINDS[self.kind].noun
            others = " or give an area" if self.takes_areas and wanted is None else ""
            instead = "nothing" if wanted is None else shown(wanted)
            return Refusal(
                f"device has to be the name of a {noun}, found {instead}{others}.",
                self._catalog.spoken(self.kind)[:MAX_CHOICES],
            )
        found = self._named(wanted, area)
        if isinstance(found, Device) and found.room is not None and not area.holds(found):
            return Refusal(f"{shown(wanted)} is not {inside(area)}, but in the {found.room}.", device=found.id)
        match found:
            case Ambiguous(choices=choices):
                return Refusal(self._ambiguous(wanted, area, choices), choices)
            case Unknown(near=near):
                return Refusal(self._unknown(wanted, near), near)
            case Device():
                pass
            case _:
                assert_never(found)
        try:
            settled = self.function.settle(found, checked(given, self._parameters, self.function.required))
            return Command(found, self.function.name, settled)
        except ArgumentError as error:
            return Refusal(sentence(str(error)), device=found.id)

    def _named(self, wanted: str, area: Area) -> Device | Ambiguous | Unknown:
        """Return the device of the name; of several the one in the area, or else in the hub's own room."""
        found = self._catalog.find(wanted, self.kind)
        where = self._places.here if area.rooms is None else area
        if where is None or not isinstance(found, Ambiguous):
            return found
        there = self._called_so(wanted, where)
        return there[0] if len(there) == 1 else found

    def _called_so(self, wanted: str, area: Area) -> list[Device]:
        """Return the devices of the name in an area."""
        return [device for device in self._catalog.named(wanted) if device.kind is self.kind and area.holds(device)]

    def _ambiguous(self, wanted: str, area: Area, choices: tuple[str, ...]) -> str:
        """Return what to ask, or that none of several is in the area."""
        names = ", ".join(choices)
        if not self._called_so(wanted, area):
            return f"{shown(wanted)} is not {inside(area)}; there are: {names}."
        return f"Several are called {shown(wanted)}: {names}. Which one is meant?"

    def _unknown(self, wanted: str, near: tuple[str, ...]) -> str:
        """Return why no device of the kind was found, and what there is instead."""
        noun = KINDS[self.kind].noun
        elsewhere = self._catalog.find(wanted)
        if isinstance(elsewhere, Device):
            other = elsewhere.kind
            use = ", ".join(function.name for function in KINDS[other].functions) if other is not None else ""
            use = use or ", ".join(function.name for function in elsewhere.functions)
            return f"{shown(wanted)} is no {noun}; use {use}."
        return f"There is no {noun} called {shown(wanted)}; there are: {', '.join(near)}."


def gathered(name: str, label: str, said: str, commands: Iterable[Command | Refusal]) -> Several | Refusal:
    """Return one request for what can be done; the refusal of the first if nothing can. said: what they are then."""
    found = list(commands)
    can = tuple(each for each in found if isinstance(each, Command))
    left_out = tuple(each for each in found if isinstance(each, Refusal))
    return Several(name, label, can, said, tuple(each.message for each in left_out)) if can else left_out[0]


def _same(aliases: Sequence[str], room: int) -> str:
    """Return, in at most so many characters, which names mean the same: the first ones, for all are in the enum."""
    start, end = " The same under two names: ", "."
    lengths = accumulate((len(alias) + len("; ") for alias in aliases), initial=len(start) + len(end))
    fitting = [alias for alias, length in zip(aliases, islice(lengths, 1, None), strict=True) if length <= room]
    return f"{start}{'; '.join(fitting)}{end}" if fitting else ""


def area_parameter(places: Places) -> Parameter:
    """Return the parameter that names a part of the house."""
    return Parameter(
        type=ParameterType.STRING,
        description="All in this room or on this floor.",
        enum=tuple(dict.fromkeys((*places.names, EVERYWHERE))),
    )


def label_of(area: Area, things: str) -> str:
    """Return what several devices are called together: "kitchen lights"."""
    return f"{area.name} {things}" if area.name else things


def plural(noun: str) -> str:
    """Return the noun for several."""
    return f"{noun}es" if noun.endswith(("ch", "sh", "s", "x")) else f"{noun}s"


def sentence(text: str) -> str:
    """Return the text as a sentence."""
    return f"{text[:1].upper()}{text[1:]}."


def inside(area: Area) -> str:
    """Return where that is: "in the kitchen"."""
    if area.rooms is None:
        return "in the house"
    return f"in the {area.name}" if area.rooms == {fold(area.name)} else f"on the floor {area.name}"
