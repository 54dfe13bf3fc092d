"""Checked arguments → settings without contradiction, what a device then reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import colors
from hubd.devices.model import Device, Kind
from hubd.devices.parameters import ArgumentError
from hubd.devices.vocabulary import Dialect, Property

Arguments = Mapping[str, JsonValue]
# A property → the values of it that confirm a command.
Confirmations = Mapping[str, tuple[JsonValue, ...]]

DEGREES: Final = (5.0, 35.0)
# What a device is after it was told to, the surest first.
_AFTER: Final[Mapping[Kind, Mapping[str, tuple[JsonValue, ...]]]] = {
    Kind.COVER: {"open": ("open",), "close": ("closed",), "stop": ("stopped", "open", "closed")},
    Kind.VALVE: {"open": ("open",), "close": ("closed",), "stop": ("stopped", "open", "closed")},
    Kind.LOCK: {"lock": ("locked",), "unlock": ("unlocked",)},
    Kind.MEDIA_PLAYER: {"play": ("playing",), "pause": ("paused",), "stop": ("stopped", "idle", "off")},
    Kind.VACUUM: {
        "start": ("cleaning",),
        "clean spot": ("cleaning",),
        "pause": ("paused",),
        "stop": ("idle", "paused", "docked"),
        "return": ("returning", "docked"),
    },
    Kind.ALARM: {
        "disarm": ("disarmed",),
        "arm home": ("armed home",),
        "arm away": ("armed away",),
        "arm night": ("armed night",),
        "arm vacation": ("armed vacation",),
    },
}
# What a light looks like while it is on.
_LOOKS: Final[tuple[str, ...]] = (Property.COLOR, Property.COLOR_TEMPERATURE, Property.EFFECT)
# What is given instead of an action.
_PERCENTAGES: Final = (Property.POSITION, Property.VOLUME)
_ENDS: Final = {"open": 100, "close": 0}
# Valves that are a switch.
_NO_STOP: Final[Collection[tuple[Kind | None, Dialect | None]]] = frozenset(
    (Kind.VALVE, dialect) for dialect in (Dialect.ZIGBEE2MQTT, Dialect.TASMOTA, Dialect.SHELLY)
)


def settle_on_off(_device: Device, arguments: Arguments) -> Arguments:
    """Return on or off."""
    return {Property.ON: arguments[Property.ON]}


def settle_light(device: Device, arguments: Arguments) -> Arguments:
    """Return on or off with what else a light is set to; "warm white" becomes kelvin where the light has them."""
    on, brightness = arguments.get(Property.ON), arguments.get(Property.BRIGHTNESS)
    if not arguments:
        raise ArgumentError(_possible(device))
    if on is not None and brightness is not None and on != (brightness != 0):
        raise ArgumentError(
            f"on is {str(on).lower()} but brightness is {brightness}: 0 is off, leave one of the two out"
        )
    look = {name: arguments[name] for name in _LOOKS if name in arguments}
    if on is False or brightness == 0:
        if look:
            raise ArgumentError(f"{next(iter(look))} turns the light on: leave it out to turn it off")
        return {Property.ON: False}
    if brightness is None:
        return {Property.ON: True, **_settle_look(device, look)}
    if not device.can(Property.BRIGHTNESS):
        raise ArgumentError("this light can't be dimmed: leave brightness out")
    return {Property.ON: True, Property.BRIGHTNESS: brightness, **_settle_look(device, look)}


def _possible(device: Device) -> str:
    """Return what a light can be given."""
    dimming = [Property.ON, Property.BRIGHTNESS]
    further = (Property.BRIGHTNESS, Property.COLOR_TEMPERATURE, Property.EFFECT)
    names = [Property.ON, *(name for name in further if device.can(name))]
    names += [Property.COLOR] * (device.can(Property.COLOR) or device.can(Property.COLOR_TEMPERATURE))
    return "give on, brightness, or both" if names == dimming else f"give {' or '.join(names)}"


def _settle_look(device: Device, look: Arguments) -> Arguments:
    """Return colour, temperature, effect as the light takes them."""
    settled = dict(look)
    if Property.COLOR in look and Property.COLOR_TEMPERATURE in look:
        raise ArgumentError("give color or color_temperature, not both")
    if Property.COLOR in look:
        settled = {**_tint(device, str(settled.pop(Property.COLOR))), **settled}
    for name in settled:
        if not device.can(name):
            raise ArgumentError(f"this light has no {name}: leave it out")
    if Property.EFFECT in settled and settled[Property.EFFECT] not in device.effects:
        raise ArgumentError(f"this light has the effects: {', '.join(device.effects) or 'none'}")
    if isinstance(kelvin := settled.get(Property.COLOR_TEMPERATURE), int):
        settled[Property.COLOR_TEMPERATURE] = _nearest_white(device, kelvin)
    return settled


def _nearest_white(device: Device, kelvin: int) -> int:
    """Return the temperature nearest to the wanted one that the light can give, K."""
    low = kelvin if device.minimum is None else device.minimum
    high = kelvin if device.maximum is None else device.maximum
    return round(min(max(kelvin, low), high))


def _tint(device: Device, name: str) -> Arguments:
    """Return a colour as the light takes it."""
    if name in colors.WHITES and device.can(Property.COLOR_TEMPERATURE):
        return {Property.COLOR_TEMPERATURE: colors.WHITES[name]}
    if name in colors.HUES or not device.can(Property.COLOR):
        return {Property.COLOR: name}
    return {Property.COLOR: "warm white" if colors.WHITES[name] < colors.WHITES["white"] else "white"}


def settle_action(device: Device, arguments: Arguments) -> Arguments:
    """Return an action, or the percentage that is given instead of one."""
    features = [name for name in _PERCENTAGES if name in arguments]
    if len(features) + (Property.ACTION in arguments) != 1:
        possible = " or ".join([Property.ACTION, *(name for name in _PERCENTAGES if device.can(name))])
        raise ArgumentError(f"give {possible}, one of them" if " or " in possible else f"give {possible}")
    for name in features:
        if not device.can(name):
            raise ArgumentError(f"this device has no {name}: use {Property.ACTION}")
    if arguments.get(Property.ACTION) == "stop" and (device.kind, device.dialect) in _NO_STOP:
        raise ArgumentError("this device can't be stopped half-way: use open or close")
    return arguments


def settle_lock(_device: Device, arguments: Arguments) -> Arguments:
    """Return the action that locks or unlocks."""
    return {Property.ACTION: "lock" if arguments[Property.LOCKED] else "unlock"}


def settle_climate(device: Device, arguments: Arguments) -> Arguments:
    """Return the temperature to reach, the mode, or both."""
    if not arguments:
        raise ArgumentError("give temperature, mode, or both" if device.can(Property.MODE) else "give temperature")
    low, high = degrees_of(device)
    wanted = arguments.get(Property.TEMPERATURE)
    if isinstance(wanted, int | float) and not low <= wanted <= high:
        raise ArgumentError(f"this device takes {low:g} to {high:g} degrees, found {wanted:g}")
    mode = arguments.get(Property.MODE)
    if mode is not None and (not device.can(Property.MODE) or mode not in device.modes):
        modes = ", ".join(device.modes) if device.can(Property.MODE) else "none"
        raise ArgumentError(f"this device has the modes: {modes}")
    return arguments


def degrees_of(device: Device) -> tuple[float, float]:
    """Return the lowest and highest temperature that a device can be set to."""
    low, high = DEGREES
    return low if device.minimum is None else device.minimum, high if device.maximum is None else device.maximum


def settle_fan(device: Device, arguments: Arguments) -> Arguments:
    """Return on or off with the speed."""
    on, speed = arguments.get(Property.ON), arguments.get(Property.SPEED)
    if on is None and speed is None:
        raise ArgumentError("give on, speed, or both")
    if on is not None and speed is not None and on != (speed != 0):
        raise ArgumentError(f"on is {str(on).lower()} but speed is {speed}: 0 is off, leave one of the two out")
    if speed is None:
        return {Property.ON: on}
    if speed == 0:
        return {Property.ON: False}
    if not device.can(Property.SPEED):
        raise ArgumentError("this fan has one speed only: leave speed out")
    return {Property.ON: True, Property.SPEED: speed}


def settle_scene(_device: Device, _arguments: Arguments) -> Arguments:
    """Return that the scene is to be activated."""
    return {Property.ACTIVATE: True}


def confirmations(device: Device, settings: Arguments, reported: Collection[str]) -> Confirmations:
    """Return what confirms the settings, of the properties that a device reports."""
    action = settings.get(Property.ACTION)
    if device.kind is None or not isinstance(action, str):
        return {name: (value,) for name, value in settings.items()}
    if action in _ENDS and device.can(Property.POSITION) and Property.POSITION in reported:
        return {Property.POSITION: (_ENDS[action],)}
    after = _AFTER.get(device.kind, {}).get(action)
    return {} if after is None else {Property.STATE: after}
