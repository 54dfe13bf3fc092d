"""Questions about how devices are: what may be asked, of which devices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from hubd.devices.catalog import Catalog
from hubd.devices.model import Device, Kind
from hubd.devices.parameters import Parameter, ParameterType, checked
from hubd.devices.places import THE_HOUSE, Places
from hubd.devices.wording import words_for

GET_STATE: Final = "get_state"
DESCRIPTION: Final = (
    "Tell how a device is, or all devices in a room, on a floor or of a kind, with the age of what is known. "
    "Ask it before you say anything about the state of a device."
)
DEVICE: Final = "device"
SENSOR: Final = "sensor"
_AREA: Final = "area"
_KIND: Final = "kind"
_STATE: Final = "state"


@dataclass(frozen=True, slots=True)
class Query:
    """The question how these devices are; with a state the question which of them are so."""

    devices: tuple[Device, ...]
    state: str = ""


def parameters(catalog: Catalog, places: Places, commanded: Collection[Kind]) -> dict[str, Parameter]:
    """Return what a question may name: a device, a room or a floor, a kind, a state; each may be left out.

    commanded: the kinds whose devices other functions name already. Their names are not listed twice: with a thousand
    devices they are most of what the model is told (``design.md`` 10).
    """
    others = [kind for kind in {device.kind: None for device in catalog.devices} if kind not in commanded]
    named: dict[str, tuple[str, tuple[str, ...]]] = {
        SENSOR: (
            "Which sensor, or what else is in no other function.",
            tuple(dict.fromkeys(name for kind in others for name in catalog.names_of(kind))),
        ),
        _AREA: ("Only devices in this room or on this floor.", places.names),
        _KIND: ("Only devices of this kind.", _kinds(catalog)),
        _STATE: ("Only those that are so now, as in: which windows are open.", _states(catalog.devices)),
    }
    listed = {
        name: Parameter(type=ParameterType.STRING, description=description, enum=enum)
        for name, (description, enum) in named.items()
        if enum
    }
    if len(others) == len({device.kind for device in catalog.devices}):
        return listed
    by_name = "Which device, by its name in the other functions; leave it out to ask about several."
    return {DEVICE: Parameter(type=ParameterType.STRING, description=by_name), **listed}


def asked_for(catalog: Catalog, places: Places, arguments: Mapping[str, JsonValue]) -> Query:
    """Return what a question is about: the devices that it names, those of the house if it names none.

    arguments: as the model gave them; any name of a device will do, wherever it stands. Raises ArgumentError that says
    what is wrong with them; none are found if what they say together fits no device.
    """
    takes = dict.fromkeys((DEVICE, SENSOR, _AREA), Parameter(type=ParameterType.STRING))
    # A house whose devices are all spelled out has neither.
    words = {_KIND: _kinds(catalog), _STATE: _states(catalog.devices)}
    takes |= {name: Parameter(type=ParameterType.STRING, enum=enum) for name, enum in words.items() if enum}
    given = checked({name: value for name, value in arguments.items() if value is not None}, takes, frozenset())
    names = [str(given[name]) for name in (DEVICE, SENSOR) if name in given]
    of = tuple(each for name in names for each in catalog.named(name)) if names else catalog.devices
    kind, state = given.get(_KIND), str(given.get(_STATE, ""))
    area = places.area(given[_AREA]) if _AREA in given else THE_HOUSE
    devices = tuple(
        each
        for each in of
        if area.holds(each)
        and (kind is None or kind in {each.kind, each.device_class})
        and (not state or state in words_for(each))
    )
    return Query(devices, state)


def _states(devices: Iterable[Device]) -> tuple[str, ...]:
    """Return the words of which one says how a device of the house is."""
    return tuple(dict.fromkeys(word for device in devices for word in words_for(device)))


def _kinds(catalog: Catalog) -> tuple[str, ...]:
    """Return the kinds of the house, with what its binary sensors tell of: "light", "window"."""
    kinds = [str(device.kind) for device in catalog.devices if device.kind is not None]
    classes = [str(device.device_class) for device in catalog.devices if device.device_class is not None]
    return tuple(dict.fromkeys((*kinds, *classes)))
