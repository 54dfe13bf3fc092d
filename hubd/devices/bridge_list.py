"""Zigbee2MQTT's lists of devices, of groups → devices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from pydantic import JsonValue, ValidationError

from hubd.devices.announced import BrokenError, json_of
from hubd.devices.model import Device
from hubd.devices.spoken_names import cleaned, in_words, unit_in_words
from hubd.devices.vocabulary import DeviceClass, Dialect, Feature, Kind

MAX_LISTED: Final = 2000
_MAX_ID: Final = 64
# A bit of an expose's access: it can be set.
_SET: Final = 2
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{16}\b", re.IGNORECASE)
# Zigbee2MQTT's own group for binding.
_DEFAULT_GROUP: Final = "default_bind_group"

_COMMANDED: Final[Mapping[str, Kind]] = {
    "climate": Kind.CLIMATE,
    "cover": Kind.COVER,
    "fan": Kind.FAN,
    "light": Kind.LIGHT,
    "lock": Kind.LOCK,
    "switch": Kind.SWITCH,
}
_MEASURED: Final = frozenset(
    {"temperature", "humidity", "pressure", "illuminance", "co2", "voc", "pm25", "pm10", "power", "energy", "noise"}
    | {"soil_moisture", "formaldehyd", "local_temperature", "water_consumed"}
)
_TOLD: Final[Mapping[str, DeviceClass]] = {
    "contact": DeviceClass.DOOR,
    "gas": DeviceClass.GAS,
    "occupancy": DeviceClass.OCCUPANCY,
    "presence": DeviceClass.OCCUPANCY,
    "smoke": DeviceClass.SMOKE,
    "vibration": DeviceClass.VIBRATION,
    "water_leak": DeviceClass.MOISTURE,
}
_FEATURES: Final[Mapping[str, Feature]] = {
    "brightness": Feature.BRIGHTNESS,
    "color_hs": Feature.COLOR,
    "color_temp": Feature.COLOR_TEMPERATURE,
    "color_xy": Feature.COLOR,
    "effect": Feature.EFFECT,
    "mode": Feature.SPEED,
    "position": Feature.POSITION,
    "system_mode": Feature.MODE,
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A device of a list. key: what it is known by. topic: its own. texts: what a pattern may match."""

    key: str
    topic: str
    device: Device
    texts: tuple[str, ...]

    @property
    def is_nameless(self) -> bool:
        """Whether nobody has given it a name: it is called by its address (``mqtt-devices.md`` 3)."""
        return _ADDRESS.match(self.device.name) is not None


def devices(base: str, payload: bytes) -> tuple[Listed, ...]:
    """Read the list of devices (``mqtt-devices.md`` 1, native descriptions); raises BrokenError."""
    found: list[Listed] = []
    for item in _items(payload):
        definition, name = item.get("definition"), item.get("friendly_name")
        if not isinstance(definition, dict) or not isinstance(name, str) or item.get("disabled") is True:
            continue
        exposes = definition.get("exposes")
        key = str(item.get("ieee_address") or name)
        for options in _exposed(exposes if isinstance(exposes, list) else []):
            found += _listed(base, key, name, options)
    return tuple(found)


def groups(base: str, payload: bytes) -> tuple[Listed, ...]:
    """Read the list of groups, with their scenes; raises BrokenError."""
    found: list[Listed] = []
    for item in _items(payload):
        name, key = item.get("friendly_name"), f"group_{item.get('id')}"
        if not isinstance(name, str) or name == _DEFAULT_GROUP:
            continue
        # A group's report is its own guess.
        found += _listed(base, key, name, {"kind": Kind.GROUP, "reports_state": False})
        scenes = item.get("scenes")
        for scene in scenes if isinstance(scenes, list) else []:
            if isinstance(scene, dict) and isinstance(scene.get("name"), str):
                called = {"kind": Kind.SCENE, "scene": scene.get("id"), "label": scene["name"]}
                found += _listed(base, f"{key}_scene_{scene.get('id')}", name, called)
    return tuple(found)


def _items(payload: bytes) -> Iterator[Mapping[str, JsonValue]]:
    if not payload.strip():
        return
    if not isinstance(parsed := json_of(payload), list):
        raise BrokenError("the message is no JSON list")
    yield from (item for item in parsed[:MAX_LISTED] if isinstance(item, dict))


def _listed(base: str, key: str, name: str, options: Mapping[str, JsonValue]) -> Iterator[Listed]:
    """Yield the device, unless its name or something else of it can't be used."""
    spoken = cleaned(name.replace("/", " "))
    # What tells it from the others of the same name.
    key_of_sensor = options.get("key") if options["kind"] is Kind.SENSOR else None
    label = options.get("label") or options.get("endpoint") or key_of_sensor
    words = f"{spoken.text} {in_words(str(label)).lower()}" if label else spoken.text
    if spoken.tampered:
        return
    kind, topic = str(options["kind"]), f"{base}/{name}"
    own = {name: value for name, value in options.items() if name != "label"}
    try:
        device = Device.model_validate(
            {
                "id": _identifier(f"{key}_{label}" if label else key, kind),
                "name": words,
                "dialect": Dialect.ZIGBEE2MQTT,
                "topic": topic,
                **own,
            }
        )
    except ValidationError:
        return
    yield Listed(key, topic, device, (key, name, topic, kind, device.name))


def _identifier(key: str, kind: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", key.lower()).strip("_")
    return f"{slug[: _MAX_ID - 9]}_{crc32(f'{kind} {key}'.encode()):08x}"


def _exposed(exposes: list[JsonValue]) -> Iterator[dict[str, JsonValue]]:
    """Yield the options of each device that one Zigbee device is."""
    for expose in exposes:
        if not isinstance(expose, dict):
            continue
        kind = _COMMANDED.get(str(expose.get("type")))
        features = expose.get("features")
        if kind is not None and isinstance(features, list):
            yield _commanded(kind, expose, [each for each in features if isinstance(each, dict)])
        else:
            yield from _read_only(expose)


def _commanded(
    kind: Kind, expose: Mapping[str, JsonValue], features: list[dict[str, JsonValue]]
) -> dict[str, JsonValue]:
    named = {str(each.get("name")): each for each in features if _access(each) & _SET}
    options: dict[str, JsonValue] = {"kind": kind}
    if isinstance(endpoint := expose.get("endpoint"), str):
        options["endpoint"] = endpoint
    able = {_FEATURES[name] for name in named if name in _FEATURES}
    if kind is not Kind.LOCK:
        options["features"] = [*sorted(able)]
    match kind:
        case Kind.LOCK:
            options["confirm"] = True
        case Kind.LIGHT if isinstance(temperature := named.get("color_temp"), dict):
            low, high = temperature.get("value_max"), temperature.get("value_min")
            if isinstance(low, int) and isinstance(high, int) and low > high > 0:
                options |= {"minimum": round(1_000_000 / low), "maximum": round(1_000_000 / high)}
        case Kind.CLIMATE:
            modes = named.get("system_mode", {}).get("values")
            options |= {"modes": modes} if isinstance(modes, list) and modes else {}
            for name, feature in named.items():
                if name.endswith("heating_setpoint"):
                    limits = {"minimum": feature.get("value_min"), "maximum": feature.get("value_max")}
                    options |= {"key": feature.get("property", name), **limits}
        case _:
            pass
    return options


def _read_only(expose: Mapping[str, JsonValue]) -> Iterator[dict[str, JsonValue]]:
    name, key = str(expose.get("name")), expose.get("property")
    if not isinstance(key, str) or expose.get("category") in ("config", "diagnostic"):
        return
    if expose.get("type") == "numeric" and name in _MEASURED:
        given = expose.get("unit")
        unit = unit_in_words(given) if isinstance(given, str) else ""
        yield {"kind": Kind.SENSOR, "key": key, **({"unit": unit} if unit else {})}
    elif expose.get("type") == "binary" and name in _TOLD:
        yield {"kind": Kind.BINARY_SENSOR, "device_class": _TOLD[name], "label": in_words(name)}


def _access(expose: Mapping[str, JsonValue]) -> int:
    access = expose.get("access")
    return access if isinstance(access, int) else 0
