"""Cells of Zigbee2MQTT, Tasmota: the kinds as these two carry them (``mqtt-devices.md`` 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import codecs
from hubd.devices.cells import CLASS_KEYS, Cell, Codec, Row, Spot
from hubd.devices.expectations import number_of
from hubd.devices.model import Device
from hubd.devices.vocabulary import Kind, Property

_WORDS_ON_OFF: Final = codecs.on_off("ON", "OFF")
_THIRDS: Final = {"low": 100 / 3, "medium": 200 / 3, "high": 100.0}


def _zigbee(name: str, key: str, codec: Codec, *better: str) -> Row:
    """Return a property of a Zigbee device; better: keys that tell it more surely than the one that sets it."""
    reports = tuple(Spot("{topic}", (each,)) for each in (*better, key))
    return Row(name, codec, Spot("{topic}/set", (key,)), reports)


def _zigbee_read(name: str, key: str, codec: Codec) -> Row:
    return Row(name, codec, None, (Spot("{topic}", (key,)),))


def _fan_mode(_device: Device, percent: JsonValue) -> JsonValue:
    return next((name for name, most in _THIRDS.items() if isinstance(percent, int) and percent <= most), "high")


def _contact(device: Device, value: JsonValue) -> JsonValue:
    """Read true or false; a contact is true while it is closed."""
    told = codecs.YES_NO.read(device, value)
    inverted = device.key is None and device.device_class is not None and CLASS_KEYS[device.device_class] == "contact"
    return not told if inverted and isinstance(told, bool) else told


ZIGBEE2MQTT: Final[Mapping[Kind, Cell]] = {
    Kind.LIGHT: Cell(
        (
            _zigbee(Property.ON, "state{_endpoint}", _WORDS_ON_OFF),
            _zigbee(Property.BRIGHTNESS, "brightness{_endpoint}", codecs.level(254, "0 to 254")),
            _zigbee(Property.COLOR, "color{_endpoint}", codecs.COLOR_HEX),
            _zigbee(Property.COLOR_TEMPERATURE, "color_temp{_endpoint}", codecs.MIRED),
            _zigbee(Property.EFFECT, "effect", codecs.EFFECT),
        )
    ),
    Kind.SWITCH: Cell((_zigbee(Property.ON, "state{_endpoint}", _WORDS_ON_OFF),)),
    Kind.COVER: Cell(
        (
            Row(Property.ACTION, codecs.ACTION, Spot("{topic}/set", ("state{_endpoint}",))),
            _zigbee(Property.POSITION, "position{_endpoint}", codecs.PERCENT),
            _zigbee_read(
                Property.STATE, "state{_endpoint}", codecs.words({"open": "OPEN", "closed": "CLOSE", "stopped": "STOP"})
            ),
        )
    ),
    Kind.LOCK: Cell(
        (
            Row(Property.ACTION, codecs.ACTION, Spot("{topic}/set", ("state",))),
            Row(
                Property.STATE,
                codecs.words(
                    {"locked": "locked", "unlocked": "unlocked"},
                    {"not_fully_locked": "jammed", "LOCK": "locked", "UNLOCK": "unlocked"},
                ),
                None,
                (Spot("{topic}", ("lock_state",)), Spot("{topic}", ("state",))),
            ),
        )
    ),
    Kind.CLIMATE: Cell(
        (
            Row(
                Property.TEMPERATURE,
                codecs.DEGREES,
                Spot("{topic}/set", ("{setpoint}",)),
                (Spot("{topic}", ("{setpoint}",)),),
            ),
            _zigbee(Property.MODE, "system_mode", codecs.MODE),
            _zigbee_read(Property.CURRENT_TEMPERATURE, "local_temperature", codecs.DEGREES),
        )
    ),
    Kind.FAN: Cell(
        (
            _zigbee(Property.ON, "{fan_state}", _WORDS_ON_OFF),
            _zigbee(
                Property.SPEED,
                "fan_mode",
                Codec("low medium high", _fan_mode, lambda _device, value: _THIRDS.get(str(value))),
            ),
        )
    ),
    Kind.SCENE: Cell(
        (
            Row(
                Property.ACTIVATE,
                Codec("scene", lambda device, _value: device.scene, lambda *_: None),
                Spot("{topic}/set", ("scene_recall",)),
            ),
        )
    ),
    Kind.GROUP: Cell((_zigbee(Property.ON, "state", _WORDS_ON_OFF),)),
    Kind.SENSOR: Cell((_zigbee_read(Property.VALUE, "{key}", codecs.MEASURED),)),
    Kind.BINARY_SENSOR: Cell(
        (_zigbee_read(Property.ON, "{class_key}", Codec("true false", codecs.YES_NO.write, _contact)),)
    ),
    Kind.VALVE: Cell(
        (
            Row(
                Property.ACTION,
                codecs.words({"open": "ON", "close": "OFF"}),
                Spot("{topic}/set", ("state{_endpoint}",)),
            ),
            _zigbee_read(Property.STATE, "state{_endpoint}", codecs.words({"open": "ON", "closed": "OFF"})),
        )
    ),
}


def _tasmota(name: str, key: str, codec: Codec, *, command: str = "") -> Row:
    """Return a property of a Tasmota device, which reports at once and every 300 s."""
    return Row(name, codec, Spot(f"{{cmnd}}/{command or key}"), _tasmota_reports(key))


def _tasmota_reports(*keys: str) -> tuple[Spot, ...]:
    return Spot("{stat}/RESULT", keys), Spot("{tele}/STATE", keys)


def _shutter(device: Device, action: JsonValue) -> JsonValue:
    return f"Shutter{str(action).title()}{device.endpoint or 1}"


def _runs(_device: Device, speed: JsonValue) -> JsonValue:
    number = number_of(speed)
    return None if number is None else number > 0


_SHUTTER: Final = ("Shutter{first}", "Position")
TASMOTA: Final[Mapping[Kind, Cell]] = {
    Kind.LIGHT: Cell(
        (
            _tasmota(Property.ON, "POWER{endpoint}", _WORDS_ON_OFF),
            _tasmota(Property.BRIGHTNESS, "Dimmer", codecs.level(100, "0 to 100")),
            _tasmota(Property.COLOR, "HSBColor", codecs.COLOR_HSB, command="Color2"),
            _tasmota(Property.COLOR_TEMPERATURE, "CT", codecs.MIRED),
            _tasmota(Property.EFFECT, "Scheme", codecs.EFFECT_NUMBER),
        )
    ),
    Kind.SWITCH: Cell((_tasmota(Property.ON, "POWER{endpoint}", _WORDS_ON_OFF),)),
    Kind.COVER: Cell(
        (
            Row(
                Property.ACTION,
                Codec("ShutterOpen ShutterClose ShutterStop", _shutter, lambda *_: None),
                Spot("{cmnd}/Backlog"),
            ),
            Row(
                Property.POSITION,
                codecs.PERCENT,
                Spot("{cmnd}/ShutterPosition{first}"),
                (Spot("{stat}/RESULT", _SHUTTER), Spot("{tele}/SENSOR", _SHUTTER)),
            ),
        )
    ),
    Kind.FAN: Cell(
        (
            _tasmota(Property.SPEED, "FanSpeed", codecs.level(3, "0 to 3")),
            _tasmota(Property.ON, "FanSpeed", Codec("2 0", lambda _device, on: 2 if on else 0, _runs)),
        )
    ),
    Kind.GROUP: Cell((Row(Property.ON, _WORDS_ON_OFF, Spot("{cmnd}/POWER")),)),
    Kind.SENSOR: Cell((Row(Property.VALUE, codecs.MEASURED, None, (Spot("{tele}/SENSOR", ("{key}",)),)),)),
    Kind.BINARY_SENSOR: Cell(
        (Row(Property.ON, _WORDS_ON_OFF, None, (Spot("{stat}/RESULT", ("{key}",)), Spot("{tele}/SENSOR", ("{key}",)))),)
    ),
    Kind.VALVE: Cell(
        (
            Row(Property.ACTION, codecs.words({"open": "ON", "close": "OFF"}), Spot("{cmnd}/POWER{endpoint}")),
            Row(
                Property.STATE, codecs.words({"open": "ON", "closed": "OFF"}), None, _tasmota_reports("POWER{endpoint}")
            ),
        )
    ),
}
