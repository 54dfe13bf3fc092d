"""Cells of ESPHome, Shelly, Home Assistant, plain topics: the kinds as these carry them (``mqtt-devices.md`` 1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import codecs
from hubd.devices.cells import Cell, Codec, Row, Spot
from hubd.devices.vocabulary import Kind, Property

_ON_OFF: Final = codecs.on_off("ON", "OFF")
_BYTE: Final = codecs.level(255, "0 to 255")
_SPEED: Final = codecs.level(lambda device: device.speeds, "0 to speeds")
_PRESS: Final = Codec("PRESS", lambda _device, _value: "PRESS", lambda *_: None)
_ACTIVATE: Final = Codec("payload_on", lambda device, _value: device.payload_on, lambda *_: None)


def _json_light(command: str, state: str) -> Cell:
    """Return a light by Home Assistant's JSON schema, which ESPHome speaks too."""
    rows = {
        Property.ON: ("state", _ON_OFF),
        Property.BRIGHTNESS: ("brightness", _BYTE),
        Property.COLOR: ("color", codecs.COLOR_OBJECT),
        Property.COLOR_TEMPERATURE: ("color_temp", codecs.MIRED),
        Property.EFFECT: ("effect", codecs.EFFECT),
    }
    return Cell(
        tuple(Row(name, codec, Spot(command, (key,)), (Spot(state, (key,)),)) for name, (key, codec) in rows.items())
    )


def _esphome(name: str, codec: Codec, below: str = "") -> Row:
    """Return a property of an ESPHome component; below: what stands between its topic and command or state."""
    return Row(name, codec, Spot(f"{{topic}}{below}/command"), (Spot(f"{{topic}}{below}/state"),))


def _esphome_read(name: str, codec: Codec, below: str = "") -> Row:
    return Row(name, codec, None, (Spot(f"{{topic}}{below}/state"),))


_ESPHOME_ACTION: Final = Row(Property.ACTION, codecs.ACTION, Spot("{topic}/command"))
_ESPHOME_OPENING: Final = Cell(
    (
        _ESPHOME_ACTION,
        _esphome(Property.POSITION, codecs.PERCENT, "/position"),
        _esphome_read(Property.STATE, codecs.STATE),
    )
)
ESPHOME: Final[Mapping[Kind, Cell]] = {
    Kind.LIGHT: _json_light("{topic}/command", "{topic}/state"),
    Kind.SWITCH: Cell((_esphome(Property.ON, _ON_OFF),)),
    Kind.COVER: _ESPHOME_OPENING,
    Kind.LOCK: Cell((_ESPHOME_ACTION, _esphome_read(Property.STATE, codecs.STATE))),
    Kind.CLIMATE: Cell(
        (
            _esphome(Property.TEMPERATURE, codecs.DEGREES, "/target_temperature"),
            _esphome(Property.MODE, codecs.MODE, "/mode"),
            _esphome_read(Property.CURRENT_TEMPERATURE, codecs.DEGREES, "/current_temperature"),
        )
    ),
    Kind.FAN: Cell((_esphome(Property.ON, _ON_OFF), _esphome(Property.SPEED, _SPEED, "/speed_level"))),
    Kind.SCENE: Cell((Row(Property.ACTIVATE, _PRESS, Spot("{topic}/command")),)),
    Kind.SENSOR: Cell((_esphome_read(Property.VALUE, codecs.MEASURED),)),
    Kind.BINARY_SENSOR: Cell((_esphome_read(Property.ON, _ON_OFF),)),
    Kind.ALARM: Cell((_ESPHOME_ACTION, _esphome_read(Property.STATE, codecs.STATE))),
    Kind.VALVE: _ESPHOME_OPENING,
}


def _shelly_reports(key: str) -> tuple[Spot, ...]:
    """Return where a Shelly tells of itself: in the answer to a question, at changes, in a status if that is on."""
    return (
        Spot("{topic}/hubd/{part}:{zero}/rpc", ("result", key)),
        Spot("{topic}/events/rpc", ("params", "{part}:{zero}", key)),
        Spot("{topic}/status/{part}:{zero}", (key,)),
    )


def _shelly(name: str, key: str, codec: Codec, reported: str = "") -> Row:
    return Row(name, codec, Spot("{topic}/rpc", ("params", key)), _shelly_reports(reported or key))


SHELLY_CALL: Final[Mapping[str, JsonValue]] = {
    "id": 1,
    "src": "{topic}/hubd/{part}:{zero}",
    "method": "{component}.Set",
    "params": {"id": "{zero}"},
}
_SHELLY_COMMAND: Final = Spot("{topic}/command/{part}:{zero}")
_SHELLY_VALUE: Final = (
    Spot("{topic}/events/rpc", ("params", "{source}", "{rest}")),
    Spot("{topic}/status/{source}", ("{rest}",)),
)
SHELLY: Final[Mapping[Kind, Cell]] = {
    Kind.LIGHT: Cell(
        (
            _shelly(Property.ON, "on", codecs.YES_NO, "output"),
            _shelly(Property.BRIGHTNESS, "brightness", codecs.level(100, "0 to 100")),
            _shelly(Property.COLOR, "rgb", codecs.COLOR_LIST),
            _shelly(Property.COLOR_TEMPERATURE, "ct", codecs.KELVIN),
        ),
        SHELLY_CALL,
    ),
    Kind.SWITCH: Cell((_shelly(Property.ON, "on", codecs.YES_NO, "output"),), SHELLY_CALL),
    Kind.COVER: Cell(
        (
            Row(Property.ACTION, codecs.words({"open": "open", "close": "close", "stop": "stop"}), _SHELLY_COMMAND),
            Row(
                Property.POSITION,
                Codec(
                    "pos,0 to 100",
                    lambda _device, percent: f"pos,{percent}",
                    codecs.PERCENT.read,
                    codecs.PERCENT.tolerance,
                ),
                _SHELLY_COMMAND,
                _shelly_reports("current_pos"),
            ),
            Row(Property.STATE, codecs.STATE, None, _shelly_reports("state")),
        )
    ),
    Kind.SENSOR: Cell((Row(Property.VALUE, codecs.MEASURED, None, _SHELLY_VALUE),)),
    Kind.BINARY_SENSOR: Cell((Row(Property.ON, codecs.YES_NO, None, _SHELLY_VALUE),)),
    Kind.VALVE: Cell(
        (
            Row(Property.ACTION, codecs.words({"open": True, "close": False}), Spot("{topic}/rpc", ("params", "on"))),
            Row(Property.STATE, codecs.words({"open": True, "closed": False}), None, _shelly_reports("output")),
        ),
        SHELLY_CALL,
    ),
}


def _main(name: str, codec: Codec) -> Row:
    return Row(name, codec, Spot("{command_topic}"), (Spot("{state_topic}"),))


def _channel(name: str, codec: Codec) -> Row:
    return Row(name, codec, Spot(f"{{{name}.command_topic}}"), (Spot(f"{{{name}.state_topic}}"),))


_ACTION: Final = Row(Property.ACTION, codecs.ACTION, Spot("{command_topic}"))
_STATE: Final = Row(Property.STATE, codecs.STATE, None, (Spot("{state_topic}"),))
_TOLD: Final = Cell((_ACTION, _STATE))
_OPENING: Final = Cell((_ACTION, _channel(Property.POSITION, codecs.POSITION), _STATE))
_READING: Final = (Spot("{state_topic}", ("{key?}",)),)

PLAIN: Final[Mapping[Kind, Cell]] = {
    Kind.LIGHT: Cell(
        (
            _main(Property.ON, codecs.OWN_ON_OFF),
            _channel(Property.BRIGHTNESS, codecs.BRIGHTNESS),
            _channel(Property.COLOR, codecs.COLOR_TEXT),
            _channel(Property.COLOR_TEMPERATURE, codecs.MIRED),
            _channel(Property.EFFECT, codecs.EFFECT),
        )
    ),
    Kind.SWITCH: Cell((_main(Property.ON, codecs.OWN_ON_OFF),)),
    Kind.COVER: _OPENING,
    Kind.LOCK: _TOLD,
    Kind.CLIMATE: Cell(
        (
            _main(Property.TEMPERATURE, codecs.DEGREES),
            _channel(Property.MODE, codecs.MODE),
            Row(Property.CURRENT_TEMPERATURE, codecs.DEGREES, None, (Spot("{current_temperature.state_topic}"),)),
        )
    ),
    Kind.FAN: Cell((_main(Property.ON, codecs.OWN_ON_OFF), _channel(Property.SPEED, _SPEED))),
    Kind.MEDIA_PLAYER: Cell((_ACTION, _channel(Property.VOLUME, codecs.VOLUME), _STATE)),
    Kind.SCENE: Cell((Row(Property.ACTIVATE, _ACTIVATE, Spot("{command_topic}")),)),
    Kind.GROUP: Cell((_main(Property.ON, codecs.OWN_ON_OFF),)),
    Kind.SENSOR: Cell((Row(Property.VALUE, codecs.MEASURED, None, _READING),)),
    Kind.BINARY_SENSOR: Cell((Row(Property.ON, codecs.OWN_ON_OFF, None, _READING),)),
    Kind.VACUUM: _TOLD,
    Kind.ALARM: _TOLD,
    Kind.VALVE: _OPENING,
}

HOME_ASSISTANT: Final[Mapping[Kind, Cell]] = {
    **{kind: cell for kind, cell in PLAIN.items() if kind is not Kind.MEDIA_PLAYER},
    Kind.LIGHT: _json_light("{command_topic}", "{state_topic}"),
    Kind.VACUUM: Cell((_ACTION, Row(Property.STATE, codecs.STATE, None, (Spot("{state_topic}", ("state",)),)))),
}
