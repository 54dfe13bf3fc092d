"""The kinds of devices, the dialects that they speak, the properties that they have."""

from __future__ import annotations

from enum import StrEnum


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


class Property(StrEnum):
    """What a device of a kind is told, or tells, at the front; the features are properties as well."""

    ON = "on"
    ACTION = "action"
    STATE = "state"
    VALUE = "value"
    TEMPERATURE = "temperature"
    CURRENT_TEMPERATURE = "current_temperature"
    ACTIVATE = "activate"
    LOCKED = "locked"
    BRIGHTNESS = Feature.BRIGHTNESS
    COLOR = Feature.COLOR
    COLOR_TEMPERATURE = Feature.COLOR_TEMPERATURE
    EFFECT = Feature.EFFECT
    POSITION = Feature.POSITION
    SPEED = Feature.SPEED
    MODE = Feature.MODE
    VOLUME = Feature.VOLUME
