"""Checked arguments → settings without contradiction, what a device then reports."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import colors
from hubd.devices.model import Device, Kind
from hubd.devices.parameters import ArgumentError
from hubd.devices.vocabulary import (
    ACTION,
    ACTIVATE,
    BRIGHTNESS,
    COLOR,
    COLOR_TEMPERATURE,
    EFFECT,
    LOCKED,
    MODE,
    ON,
    POSITION,
    SPEED,
    STATE,
    TEMPERATURE,
    VOLUME,
    Dialect,
)

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
_ENDS: Final = {"open": 100, "close": 0}
# Valves that are a switch.
_NO_STOP: Final[Collection[tuple[Kind | None, Dialect | None]]] = frozenset(
    (Kind.VALVE, dialect) for dialect in (Dialect.ZIGBEE2MQTT, Dialect.TASMOTA, Dialect.SHELLY)
)


def settle_on_off(_device: Device, arguments: Arguments) -> Arguments:
    """Return on or off."""
    return {ON: arguments[ON]}


def settle_light(device: Device, arguments: Arguments) -> Arguments:
    """Return on or off with what else a light is set to; "warm white" becomes kelvin where the light has them."""
    on, brightness = arguments.get(ON), arguments.get(BRIGHTNESS)
    if not arguments:
        raise ArgumentError(_possible(device))
    if on is not None and brightness is not None and on != (brightness != 0):
        raise ArgumentError(
            f"on is {str(on).lower()} but brightness is {brightness}: 0 is off, leave one of the two out"
        )
    look = {name: arguments[name] for name in (COLOR, COLOR_TEMPERATURE, EFFECT) if name in arguments}
    if on is False or brightness == 0:
        if look:
            raise ArgumentError(f"{next(iter(look))} turns the light on: leave it out to turn it off")
        return {ON: False}
    if brightness is None:
        return {ON: True, **_settle_look(device, look)}
    if not device.can(BRIGHTNESS):
        raise ArgumentError("this light can't be dimmed: leave brightness out")
    return {ON: True, BRIGHTNESS: brightness, **_settle_look(device, look)}


def _possible(device: Device) -> str:
    """Return what a light can be given."""
    names = [ON, *(name for name in (BRIGHTNESS, COLOR_TEMPERATURE, EFFECT) if device.can(name))]
    names += [COLOR] * (device.can(COLOR) or device.can(COLOR_TEMPERATURE))
    return "give on, brightness, or both" if names == [ON, BRIGHTNESS] else f"give {' or '.join(names)}"


def _settle_look(device: Device, look: Arguments) -> Arguments:
    """Return colour, temperature, effect as the light takes them."""
    settled = dict(look)
    if COLOR in look and COLOR_TEMPERATURE in look:
        raise ArgumentError("give color or color_temperature, not both")
    if COLOR in look:
        settled = {**_tint(device, str(settled.pop(COLOR))), **settled}
    for name in settled:
        if not device.can(name):
            raise ArgumentError(f"this light has no {name}: leave it out")
    if EFFECT in settled and settled[EFFECT] not in device.effects:
        raise ArgumentError(f"this light has the effects: {', '.join(device.effects) or 'none'}")
    return settled


def _tint(device: Device, name: str) -> Arguments:
    """Return a colour as the light takes it."""
    if name in colors.WHITES and device.can(COLOR_TEMPERATURE):
        return {COLOR_TEMPERATURE: colors.WHITES[name]}
    if name in colors.HUES or not device.can(COLOR):
        return {COLOR: name}
    return {COLOR: "warm white" if colors.WHITES[name] < colors.WHITES["white"] else "white"}


def settle_action(device: Device, arguments: Arguments) -> Arguments:
    """Return an action, or the percentage that is given instead of one."""
    features = [name for name in (POSITION, VOLUME) if name in arguments]
    if len(features) + (ACTION in arguments) != 1:
        possible = " or ".join([ACTION, *(name for name in (POSITION, VOLUME) if device.can(name))])
        raise ArgumentError(f"give {possible}, one of them" if " or " in possible else f"give {possible}")
    for name in features:
        if not device.can(name):
            raise ArgumentError(f"this device has no {name}: use {ACTION}")
    if arguments.get(ACTION) == "stop" and (device.kind, device.dialect) in _NO_STOP:
        raise ArgumentError("this device can't be stopped half-way: use open or close")
    return arguments


def settle_lock(_device: Device, arguments: Arguments) -> Arguments:
    """Return the action that locks or unlocks."""
    return {ACTION: "lock" if arguments[LOCKED] else "unlock"}


def settle_climate(device: Device, arguments: Arguments) -> Arguments:
    """Return the temperature to reach, the mode, or both."""
    if not arguments:
        raise ArgumentError("give temperature, mode, or both" if device.can(MODE) else "give temperature")
    low, high = degrees_of(device)
    wanted = arguments.get(TEMPERATURE)
    if isinstance(wanted, int | float) and not low <= wanted <= high:
        raise ArgumentError(f"this device takes {low:g} to {high:g} degrees, found {wanted:g}")
    mode = arguments.get(MODE)
    if mode is not None and (not device.can(MODE) or mode not in device.modes):
        modes = ", ".join(device.modes) if device.can(MODE) else "none"
        raise ArgumentError(f"this device has the modes: {modes}")
    return arguments


def degrees_of(device: Device) -> tuple[float, float]:
    """Return the lowest and highest temperature that a device can be set to."""
    low, high = DEGREES
    return low if device.minimum is None else device.minimum, high if device.maximum is None else device.maximum


def settle_fan(device: Device, arguments: Arguments) -> Arguments:
    """Return on or off with the speed."""
    on, speed = arguments.get(ON), arguments.get(SPEED)
    if on is None and speed is None:
        raise ArgumentError("give on, speed, or both")
    if on is not None and speed is not None and on != (speed != 0):
        raise ArgumentError(f"on is {str(on).lower()} but speed is {speed}: 0 is off, leave one of the two out")
    if speed is None:
        return {ON: on}
    if speed == 0:
        return {ON: False}
    if not device.can(SPEED):
        raise ArgumentError("this fan has one speed only: leave speed out")
    return {ON: True, SPEED: speed}


def settle_scene(_device: Device, _arguments: Arguments) -> Arguments:
    """Return that the scene is to be activated."""
    return {ACTIVATE: True}


def confirmations(device: Device, settings: Arguments, reported: Collection[str]) -> Confirmations:
    """Return what confirms the settings, of the properties that a device reports."""
    action = settings.get(ACTION)
    if device.kind is None or not isinstance(action, str):
        return {name: (value,) for name, value in settings.items()}
    if action in _ENDS and device.can(POSITION) and POSITION in reported:
        return {POSITION: (_ENDS[action],)}
    after = _AFTER.get(device.kind, {}).get(action)
    return {} if after is None else {STATE: after}
