"""Zigbee2MQTT's lists of devices, of groups → devices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from pydantic import JsonValue, ValidationError

from hubd.devices.announced import MAX_PROBLEMS, BrokenError, json_of
from hubd.devices.cells import CLASS_KEYS
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
    "carbon_monoxide": DeviceClass.GAS,
    "contact": DeviceClass.DOOR,
    "gas": DeviceClass.GAS,
    "occupancy": DeviceClass.OCCUPANCY,
    "presence": DeviceClass.OCCUPANCY,
    "smoke": DeviceClass.SMOKE,
    "vibration": DeviceClass.VIBRATION,
    "water_leak": DeviceClass.MOISTURE,
}
# What a thermostat is set to, the one that counts while somebody is at home first.
_SETPOINTS: Final = ("occupied_heating_setpoint", "current_heating_setpoint", "occupied_cooling_setpoint")
_SPEEDS: Final = frozenset({"low", "medium", "high"})
_FEATURES: Final[Mapping[str, Feature]] = {
    "brightness": Feature.BRIGHTNESS,
    "color_hs": Feature.COLOR,
    "color_temp": Feature.COLOR_TEMPERATURE,
    "color_xy": Feature.COLOR,
    "effect": Feature.EFFECT,
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


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list brings; problems: what of it was left out, in words."""

    listed: tuple[Listed, ...] = ()
    problems: tuple[str, ...] = ()


class _UnusableError(ValueError):
    """A device of a list can't be used; the text says why."""


def devices(base: str, payload: bytes) -> Listing:
    """Read the list of devices (``mqtt-devices.md`` 1, native descriptions); raises BrokenError."""
    return _listing(base, _devices(payload))


def groups(base: str, payload: bytes) -> Listing:
    """Read the list of groups, with their scenes; raises BrokenError."""
    return _listing(base, _groups(payload))


def _listing(base: str, found: Iterable[tuple[str, str, Mapping[str, JsonValue]]]) -> Listing:
    """Return the devices of keys, names, options."""
    listed: list[Listed] = []
    problems: dict[str, None] = {}
    for key, name, options in found:
        try:
            listed.append(_listed(base, key, name, options))
        except _UnusableError as error:
            problems[f"{cleaned(name).text}: {error}"] = None
    return Listing(tuple(listed), tuple(problems)[:MAX_PROBLEMS])


def _devices(payload: bytes) -> Iterator[tuple[str, str, Mapping[str, JsonValue]]]:
    for item in _items(payload):
        definition, name = item.get("definition"), item.get("friendly_name")
        if not isinstance(definition, dict) or not isinstance(name, str) or item.get("disabled") is True:
            continue
        exposes = definition.get("exposes")
        key = str(item.get("ieee_address") or name)
        yield from ((key, name, options) for options in _exposed(exposes if isinstance(exposes, list) else []))


def _groups(payload: bytes) -> Iterator[tuple[str, str, Mapping[str, JsonValue]]]:
    for item in _items(payload):
        name, key = item.get("friendly_name"), f"group_{item.get('id')}"
        if not isinstance(name, str) or name == _DEFAULT_GROUP:
            continue
        # A group's report is its own guess.
        yield key, name, {"kind": Kind.GROUP, "reports_state": False}
        scenes = item.get("scenes")
        for scene in scenes if isinstance(scenes, list) else []:
            if isinstance(scene, dict) and isinstance(label := scene.get("name"), str) and label.strip():
                called = {"kind": Kind.SCENE, "scene": scene.get("id"), "label": label}
                yield f"{key}_scene_{scene.get('id')}", name, called


def _items(payload: bytes) -> Iterator[Mapping[str, JsonValue]]:
    if not payload.strip():
        return
    if not isinstance(parsed := json_of(payload), list):
        raise BrokenError("the message is no JSON list")
    yield from (item for item in parsed[:MAX_LISTED] if isinstance(item, dict))


def _listed(base: str, key: str, name: str, options: Mapping[str, JsonValue]) -> Listed:
    """Return the device; raises _UnusableError."""
    spoken = cleaned(name.replace("/", " "))
    # What tells it from the others of the same name.
    key_of_sensor = options.get("key") if options["kind"] is Kind.SENSOR else None
    label = options.get("label") or options.get("endpoint") or key_of_sensor
    words = f"{spoken.text} {in_words(str(label)).lower()}" if label else spoken.text
    if spoken.tampered:
        raise _UnusableError("its name is too long, or holds what no name needs")
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
    except ValidationError as error:
        first = error.errors()[0]
        raise _UnusableError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    return Listed(key, topic, device, (key, name, topic, kind, device.name))


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
        if kind is None or not isinstance(features, list):
            yield from _read_only(expose)
            continue
        named = {str(each.get("name")): each for each in features if isinstance(each, dict) and _access(each) & _SET}
        if _is_the_device(kind, named.get("state", {}).get("property", "state"), expose.get("endpoint")):
            yield _commanded(kind, expose, named)


def _is_the_device(kind: Kind, state: JsonValue, endpoint: JsonValue) -> bool:
    """Return whether what is switched is the device, or one of its relays: a child lock is a lock to Zigbee2MQTT."""
    names = {"state", f"state_{endpoint}"} | ({"fan_state"} if kind is Kind.FAN else set())
    return state in names


def _commanded(
    kind: Kind, expose: Mapping[str, JsonValue], named: Mapping[str, dict[str, JsonValue]]
) -> dict[str, JsonValue]:
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
            name = next((each for each in _SETPOINTS if each in named), None)
            if name is not None:
                limits = {"minimum": named[name].get("value_min"), "maximum": named[name].get("value_max")}
                options |= {"key": named[name].get("property", name), **limits}
        case Kind.FAN:
            options["key"] = named.get("state", {}).get("property", "state")
            steps = named.get("mode", {}).get("values")
            if isinstance(steps, list) and all(step in steps for step in _SPEEDS):
                options["features"] = [Feature.SPEED]
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
        own = {} if key == CLASS_KEYS[_TOLD[name]] else {"key": key}
        yield {"kind": Kind.BINARY_SENSOR, "device_class": _TOLD[name], "label": in_words(name), **own}


def _access(expose: Mapping[str, JsonValue]) -> int:
    access = expose.get("access")
    return access if isinstance(access, int) else 0
