"""What each dialect offers for each kind, or why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubd.devices.vocabulary import Dialect, Feature, Kind

_NOTHING: Final[frozenset[Feature]] = frozenset()
_LIGHT: Final = frozenset({Feature.BRIGHTNESS, Feature.COLOR, Feature.COLOR_TEMPERATURE, Feature.EFFECT})
_POSITION: Final = frozenset({Feature.POSITION})
_SPEED: Final = frozenset({Feature.SPEED})
_MODE: Final = frozenset({Feature.MODE})

# Of topics of one's own each kind can be made.
_ALL: Final[Mapping[Kind, frozenset[Feature]]] = {
    Kind.LIGHT: _LIGHT,
    Kind.SWITCH: _NOTHING,
    Kind.COVER: _POSITION,
    Kind.LOCK: _NOTHING,
    Kind.CLIMATE: _MODE,
    Kind.FAN: _SPEED,
    Kind.MEDIA_PLAYER: frozenset({Feature.VOLUME}),
    Kind.SCENE: _NOTHING,
    Kind.GROUP: _NOTHING,
    Kind.SENSOR: _NOTHING,
    Kind.BINARY_SENSOR: _NOTHING,
    Kind.VACUUM: _NOTHING,
    Kind.ALARM: _NOTHING,
    Kind.VALVE: _POSITION,
}

_A_RELAY: Final = 'a relay can\'t tell that a door is locked: use kind = "switch" or a function spelled out'
# Features that a device of the dialect may have, or the reason why there are no such devices (``mqtt-devices.md`` 1).
OFFERS: Final[Mapping[Dialect, Mapping[Kind, frozenset[Feature] | str]]] = {
    Dialect.ZIGBEE2MQTT: {
        **_ALL,
        Kind.MEDIA_PLAYER: "Zigbee2MQTT knows no media players",
        Kind.VACUUM: "Zigbee2MQTT knows no vacuum cleaners",
        Kind.ALARM: "a Zigbee keypad is told the mode of an alarm system, it is none itself",
        Kind.VALVE: _NOTHING,
    },
    Dialect.TASMOTA: {
        **_ALL,
        Kind.LOCK: _A_RELAY,
        Kind.CLIMATE: "Tasmota's thermostats and infrared senders differ: use a function spelled out",
        Kind.MEDIA_PLAYER: "Tasmota knows no media players",
        Kind.SCENE: "Tasmota knows no scenes: use a function spelled out",
        Kind.VACUUM: "Tasmota knows no vacuum cleaners",
        Kind.ALARM: "Tasmota knows no alarm panels",
        Kind.VALVE: _NOTHING,
    },
    Dialect.ESPHOME: {
        **_ALL,
        Kind.MEDIA_PLAYER: "ESPHome's media players are not on MQTT",
        Kind.GROUP: "ESPHome knows no groups",
        Kind.VACUUM: "ESPHome knows no vacuum cleaners",
    },
    Dialect.HOME_ASSISTANT: {
        **_ALL,
        Kind.MEDIA_PLAYER: 'Home Assistant has no media players on MQTT: use dialect = "plain"',
    },
    Dialect.SHELLY: {
        **_ALL,
        Kind.LIGHT: _LIGHT - {Feature.EFFECT},
        Kind.LOCK: _A_RELAY,
        Kind.CLIMATE: "Shelly's thermostats differ: use a function spelled out",
        Kind.FAN: 'Shelly knows no fans: use kind = "switch"',
        Kind.MEDIA_PLAYER: "Shelly knows no media players",
        Kind.SCENE: "Shelly knows no scenes on MQTT: use a function spelled out",
        Kind.GROUP: "Shelly knows no groups on MQTT",
        Kind.VACUUM: "Shelly knows no vacuum cleaners",
        Kind.ALARM: "Shelly knows no alarm panels",
        Kind.VALVE: _NOTHING,
    },
    Dialect.PLAIN: _ALL,
}

# What a device of a kind can do if nothing is said about it.
USUAL: Final[Mapping[Kind, frozenset[Feature]]] = {
    Kind.LIGHT: frozenset({Feature.BRIGHTNESS}),
    Kind.COVER: _POSITION,
    Kind.CLIMATE: _MODE,
    Kind.FAN: _SPEED,
}

# What devices of a kind can be told in a word, with the word that most devices take.
ACTIONS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.COVER: {"open": "OPEN", "close": "CLOSE", "stop": "STOP"},
    Kind.LOCK: {"lock": "LOCK", "unlock": "UNLOCK"},
    Kind.MEDIA_PLAYER: {"play": "PLAY", "pause": "PAUSE", "stop": "STOP", "next": "NEXT", "previous": "PREVIOUS"},
    Kind.VACUUM: {
        "start": "start",
        "pause": "pause",
        "stop": "stop",
        "return": "return_to_base",
        "clean spot": "clean_spot",
        "locate": "locate",
    },
    Kind.ALARM: {
        "disarm": "DISARM",
        "arm home": "ARM_HOME",
        "arm away": "ARM_AWAY",
        "arm night": "ARM_NIGHT",
        "arm vacation": "ARM_VACATION",
    },
    Kind.VALVE: {"open": "OPEN", "close": "CLOSE", "stop": "STOP"},
}

_OPENING: Final = {word: word for word in ("open", "opening", "closed", "closing", "stopped")}
# What devices of a kind report in a word, with the word that most devices use.
STATES: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.COVER: _OPENING,
    Kind.LOCK: {word: word.upper() for word in ("locked", "unlocked", "locking", "unlocking", "jammed")},
    Kind.MEDIA_PLAYER: {word: word for word in ("playing", "paused", "stopped", "idle", "off")},
    Kind.VACUUM: {word: word for word in ("cleaning", "docked", "paused", "idle", "returning", "error")},
    Kind.ALARM: {
        word: word.replace(" ", "_")
        for word in (
            *("disarmed", "armed home", "armed away", "armed night", "armed vacation"),
            *("arming", "disarming", "pending", "triggered"),
        )
    },
    Kind.VALVE: _OPENING,
}
