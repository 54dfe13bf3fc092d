"""Tasmota's own discovery messages → entities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices.announced import Announcement, BrokenError, Entity, Gone, entity_of, object_of
from hubd.devices.announced_options import UnusableError

FILTER: Final = "tasmota/discovery/+/config"
_TOPIC: Final = re.compile(r"tasmota/discovery/([0-9A-Fa-f]{12})/config", re.ASCII)
_RELAY, _LIGHT, _SHUTTER = 1, 2, 3
_PARTS: Final[Mapping[str, str]] = {"cover": "shutter", "fan": "fan"}
# A device has one fan.
_FAN: Final = 1
# Subtypes of a light from which on it has whites, colours.
_WITH_WHITES: Final = (2, 5)
_WITH_COLORS: Final = (3, 4, 5)


def is_announcement(topic: str) -> bool:
    """Return whether the topic is one of Tasmota's own discovery."""
    return _TOPIC.fullmatch(topic) is not None


def read(topic: str, payload: bytes) -> Announcement | Gone:
    """Read a message (``mqtt-devices.md`` 1, native descriptions); raises BrokenError."""
    match = _TOPIC.fullmatch(topic)
    if match is None:
        raise BrokenError("the topic is not tasmota/discovery/<MAC address>/config")
    if not payload.strip():
        return Gone()
    message = object_of(payload)
    topics = _topics(message)
    entities: list[Entity] = []
    problems: list[str] = []
    for number, component, options in _channels(message, topics):
        own: dict[str, JsonValue] = {
            "unique_id": f"{match[1]}_{_PARTS.get(component, 'relay')}_{number - 1}",
            "name": message.get("dn") if component == "fan" else _name(message, number),
            "availability_topic": f"{topics['tele']}LWT",
            "payload_available": message.get("onln", "Online"),
            "payload_not_available": message.get("ofln", "Offline"),
        }
        try:
            entities += entity_of(topic, str(number), component, own | options, match[1], "tasmota/discovery").entities
        except UnusableError as error:
            problems.append(f"relay {number}: {error}")
    return Announcement(tuple(entities), tuple(problems))


def _topics(message: Mapping[str, JsonValue]) -> dict[str, str]:
    """Return what the device's topics begin with, for commands, answers, news."""
    pattern, own, prefixes = message.get("ft"), message.get("t"), message.get("tp")
    if not isinstance(pattern, str) or not isinstance(own, str) or not isinstance(prefixes, list):
        raise BrokenError("ft, t or tp is missing")
    if [type(prefix) for prefix in prefixes] != [str, str, str]:
        raise BrokenError("tp is no list of three texts")
    return {
        name: pattern.replace("%topic%", own).replace("%prefix%", str(prefix))
        for name, prefix in zip(("cmnd", "stat", "tele"), prefixes, strict=True)
    }


def _name(message: Mapping[str, JsonValue], number: int) -> JsonValue:
    names = message.get("fn")
    own = names[number - 1] if isinstance(names, list) and number <= len(names) else None
    return own if isinstance(own, str) and own.strip() else message.get("dn")


def _channels(
    message: Mapping[str, JsonValue], topics: Mapping[str, str]
) -> Iterator[tuple[int, str, dict[str, JsonValue]]]:
    """Yield number, component, options of each relay, light, shutter; the channels of a light are one."""
    relays = message.get("rl")
    kinds = relays if isinstance(relays, list) else []
    words = message.get("state")
    off, on = words[:2] if isinstance(words, list) and len(words) > 1 else ("OFF", "ON")
    result = f"{topics['stat']}RESULT"
    seen_light = False
    if message.get("if") == 1:
        # Of a fan's relays the first is its lamp, the others are the steps of its speed.
        kinds = kinds[:1]
        yield _FAN, "fan", _fan(topics)
    for number, kind in enumerate(kinds, start=1):
        power: dict[str, JsonValue] = {
            "command_topic": f"{topics['cmnd']}POWER{number}",
            "payload_on": on,
            "payload_off": off,
            "state_topic": result,
        }
        # With one relay the key is POWER or POWER1, by an option of the device's.
        template = f"{{{{ value_json.POWER{number} | default(value_json.POWER) }}}}"
        if kind == _RELAY:
            yield number, "switch", power | {"value_template": template}
        elif kind == _LIGHT and not seen_light:
            seen_light = True
            yield number, "light", power | {"state_value_template": template} | _light(message, topics)
        elif kind == _SHUTTER and kinds[:number].count(_SHUTTER) % 2 == 1:
            yield _shutter(kinds[:number].count(_SHUTTER) // 2 + 1, topics)


def _fan(topics: Mapping[str, str]) -> dict[str, JsonValue]:
    command, result = f"{topics['cmnd']}FanSpeed", f"{topics['stat']}RESULT"
    return {
        "command_topic": command,
        "payload_on": "2",
        "payload_off": "0",
        "state_topic": result,
        "state_value_template": "{{ 2 if value_json.FanSpeed | is_defined else 0 }}",
        "percentage_command_topic": command,
        "percentage_state_topic": result,
        "percentage_value_template": "{{ value_json.FanSpeed | is_defined }}",
        "speed_range_max": 3,
    }


def _light(message: Mapping[str, JsonValue], topics: Mapping[str, str]) -> dict[str, JsonValue]:
    subtype = message.get("lt_st")
    properties = {"brightness": "Dimmer"}
    if subtype in _WITH_WHITES:
        properties["color_temp"] = "CT"
    if subtype in _WITH_COLORS:
        properties["rgb"] = "Color2"
    options: dict[str, JsonValue] = {"brightness_scale": 100}
    for name, command in properties.items():
        options[f"{name}_command_topic"] = f"{topics['cmnd']}{command}"
        if name != "rgb":
            options[f"{name}_state_topic"] = f"{topics['stat']}RESULT"
            options[f"{name}_value_template"] = f"{{{{ value_json.{command} }}}}"
    return options


def _shutter(number: int, topics: Mapping[str, str]) -> tuple[int, str, dict[str, JsonValue]]:
    return (
        number,
        "cover",
        {
            # One topic for three commands: what it is given is carried out.
            "command_topic": f"{topics['cmnd']}Backlog",
            "payload_open": f"ShutterOpen{number}",
            "payload_close": f"ShutterClose{number}",
            "payload_stop": f"ShutterStop{number}",
            "set_position_topic": f"{topics['cmnd']}ShutterPosition{number}",
            "position_topic": f"{topics['stat']}RESULT",
            "position_template": f"{{{{ value_json.Shutter{number}.Position }}}}",
        },
    )
