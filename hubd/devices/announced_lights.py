"""Lights that announced themselves: JSON, topic by topic, or by templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import announced_template_lights, colors
from hubd.devices.announced_light_units import TOLERANCES, kelvin_by, level_of, percent_by, scale_of, white_of
from hubd.devices.announced_reports import (
    Options,
    Report,
    Settings,
    list_option,
    rendered,
    reported,
    sources,
    text_option,
    words,
)
from hubd.devices.discovered import Sent, Speech
from hubd.devices.expectations import Source, number_of
from hubd.devices.payloads import object_in
from hubd.devices.vocabulary import Property

# Whites that are off while a colour is shown.
_WHITES: Final = {"rgbw": "w", "rgbww": "cw"}


def speech(options: Options) -> Speech:
    """Return how the light is spoken to."""
    match options.get("schema"):
        case "json":
            return _json(options)
        case "template":
            return announced_template_lights.speech(options)
        case _:
            return _basic(options)


def _json(options: Options) -> Speech:
    topic = str(options["command_topic"])
    modes = set(list_option(options, "supported_color_modes"))
    modes |= {mode for mode in ("brightness", "color_temp", "hs", "rgb", "xy") if options.get(mode) is True}
    mode = next((each for each in ("xy", "hs", "rgb", "rgbw", "rgbww") if each in modes), None)
    able = {
        Property.BRIGHTNESS: bool(modes - {"onoff"}),
        Property.COLOR: mode is not None,
        Property.COLOR_TEMPERATURE: "color_temp" in modes,
        Property.EFFECT: bool(list_option(options, "effect_list")),
    }
    features = frozenset(str(name) for name, can in able.items() if can)

    def members(settings: Settings) -> Iterator[tuple[str, JsonValue]]:
        yield "state", "ON" if settings.get(Property.ON, True) else "OFF"
        for name, value in settings.items():
            match name:
                case Property.BRIGHTNESS:
                    yield "brightness", level_of(value, scale_of(options))
                case Property.COLOR if mode:
                    yield "color", _color(mode, str(value))
                case Property.COLOR_TEMPERATURE:
                    yield "color_temp", white_of(options, value)
                case Property.EFFECT:
                    yield "effect", value
                case _:
                    pass

    def compose(settings: Settings) -> tuple[Sent, ...]:
        return (Sent(topic, json.dumps(dict(members(settings)), ensure_ascii=False)),)

    state_topic = options.get("state_topic")
    found = (Source(state_topic, _json_reader(options)),) if isinstance(state_topic, str) else ()
    told = features - {Property.COLOR} | {Property.ON} if found else ()
    confirms = {str(name): TOLERANCES.get(name, 0.0) for name in told}
    return Speech(compose, found, confirms, features)


def _json_reader(options: Options) -> Callable[[bytes], dict[str, JsonValue]]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        members = object_in(payload)
        return {name: value for key, item in members.items() for name, value in _member(options, key, item)}

    return read


def _member(options: Options, key: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    match key:
        case "state":
            yield Property.ON, {"ON": True, "OFF": False}.get(value.upper()) if isinstance(value, str) else None
        case "brightness":
            yield Property.BRIGHTNESS, None if value is None else percent_by(scale_of(options))(str(value))
        case "color_temp":
            yield Property.COLOR_TEMPERATURE, None if value is None else kelvin_by(options)(str(value))
        case "color" if isinstance(value, dict):
            yield Property.COLOR, _color_name(value)
        case "effect":
            yield Property.EFFECT, value if isinstance(value, str) and value.strip() else None
        case _:
            pass


def _color(mode: str, name: str) -> JsonValue:
    match mode:
        case "xy":
            return {key: round(part, 4) for key, part in zip("xy", colors.xy_of(name), strict=True)}
        case "hs":
            hue, saturation = colors.HUES.get(name, (0, 0))
            return {"h": hue, "s": saturation}
        case _:
            return {**dict(zip("rgb", colors.rgb_of(name), strict=True)), **dict.fromkeys(_WHITES.get(mode, ""), 0)}


def _color_name(color: Mapping[str, JsonValue]) -> JsonValue:
    for keys in (("h", "s"), ("hue", "saturation"), ("x", "y"), ("r", "g", "b")):
        parts = [part for key in keys if (part := number_of(color.get(key))) is not None]
        if len(parts) == len(keys):
            return _named(keys, parts)
    return None


def _named(keys: tuple[str, ...], parts: list[float]) -> JsonValue:
    match keys:
        case ("x", "y"):
            return colors.name_of_xy(*parts) if parts[1] > 0 else None
        case ("r", "g", "b"):
            return colors.name_of_rgb(*parts) if min(parts) >= 0 and max(parts) > 0 else None
        case _:
            return colors.name_of_hue(*parts)


def _parts_name(*keys: str) -> Callable[[str], JsonValue]:
    def convert(text: str) -> JsonValue:
        return _color_name(dict(zip(keys, text.split(","), strict=False)))

    return convert


def _basic(options: Options) -> Speech:
    on, off = text_option(options, "payload_on", "ON"), text_option(options, "payload_off", "OFF")
    percent = percent_by(scale_of(options))
    reports = (
        Report(Property.ON, "state_topic", "state_value_template", words({on: True, off: False})),
        Report(Property.BRIGHTNESS, "brightness_state_topic", "brightness_value_template", percent),
        Report(Property.COLOR_TEMPERATURE, "color_temp_state_topic", "color_temp_value_template", kelvin_by(options)),
        Report(Property.COLOR, "rgb_state_topic", "rgb_value_template", _parts_name("r", "g", "b")),
        Report(Property.COLOR, "hs_state_topic", "hs_value_template", _parts_name("h", "s")),
        Report(Property.COLOR, "xy_state_topic", "xy_value_template", _parts_name("x", "y")),
        Report(Property.COLOR, "rgbw_state_topic", "rgbw_value_template", _parts_name("r", "g", "b")),
        Report(Property.COLOR, "rgbww_state_topic", "rgbww_value_template", _parts_name("r", "g", "b")),
        Report(Property.EFFECT, "effect_state_topic", "effect_value_template", lambda text: text),
    )
    topics = {
        Property.BRIGHTNESS: ("brightness_command_topic",),
        Property.COLOR_TEMPERATURE: ("color_temp_command_topic",),
        Property.COLOR: tuple(f"{form}_command_topic" for form in ("rgb", "hs", "xy", "rgbw", "rgbww")),
        Property.EFFECT: ("effect_command_topic",),
    }
    features = {name for name, keys in topics.items() if any(key in options for key in keys)}
    confirms = reported(options, reports, TOLERANCES)
    confirms.pop(Property.COLOR, None)
    return Speech(_basic_composer(options, on, off), sources(options, reports), confirms, frozenset(features))


def _basic_composer(options: Options, on: str, off: str) -> Callable[[Settings], tuple[Sent, ...]]:
    """Return what sends each property to a topic of its own, in the order of ``on_command_type``."""
    order = options.get("on_command_type", "last")
    command_topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        if not settings.get(Property.ON, True):
            return (Sent(command_topic, off),)
        attributes = tuple(_attributes(options, settings))
        if order == "brightness" and "brightness_command_topic" in options:
            is_told = Property.BRIGHTNESS in settings or bool(attributes)
            return tuple(_attributes(options, settings if is_told else {Property.BRIGHTNESS: 100}))
        switch = (Sent(command_topic, on),)
        return (*switch, *attributes) if order == "first" else (*attributes, *switch)

    return compose


def _attributes(options: Options, settings: Settings) -> Iterator[Sent]:
    """Yield what sets a light's properties, its brightness last."""
    for name in (Property.COLOR, Property.COLOR_TEMPERATURE, Property.EFFECT, Property.BRIGHTNESS):
        if name not in settings:
            continue
        for topic_key, template_key, names, usual in _property(options, name, settings[name]):
            topic, payload = options.get(topic_key), rendered(options, template_key, names, usual)
            if isinstance(topic, str) and payload is not None:
                yield Sent(topic, payload)
                break


def _property(options: Options, name: str, value: JsonValue) -> Iterator[tuple[str, str, Settings, str]]:
    """Yield the ways to send a property: keys of topic and template, the template's names, the text without one."""
    match name:
        case Property.BRIGHTNESS:
            level = level_of(value, scale_of(options))
            yield "brightness_command_topic", "brightness_command_template", {"value": level}, str(level)
        case Property.COLOR_TEMPERATURE:
            white = white_of(options, value)
            yield "color_temp_command_topic", "color_temp_command_template", {"value": white}, str(white)
        case Property.EFFECT:
            yield "effect_command_topic", "effect_command_template", {"value": value}, str(value)
        case _:
            red, green, blue = colors.rgb_of(str(value))
            names = {"red": red, "green": green, "blue": blue}
            yield "rgb_command_topic", "rgb_command_template", names, f"{red},{green},{blue}"
            hue, saturation = colors.HUES.get(str(value), (0, 0))
            yield "hs_command_topic", "hs_command_template", {"hue": hue, "sat": saturation}, f"{hue},{saturation}"
            x, y = (round(part, 4) for part in colors.xy_of(str(value)))
            yield "xy_command_topic", "xy_command_template", {"x": x, "y": y}, f"{x},{y}"
            whites = {"white": 0, "cold_white": 0, "warm_white": 0}
            yield "rgbw_command_topic", "rgbw_command_template", names | whites, f"{red},{green},{blue},0"
            yield "rgbww_command_topic", "rgbww_command_template", names | whites, f"{red},{green},{blue},0,0"
