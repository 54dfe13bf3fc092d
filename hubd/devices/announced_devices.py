"""Entities → devices: one table row per component."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

from pydantic import JsonValue, ValidationError

from hubd.devices import announced_lights, announced_movers, announced_things
from hubd.devices.announced import Entity, Voice
from hubd.devices.announced_light_units import kelvin_range
from hubd.devices.announced_options import command_topics
from hubd.devices.announced_presence import presence
from hubd.devices.announced_reports import Options, list_option, number_option
from hubd.devices.discovered import DiscoveredDevice, Speech
from hubd.devices.spoken_names import unit_in_words
from hubd.devices.vocabulary import DeviceClass, Dialect, Kind

_MAX_ID: Final = 64
_WITHIN: Final = 4.0
_QUICK: Final = frozenset({Kind.LIGHT, Kind.SWITCH, Kind.FAN})
# What the model is told of one device stays small.
_MOST_EFFECTS: Final = 40
_MOST_MODES: Final = 16
_HEATER_MODES: Final = ("off", "eco", "electric", "gas", "heat_pump", "high_demand", "performance")
# Classes of Home Assistant's whose words are those of another one.
_ALIKE: Final[Mapping[str, str]] = {
    "carbon_monoxide": DeviceClass.GAS,
    "opening": DeviceClass.DOOR,
    "presence": DeviceClass.OCCUPANCY,
}


@dataclass(frozen=True, slots=True)
class Row:
    """How a component becomes a device.

    kind: what it is then. speech: how it is spoken to. further: the options of such a device.
    """

    kind: Kind
    speech: Callable[[Options], Speech]
    further: Callable[[Options], dict[str, JsonValue]] = lambda _options: {}


@dataclass(frozen=True, slots=True)
class NotOffered:
    """Why an entity is no device for the voice."""

    reason: str


def _light(options: Options) -> dict[str, JsonValue]:
    low, high = kelvin_range(options)
    return {"effects": [*list_option(options, "effect_list")[:_MOST_EFFECTS]], "minimum": low, "maximum": high}


def _climate(options: Options) -> dict[str, JsonValue]:
    modes = list_option(options, "modes") or ("auto", "off", "cool", "heat", "dry", "fan_only")
    return {
        "modes": [*modes[:_MOST_MODES]],
        "minimum": number_option(options, "min_temp", 7),
        "maximum": number_option(options, "max_temp", 35),
    }


def _water_heater(options: Options) -> dict[str, JsonValue]:
    modes = list_option(options, "modes") or _HEATER_MODES
    return {
        "modes": [*modes[:_MOST_MODES]],
        "minimum": number_option(options, "min_temp", 43),
        "maximum": number_option(options, "max_temp", 60),
    }


def _humidifier(options: Options) -> Speech:
    """Return a humidifier as what it is at least: switched on or off."""
    renamed = {"state_value_template": "value_template"}
    return announced_things.switch({renamed.get(key, key): value for key, value in options.items()})


def _fan(options: Options) -> dict[str, JsonValue]:
    steps = number_option(options, "speed_range_max", 100) - number_option(options, "speed_range_min", 1) + 1
    return {"speeds": round(min(255, max(1, steps)))}


def _sensor(options: Options) -> dict[str, JsonValue]:
    unit = options.get("unit_of_measurement")
    return {"unit": unit_in_words(unit)} if isinstance(unit, str) and unit_in_words(unit) else {}


def _binary_sensor(options: Options) -> dict[str, JsonValue]:
    device_class = options.get("device_class")
    device_class = _ALIKE.get(device_class, device_class) if isinstance(device_class, str) else None
    return {"device_class": device_class} if device_class in set(DeviceClass) else {}


ROWS: Final[Mapping[str, Row]] = {
    "alarm_control_panel": Row(Kind.ALARM, announced_movers.alarm),
    "binary_sensor": Row(Kind.BINARY_SENSOR, announced_things.binary_sensor, _binary_sensor),
    "button": Row(Kind.SCENE, announced_things.button),
    "climate": Row(Kind.CLIMATE, announced_things.climate, _climate),
    "cover": Row(Kind.COVER, announced_movers.cover),
    "fan": Row(Kind.FAN, announced_things.fan, _fan),
    "humidifier": Row(Kind.SWITCH, _humidifier),
    "light": Row(Kind.LIGHT, announced_lights.speech, _light),
    "lock": Row(Kind.LOCK, announced_movers.lock),
    "scene": Row(Kind.SCENE, announced_things.scene),
    "sensor": Row(Kind.SENSOR, announced_things.sensor, _sensor),
    "siren": Row(Kind.SWITCH, announced_things.siren),
    "switch": Row(Kind.SWITCH, announced_things.switch),
    "vacuum": Row(Kind.VACUUM, announced_movers.vacuum),
    "valve": Row(Kind.VALVE, announced_movers.valve),
    "water_heater": Row(Kind.CLIMATE, announced_things.climate, _water_heater),
}
_WHY_NOT: Final[Mapping[Voice, str]] = {
    Voice.EVENT: "it is an event, which automations wait for",
    Voice.HIDDEN: "it is of no use to the voice: a setting, a diagnosis, or nothing that can be read",
    Voice.QUARANTINE: "its name holds what no name needs: give it one under [[discovery.device]]",
}


def device_id(entity: Entity) -> str:
    """Return an id that stays the same: from the unique id, else from the topic."""
    slug = re.sub(r"[^a-z0-9]+", "_", entity.key.lower()).strip("_")
    if slug == entity.key and len(slug) <= _MAX_ID:
        return slug
    # Two keys may differ in nothing but the signs that an id can't hold.
    return f"{slug[: _MAX_ID - 9]}_{crc32(f'{entity.component} {entity.key}'.encode()):08x}"


def device_of(entity: Entity, given: Mapping[str, object] | None = None) -> DiscoveredDevice | NotOffered:
    """Return the entity as a device; given: options that a user has set for it, which win."""
    own = dict(given or {})
    named = entity.voice is Voice.QUARANTINE and "name" in own
    if not named and (reason := _WHY_NOT.get(entity.voice)) is not None:
        return NotOffered(reason)
    row = ROWS.get(entity.component)
    if row is None:
        return NotOffered(f"{entity.component} is no kind of device that is offered to the voice")
    if entity.voice is Voice.GUARDED:
        if "confirm" not in DiscoveredDevice.model_fields:
            return NotOffered("it needs a confirmation")
        own.setdefault("confirm", True)
    speech = row.speech(entity.options)
    if row.kind in _QUICK:
        # It is not known which radio it speaks by: as long as for the slower one (``mqtt-devices.md`` 1).
        own.setdefault("within", _WITHIN)
    if "group" in entity.options:
        # A group's report is its own guess (``mqtt-devices.md`` 1, availability, echo, latency).
        speech = replace(speech, confirms={})
    speech = replace(
        speech,
        sources=(*speech.sources, *presence(entity.options)),
        command_topics=frozenset(command_topics(entity.options)),
    )
    options: dict[str, object] = {
        "id": device_id(entity),
        "name": entity.name,
        "room": entity.area,
        **row.further(entity.options),
        **own,
    }
    try:
        return DiscoveredDevice.model_validate(
            {
                "kind": row.kind,
                "dialect": Dialect.HOME_ASSISTANT,
                "speech": speech,
                "origin": entity.topic,
                "unique_id": entity.key,
                **{key: value for key, value in options.items() if key in DiscoveredDevice.model_fields},
            }
        )
    except ValidationError as error:
        first = error.errors()[0]
        return NotOffered(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
