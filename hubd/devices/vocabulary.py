"""The kinds of devices, the dialects that they speak, the names of what they are told or tell."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What a device is; a kind brings its functions (``kinds.py``)."""

    LIGHT = "light"
    SWITCH = "switch"
    COVER = "cover"
    LOCK = "lock"
    CLIMATE = "climate"
    FAN = "fan"
    MEDIA_PLAYER = "media_player"
    SCENE = "scene"
    GROUP = "group"
    SENSOR = "sensor"
    BINARY_SENSOR = "binary_sensor"
    VACUUM = "vacuum"
    ALARM = "alarm"
    VALVE = "valve"


class Dialect(StrEnum):
    """How a device is spoken to over MQTT (``dialects.py``)."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    TASMOTA = "tasmota"
    ESPHOME = "esphome"
    HOME_ASSISTANT = "home-assistant"
    SHELLY = "shelly"
    PLAIN = "plain"


class Feature(StrEnum):
    """What some devices of a kind can do, others not."""

    BRIGHTNESS = "brightness"
    COLOR = "color"
    COLOR_TEMPERATURE = "color_temperature"
    EFFECT = "effect"
    POSITION = "position"
    SPEED = "speed"
    MODE = "mode"
    VOLUME = "volume"


class DeviceClass(StrEnum):
    """What a binary sensor tells."""

    DOOR = "door"
    WINDOW = "window"
    GARAGE_DOOR = "garage_door"
    MOTION = "motion"
    OCCUPANCY = "occupancy"
    MOISTURE = "moisture"
    SMOKE = "smoke"
    GAS = "gas"
    VIBRATION = "vibration"


# Names of properties at the front, beside the features'.
ON: Final = "on"
ACTION: Final = "action"
STATE: Final = "state"
VALUE: Final = "value"
TEMPERATURE: Final = "temperature"
CURRENT_TEMPERATURE: Final = "current_temperature"
ACTIVATE: Final = "activate"
LOCKED: Final = "locked"
BRIGHTNESS: Final = Feature.BRIGHTNESS.value
COLOR: Final = Feature.COLOR.value
COLOR_TEMPERATURE: Final = Feature.COLOR_TEMPERATURE.value
EFFECT: Final = Feature.EFFECT.value
POSITION: Final = Feature.POSITION.value
SPEED: Final = Feature.SPEED.value
MODE: Final = Feature.MODE.value
VOLUME: Final = Feature.VOLUME.value
