"""Questions about how devices are: what may be asked, of which devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices.catalog import Catalog, fold
from hubd.devices.model import Device
from hubd.devices.parameters import Parameter, ParameterType

GET_STATE: Final = "get_state"
DESCRIPTION: Final = (
    "Tell how a device is, or all devices in a room or of a kind, with the age of what is known. "
    "Ask it before you say anything about the state of a device."
)
DEVICE: Final = "device"
_ROOM: Final = "room"
_KIND: Final = "kind"


def parameters(catalog: Catalog) -> dict[str, Parameter]:
    """Return what a question may name: a device, a room, a kind; each may be left out."""
    rooms = {fold(device.room): device.room for device in catalog.devices if device.room is not None}
    named = {
        DEVICE: ("Which device; leave it out to ask about several.", catalog.spoken()),
        _ROOM: ("Only devices in this room.", tuple(rooms.values())),
        _KIND: ("Only devices of this kind.", _kinds(catalog)),
    }
    return {
        name: Parameter(type=ParameterType.STRING, description=description, enum=enum)
        for name, (description, enum) in named.items()
        if enum
    }


def takes(catalog: Catalog) -> dict[str, Parameter]:
    """Return the parameters as they are checked: a device by any name that is understood elsewhere."""
    return {**parameters(catalog), DEVICE: Parameter(type=ParameterType.STRING)}


def found(catalog: Catalog, asked: Mapping[str, JsonValue]) -> tuple[Device, ...]:
    """Return the devices that a question is about; asked: its checked arguments, none of them for all devices."""
    device, room, kind = (asked.get(name) for name in (DEVICE, _ROOM, _KIND))
    of = catalog.named(device) if isinstance(device, str) else catalog.devices
    return tuple(
        each
        for each in of
        if (not isinstance(room, str) or (each.room is not None and fold(each.room) == fold(room)))
        and (kind is None or kind in {each.kind, each.device_class})
    )


def _kinds(catalog: Catalog) -> tuple[str, ...]:
    """Return the kinds of the house, with what its binary sensors tell of: "light", "window"."""
    kinds = [str(device.kind) for device in catalog.devices if device.kind is not None]
    classes = [str(device.device_class) for device in catalog.devices if device.device_class is not None]
    return tuple(dict.fromkeys((*kinds, *classes)))
