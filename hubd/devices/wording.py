"""What a device is, in words that follow "is"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, assert_never

from hubd.devices.model import Device, Kind
from hubd.devices.offers import STATES
from hubd.devices.settling import Arguments
from hubd.devices.vocabulary import DeviceClass, Property

_CLASS_WORDS: Final[Mapping[DeviceClass | None, tuple[str, str]]] = {
    None: ("on", "off"),
    DeviceClass.DOOR: ("open", "closed"),
    DeviceClass.WINDOW: ("open", "closed"),
    DeviceClass.GARAGE_DOOR: ("open", "closed"),
    DeviceClass.MOTION: ("seeing motion", "seeing no motion"),
    DeviceClass.OCCUPANCY: ("occupied", "free"),
    DeviceClass.MOISTURE: ("wet", "dry"),
    DeviceClass.SMOKE: ("smelling smoke", "smelling no smoke"),
    DeviceClass.GAS: ("smelling gas", "smelling no gas"),
    DeviceClass.VIBRATION: ("shaking", "still"),
}
_OPEN, _CLOSED = 99, 1


def phrase(device: Device, state: Arguments) -> str:
    """Return what follows "is" in a sentence, as "on at 30 percent"; empty if the state says nothing.

    state: in the front's units, numbers as a person says them. It may hold the settings of a command instead of what
    was reported.
    """
    return _PHRASES[device.kind](device, state) if device.kind is not None else ""


def words_for(device: Device) -> tuple[str, ...]:
    """Return the words of which one says how such a device is: on or off; none for what is no matter of a word."""
    match device.kind:
        case Kind.LIGHT | Kind.SWITCH | Kind.FAN | Kind.GROUP:
            return ("on", "off")
        case Kind.BINARY_SENSOR:
            return _CLASS_WORDS[device.device_class]
        case Kind.COVER | Kind.VALVE:
            return ("open", "closed")
        case Kind.LOCK | Kind.MEDIA_PLAYER | Kind.VACUUM | Kind.ALARM:
            return tuple(STATES[device.kind])
        case Kind.CLIMATE | Kind.SCENE | Kind.SENSOR | None:
            return ()
        case _:
            assert_never(device.kind)


def word_for(device: Device, state: Arguments) -> str:
    """Return the word that says how a device is, of words_for(); empty if that is not known. state: as for phrase()."""
    match device.kind:
        case Kind.COVER | Kind.VALVE:
            # What is on its way, or half open, is open.
            said = _opening(device, state)
            return said if said in {"closed", "", "stopped"} else "open"
        case Kind.LOCK | Kind.MEDIA_PLAYER | Kind.VACUUM | Kind.ALARM:
            return str(state.get(Property.STATE) or "")
        case Kind.BINARY_SENSOR:
            return _told_apart(device, state)
        case _:
            return _on_off(device, state)


def _on_off(_device: Device, state: Arguments) -> str:
    match state.get(Property.ON):
        case True:
            return "on"
        case False:
            return "off"
        case _:
            return ""


def _light(device: Device, state: Arguments) -> str:
    said = _on_off(device, state)
    if state.get(Property.ON) is not True:
        return said
    brightness, effect = state.get(Property.BRIGHTNESS), state.get(Property.EFFECT)
    color, kelvin = state.get(Property.COLOR), state.get(Property.COLOR_TEMPERATURE)
    if isinstance(brightness, int | float):
        said += f" at {round(brightness)} percent"
    # A lamp that has both tells both, and only one of them is to be seen.
    if isinstance(color, str) and kelvin is None:
        said += f", {color}"
    elif isinstance(kelvin, int | float) and color is None:
        said += f", {round(kelvin)} kelvin"
    return said + (f", with the effect {effect}" if isinstance(effect, str) else "")


def _opening(_device: Device, state: Arguments) -> str:
    action, word, position = state.get(Property.ACTION), state.get(Property.STATE), state.get(Property.POSITION)
    if isinstance(action, str):
        return {"open": "open", "close": "closed", "stop": "stopped"}[action]
    if word in {"opening", "closing"} or not isinstance(position, int | float):
        return word if isinstance(word, str) else ""
    if _CLOSED < position < _OPEN:
        return f"{round(position)} percent open"
    return "open" if position >= _OPEN else "closed"


def _told(words: Mapping[str, str]) -> Callable[[Device, Arguments], str]:
    """Return how to say an action, else the state; words: action → what the device is then."""

    def say(_device: Device, state: Arguments) -> str:
        action, word = state.get(Property.ACTION), state.get(Property.STATE)
        if isinstance(action, str):
            return words.get(action, action)
        return word if isinstance(word, str) else ""

    return say


def _climate(_device: Device, state: Arguments) -> str:
    temperature, mode = state.get(Property.TEMPERATURE), state.get(Property.MODE)
    said = [f"set to {temperature:g} degrees"] if isinstance(temperature, int | float) else []
    said += [f"in the mode {mode}"] if isinstance(mode, str) else []
    return ", ".join(said)


def _fan(device: Device, state: Arguments) -> str:
    speed = state.get(Property.SPEED)
    said = _on_off(device, state)
    return f"{said} at {round(speed)} percent" if said == "on" and isinstance(speed, int | float) else said


def _media_player(device: Device, state: Arguments) -> str:
    volume = state.get(Property.VOLUME)
    said = _told(
        {"play": "playing", "pause": "paused", "stop": "stopped", "next": "at the next title"}
        | {"previous": "at the previous title"}
    )(device, state)
    loud = f"at volume {round(volume)} percent" if isinstance(volume, int | float) else ""
    return " ".join(filter(None, (said, loud)))


def _measured(device: Device, state: Arguments) -> str:
    value = state.get(Property.VALUE)
    if value is None:
        return ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{text} {device.unit}" if device.unit else text


def _told_apart(device: Device, state: Arguments) -> str:
    told = state.get(Property.ON)
    yes, no = _CLASS_WORDS[device.device_class]
    return {True: yes, False: no}.get(told, "") if isinstance(told, bool) else ""


def _scene(_device: Device, _state: Arguments) -> str:
    return "activated"


_PHRASES: Final[Mapping[Kind, Callable[[Device, Arguments], str]]] = {
    Kind.LIGHT: _light,
    Kind.SWITCH: _on_off,
    Kind.COVER: _opening,
    Kind.LOCK: _told({"lock": "locked", "unlock": "unlocked"}),
    Kind.CLIMATE: _climate,
    Kind.FAN: _fan,
    Kind.MEDIA_PLAYER: _media_player,
    Kind.SCENE: _scene,
    Kind.GROUP: _on_off,
    Kind.SENSOR: _measured,
    Kind.BINARY_SENSOR: _told_apart,
    Kind.VACUUM: _told(
        {
            "start": "cleaning",
            "clean spot": "cleaning",
            "pause": "paused",
            "stop": "stopped",
            "return": "on its way home",
        }
        | {"locate": "making itself heard"}
    ),
    Kind.ALARM: _told(
        {"disarm": "disarmed"} | {f"arm {how}": f"armed {how}" for how in ("home", "away", "night", "vacation")}
    ),
    Kind.VALVE: _opening,
}
