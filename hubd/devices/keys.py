"""Which options a device takes, in which form, by its dialect, by its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from hubd.devices.vocabulary import Dialect, Kind

DIMMING: Final = frozenset({"brightness_command_topic", "brightness_state_topic", "brightness_scale"})
_ON_OFF: Final = frozenset({"payload_on", "payload_off", "state_on", "state_off"})
_TOPICS: Final = frozenset({"command_topic", "state_topic", "channels", "payloads", "states", *_ON_OFF, *DIMMING})
_READING: Final = frozenset({"key", "unit", "device_class"})
_RANGE: Final = frozenset({"minimum", "maximum"})
_SETTINGS: Final = frozenset({"effects", "modes", "speeds", *_RANGE, *_READING})

# Which options a dialect needs, and which it may have besides; the others of these options it may not.
BY_DIALECT: Final[Mapping[Dialect | None, tuple[frozenset[str], frozenset[str]]]] = {
    Dialect.ZIGBEE2MQTT: (
        frozenset({"topic"}),
        frozenset({"dimmable", "endpoint", "features", "scene", *_SETTINGS}) - {"speeds"},
    ),
    Dialect.TASMOTA: (
        frozenset({"topic"}),
        frozenset({"dimmable", "endpoint", "features", "effects", *_RANGE, *_READING}),
    ),
    Dialect.ESPHOME: (frozenset({"topic"}), frozenset({"dimmable", "features", *_SETTINGS})),
    Dialect.HOME_ASSISTANT: (frozenset(), frozenset({"topic", "dimmable", "features", *_SETTINGS, *_TOPICS})),
    Dialect.SHELLY: (frozenset({"topic"}), frozenset({"dimmable", "endpoint", "features", *_RANGE, *_READING})),
    Dialect.PLAIN: (frozenset({"command_topic"}), frozenset(_TOPICS | _SETTINGS)),
    None: (frozenset(), frozenset()),
}
OF_DIALECTS: Final = sorted({key for needed, further in BY_DIALECT.values() for key in needed | further})

READ_ONLY: Final = frozenset({Kind.SENSOR, Kind.BINARY_SENSOR})
# Dialects in which one report holds many values.
_JSON: Final = frozenset({Dialect.ZIGBEE2MQTT, Dialect.TASMOTA, Dialect.SHELLY})
_LIGHTS: Final = frozenset({Kind.LIGHT})
_SWITCHED: Final = frozenset({Kind.LIGHT, Kind.SWITCH, Kind.FAN, Kind.GROUP})
# Options that are for some kinds only.
BY_KIND: Final[Mapping[str, frozenset[Kind]]] = {
    **dict.fromkeys([*DIMMING, "effects"], _LIGHTS),
    **dict.fromkeys(["minimum", "maximum"], _LIGHTS | {Kind.CLIMATE}),
    **dict.fromkeys(["state_on", "state_off"], _SWITCHED | {Kind.BINARY_SENSOR}),
    "payload_on": _SWITCHED | {Kind.SCENE},
    "payload_off": _SWITCHED,
    "modes": frozenset({Kind.CLIMATE}),
    "speeds": frozenset({Kind.FAN}),
    "scene": frozenset({Kind.SCENE}),
    "key": READ_ONLY | {Kind.CLIMATE, Kind.FAN},
    "unit": frozenset({Kind.SENSOR}),
    "device_class": frozenset({Kind.BINARY_SENSOR}),
}
# What is no device's own topic but one of those around it, with what is to be given instead.
_AROUND: Final[Mapping[Dialect | None, tuple[str, str]]] = {
    Dialect.ZIGBEE2MQTT: (r".*/[sg]et", "the device's own topic, without /set or /get"),
    Dialect.TASMOTA: (
        r".*%topic%.*|(cmnd|stat|tele)/.*|.*/",
        "the device's own topic, in place of %topic%, without cmnd/ before it or / behind it",
    ),
    Dialect.HOME_ASSISTANT: (r".*/set", "the device's own topic, without /set"),
    Dialect.SHELLY: (
        r".*/(rpc|(status|command)/\w+:\d+)",
        "the device's prefix, without /rpc or what else stands behind it",
    ),
}


def topic_wanted(dialect: Dialect | None, topic: str) -> str:
    """Return what is wanted instead of a topic that is not the device's own, or nothing."""
    if dialect not in _AROUND:
        return ""
    around, own = _AROUND[dialect]
    return own if re.fullmatch(around, topic) else ""


def needed(dialect: Dialect | None, kind: Kind | None) -> frozenset[str]:
    """Return the options that a device has to have."""
    always = BY_DIALECT[dialect][0]
    if dialect is Dialect.PLAIN and kind in READ_ONLY:
        return frozenset({"state_topic"})
    if dialect is Dialect.ZIGBEE2MQTT and kind is Kind.SCENE:
        return always | {"scene"}
    if kind in READ_ONLY and dialect in _JSON and (kind, dialect) != (Kind.BINARY_SENSOR, Dialect.ZIGBEE2MQTT):
        return always | {"key"}
    return always


def takes(dialect: Dialect | None, kind: Kind | None) -> frozenset[str]:
    """Return the options that a device may have, of those that not every device has."""
    always, further = BY_DIALECT[dialect]
    taken = {key for key in always | further if kind is None or kind in BY_KIND.get(key, {kind})}
    if kind in READ_ONLY:
        return frozenset(taken - {"command_topic"})
    # Only what is set by an object has a key to set it by.
    return frozenset(taken if dialect is Dialect.ZIGBEE2MQTT or kind is None else taken - {"key"})
