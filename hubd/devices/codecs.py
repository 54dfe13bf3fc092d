"""How values are written at devices: words, levels, numbers, colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from hubd.devices import colors
from hubd.devices.cells import Codec, Translate
from hubd.devices.channels import Words
from hubd.devices.expectations import number_of
from hubd.devices.model import Device
from hubd.devices.offers import ACTIONS, STATES
from hubd.devices.vocabulary import Feature, Kind

_LEVEL_TOLERANCE = 2.0
_KELVIN_TOLERANCE = 100.0
_TEMPERATURE_TOLERANCE = 0.1
_MIRED = 1_000_000


def words(table: Mapping[JsonValue, JsonValue], also: Mapping[JsonValue, JsonValue] | None = None) -> Codec:
    """Return front value ↔ device value, by a table; also: further device values → front values."""
    back = [(value, name) for name, value in table.items()] + list((also or {}).items())
    return Codec(
        shown=" ".join(str(value) for value in table.values()),
        write=lambda _device, value: table[value],
        read=lambda _device, value: next((name for known, name in back if known == value), None),
    )


def switched(words: Callable[[Device], tuple[str, str]], reported: Callable[[Device], tuple[str, str]]) -> Codec:
    """Return on or off; words: device → what is sent for (on, off). reported: what the device says."""

    def write(device: Device, on: JsonValue) -> JsonValue:
        word_on, word_off = words(device)
        return word_on if on else word_off

    def read(device: Device, value: JsonValue) -> JsonValue:
        word_on, word_off = reported(device)
        return True if value == word_on else False if value == word_off else None

    return Codec("ON OFF", write, read)


def _text(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def on_off(on: JsonValue, off: JsonValue) -> Codec:
    """Return on or off by fixed values; nothing but these two is known."""

    def read(_device: Device, value: JsonValue) -> JsonValue:
        # 1 equals true, and is no such value.
        return next(
            (name for name, each in ((True, on), (False, off)) if value == each and type(value) is type(each)), None
        )

    return Codec(f"{_text(on)} {_text(off)}", lambda _device, value: on if value else off, read)


YES_NO = on_off(on=True, off=False)


def _reported(device: Device) -> tuple[str, str]:
    return device.reported_on, device.reported_off


OWN_ON_OFF = switched(lambda device: (device.payload_on, device.payload_off), _reported)


def level(scale: int | Callable[[Device], int], shown: str, least: int = 1) -> Codec:
    """Return percent at the front, a whole number from 0 to scale at the device; a little is never less than least."""

    def top(device: Device) -> int:
        return scale if isinstance(scale, int) else scale(device)

    def write(device: Device, percent: JsonValue) -> JsonValue:
        # A little light must not become none.
        return max(least, round((number_of(percent) or 0.0) / 100 * top(device)))

    def read(device: Device, value: JsonValue) -> JsonValue:
        number = number_of(value)
        return None if number is None else number_of(number / top(device) * 100)

    return Codec(shown, write, read, _LEVEL_TOLERANCE)


def _number(tolerance: float, shown: str) -> Codec:
    return Codec(
        shown=shown,
        write=lambda _device, value: value,
        read=lambda _device, value: number_of(value),
        tolerance=tolerance,
    )


def _own_scale(name: str, usual: int, least: int = 0) -> Codec:
    """Return percent at the front, a whole number from 0 to the channel's scale at the device."""
    return level(lambda device: device.channel(name).scale or usual, "0 to scale", least)


BRIGHTNESS = _own_scale(Feature.BRIGHTNESS, 255, least=1)
POSITION = _own_scale(Feature.POSITION, 100)
VOLUME = _own_scale(Feature.VOLUME, 100)
PERCENT = _number(_LEVEL_TOLERANCE, "0 to 100")
DEGREES = _number(_TEMPERATURE_TOLERANCE, "degrees")


def _read_only(shown: str, read: Translate) -> Codec:
    return Codec(shown, lambda _device, value: value, read)


def _measured(_device: Device, value: JsonValue) -> JsonValue:
    match value:
        case bool() | dict() | list() | None:
            return None
        case str() if value.casefold() in {"nan", "none", "null", "unknown", "unavailable", ""}:
            return None
        case _:
            number = number_of(value)
            return value if number is None else int(number) if number.is_integer() else number


MEASURED = _read_only("a number or text", _measured)


def _known_text(_device: Device, value: JsonValue) -> JsonValue:
    return value.casefold() if isinstance(value, str) and value.casefold() not in {"", "none"} else None


def _choice(options: Callable[[Device], tuple[str, ...]], shown: str) -> Codec:
    """Return one of the device's own texts, in its own spelling."""

    def read(device: Device, value: JsonValue) -> JsonValue:
        text = _known_text(device, value)
        return next((option for option in options(device) if option.casefold() == text), text)

    return Codec(shown, lambda _device, value: value, read)


EFFECT = _choice(lambda device: device.effects, "the effect's name")
MODE = _choice(lambda device: device.modes, "the mode's name")


def _written_effect(device: Device, value: JsonValue) -> JsonValue:
    return next((number for number, name in enumerate(device.effects) if name == value), 0)


def _read_effect(device: Device, value: JsonValue) -> JsonValue:
    number = number_of(value)
    known = number is not None and number.is_integer() and 0 <= number < len(device.effects)
    return device.effects[int(number)] if known and number is not None else None


EFFECT_NUMBER = Codec("the effect's place in effects", _written_effect, _read_effect)


def _written_mired(_device: Device, kelvin: JsonValue) -> JsonValue:
    return round(_MIRED / max(1.0, number_of(kelvin) or 0.0))


def _read_mired(_device: Device, value: JsonValue) -> JsonValue:
    mired = number_of(value)
    return round(_MIRED / mired) if mired and mired >= 1 else None


MIRED = Codec("mired", _written_mired, _read_mired, _KELVIN_TOLERANCE)
KELVIN = _number(_KELVIN_TOLERANCE, "kelvin")


def _numbers(value: JsonValue, keys: tuple[str, ...]) -> list[float] | None:
    """Return the numbers under the keys of an object, in a list, or in a text with commas; None unless all there."""
    match value:
        case dict():
            found: list[JsonValue] = [value.get(key) for key in keys]
        case list():
            found = value[: len(keys)]
        case str():
            found = list[JsonValue](value.split(",")[: len(keys)])
        case _:
            return None
    numbers = [number for each in found if (number := number_of(each)) is not None]
    return numbers if len(numbers) == len(keys) else None


def _read_color(_device: Device, value: JsonValue) -> JsonValue:
    """Read any of the ways in which colours are reported, hue and saturation before others."""
    for keys in (("hue", "saturation"), ("h", "s")):
        if isinstance(value, dict) and (pair := _numbers(value, keys)):
            return colors.name_of_hue(*pair)
    if isinstance(value, dict) and (pair := _numbers(value, ("x", "y"))):
        return colors.name_of_xy(*pair) if pair[1] > 0 else None
    return _read_rgb(_device, value)


def _read_rgb(_device: Device, value: JsonValue) -> JsonValue:
    parts = _numbers(value, ("r", "g", "b"))
    if parts is None or max(parts) <= 0:
        return None
    return colors.name_of_rgb(*(max(0.0, part) for part in parts))


def _read_hsb(_device: Device, value: JsonValue) -> JsonValue:
    parts = _numbers(value, ("h", "s", "b"))
    return colors.name_of_hue(parts[0], parts[1]) if parts else None


def _rgb(name: JsonValue) -> colors.Rgb:
    return colors.rgb_of(str(name))


COLOR_HEX = Codec(
    '{"hex":"#RRGGBB"}', lambda _device, name: {"hex": "#{:02X}{:02X}{:02X}".format(*_rgb(name))}, _read_color
)
COLOR_OBJECT = Codec(
    '{"r":…,"g":…,"b":…}', lambda _device, name: dict(zip("rgb", _rgb(name), strict=True)), _read_color
)
COLOR_LIST = Codec("[r,g,b]", lambda _device, name: list(_rgb(name)), _read_rgb)
COLOR_TEXT = Codec("r,g,b", lambda _device, name: ",".join(map(str, _rgb(name))), _read_rgb)
COLOR_HSB = Codec("r,g,b", COLOR_TEXT.write, _read_hsb)


def _own_words(chosen: Callable[[Device], Words], usual: Callable[[Device], Words], shown: str) -> Codec:
    """Return hubd's words ↔ the device's: those that it was given, else the usual ones."""

    def write(device: Device, value: JsonValue) -> JsonValue:
        return {**usual(device), **chosen(device)}[str(value)]

    def read(device: Device, value: JsonValue) -> JsonValue:
        table = {**usual(device), **chosen(device)}
        return next((name for name, word in table.items() if value == word), None)

    return Codec(shown, write, read)


def _of_kind(table: Mapping[Kind, Words]) -> Callable[[Device], Words]:
    return lambda device: table.get(device.kind, {}) if device.kind is not None else {}


ACTION = _own_words(lambda device: device.payloads, _of_kind(ACTIONS), "payloads")
STATE = _own_words(lambda device: device.states, _of_kind(STATES), "states")
