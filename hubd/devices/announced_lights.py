"""Lights that announced themselves: JSON, topic by topic, or by templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices import colors
from hubd.devices.announced_reports import (
    Options,
    Report,
    Settings,
    list_option,
    number,
    number_option,
    rendered,
    reported,
    sources,
    text_option,
    words,
)
from hubd.devices.discovered import Sent, Speech
from hubd.devices.expectations import Source, number_of
from hubd.devices.payloads import object_in
from hubd.devices.vocabulary import BRIGHTNESS, COLOR, COLOR_TEMPERATURE, EFFECT, ON

_MIRED: Final = 1_000_000
_TOLERANCES: Final = {BRIGHTNESS: 2.0, COLOR_TEMPERATURE: 100.0}
# Home Assistant's own limits, where a light names none.
_MIN_MIREDS: Final = 153
_MAX_MIREDS: Final = 500


def speech(options: Options) -> Speech:
    """Return how the light is spoken to."""
    match options.get("schema"):
        case "json":
            return _json(options)
        case "template":
            return _templated(options)
        case _:
            return _basic(options)


def kelvin_range(options: Options) -> tuple[int, int]:
    """Return the coldest and the warmest white that a light can give, the warmer first, K."""
    lowest = number_option(options, "min_kelvin", _MIRED / max(1, number_option(options, "max_mireds", _MAX_MIREDS)))
    highest = number_option(options, "max_kelvin", _MIRED / max(1, number_option(options, "min_mireds", _MIN_MIREDS)))
    return round(lowest), round(max(lowest, highest))


def _white(options: Options, kelvin: JsonValue) -> int:
    """Return a temperature that the light can give, in its unit: mired, or kelvin where it says so."""
    lowest, highest = kelvin_range(options)
    within = max(1.0, min(max(number_of(kelvin) or 0.0, lowest), highest))
    return round(within if options.get("color_temp_kelvin") is True else _MIRED / within)


def _level(options: Options, percent: JsonValue) -> int:
    """Return a level; a little light must not become none."""
    return max(1, round((number_of(percent) or 0.0) / 100 * _scale(options)))


def _scale(options: Options) -> float:
    return max(1.0, number_option(options, "brightness_scale", 255))


def _percent(options: Options) -> Callable[[str], JsonValue]:
    def convert(text: str) -> JsonValue:
        level = number_of(text)
        return None if level is None else level / _scale(options) * 100

    return convert


def _kelvin(options: Options) -> Callable[[str], JsonValue]:
    def convert(text: str) -> JsonValue:
        white = number_of(text)
        if options.get("color_temp_kelvin") is True:
            return white
        return round(_MIRED / white) if white and white > 0 else None

    return convert


def _json(options: Options) -> Speech:
    topic = str(options["command_topic"])
    modes = set(list_option(options, "supported_color_modes"))
    modes |= {mode for mode in ("brightness", "color_temp", "hs", "rgb", "xy") if options.get(mode) is True}
    mode = next((each for each in ("xy", "hs", "rgb", "rgbw", "rgbww") if each in modes), None)
    features = {
        **({BRIGHTNESS: None} if modes - {"onoff"} else {}),
        **({COLOR: None} if mode else {}),
        **({COLOR_TEMPERATURE: None} if "color_temp" in modes else {}),
        **({EFFECT: None} if list_option(options, "effect_list") else {}),
    }

    def members(settings: Settings) -> Iterator[tuple[str, JsonValue]]:
        yield "state", "ON" if settings.get(ON, True) else "OFF"
        for name, value in settings.items():
            match name:
                case "brightness":
                    yield "brightness", _level(options, value)
                case "color" if mode:
                    yield "color", _color(mode, str(value))
                case "color_temperature":
                    yield "color_temp", _white(options, value)
                case "effect":
                    yield "effect", value
                case _:
                    pass

    def compose(settings: Settings) -> tuple[Sent, ...]:
        return (Sent(topic, json.dumps(dict(members(settings)), ensure_ascii=False)),)

    state_topic = options.get("state_topic")
    found = (Source(state_topic, _json_reader(options)),) if isinstance(state_topic, str) else ()
    confirms = {ON: 0.0, **{name: _TOLERANCES.get(name, 0.0) for name in features if name != COLOR}} if found else {}
    return Speech(compose, found, confirms, frozenset(features))


def _json_reader(options: Options) -> Callable[[bytes], dict[str, JsonValue]]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        members = object_in(payload)
        return {name: value for key, item in members.items() for name, value in _member(options, key, item)}

    return read


def _member(options: Options, key: str, value: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    match key:
        case "state":
            yield ON, {"ON": True, "OFF": False}.get(value.upper()) if isinstance(value, str) else None
        case "brightness":
            yield BRIGHTNESS, None if value is None else _percent(options)(str(value))
        case "color_temp":
            yield COLOR_TEMPERATURE, None if value is None else _kelvin(options)(str(value))
        case "color" if isinstance(value, dict):
            yield COLOR, _color_name(value)
        case "effect":
            yield EFFECT, value if isinstance(value, str) and value.strip() else None
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
            return dict(zip("rgb", colors.rgb_of(name), strict=True))


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
    reports = (
        Report(ON, "state_topic", "state_value_template", words({on: True, off: False})),
        Report(BRIGHTNESS, "brightness_state_topic", "brightness_value_template", _percent(options)),
        Report(COLOR_TEMPERATURE, "color_temp_state_topic", "color_temp_value_template", _kelvin(options)),
        Report(COLOR, "rgb_state_topic", "rgb_value_template", _parts_name("r", "g", "b")),
        Report(COLOR, "hs_state_topic", "hs_value_template", _parts_name("h", "s")),
        Report(COLOR, "xy_state_topic", "xy_value_template", _parts_name("x", "y")),
        Report(COLOR, "rgbw_state_topic", "rgbw_value_template", _parts_name("r", "g", "b")),
        Report(COLOR, "rgbww_state_topic", "rgbww_value_template", _parts_name("r", "g", "b")),
        Report(EFFECT, "effect_state_topic", "effect_value_template", lambda text: text),
    )
    topics = {
        BRIGHTNESS: ("brightness_command_topic",),
        COLOR_TEMPERATURE: ("color_temp_command_topic",),
        COLOR: tuple(f"{form}_command_topic" for form in ("rgb", "hs", "xy", "rgbw", "rgbww")),
        EFFECT: ("effect_command_topic",),
    }
    features = {name for name, keys in topics.items() if any(key in options for key in keys)}
    confirms = reported(options, reports, _TOLERANCES)
    confirms.pop(COLOR, None)
    return Speech(_basic_composer(options, on, off), sources(options, reports), confirms, frozenset(features))


def _basic_composer(options: Options, on: str, off: str) -> Callable[[Settings], tuple[Sent, ...]]:
    """Return what sends each property to a topic of its own, in the order of ``on_command_type``."""
    order = options.get("on_command_type", "last")
    command_topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        if not settings.get(ON, True):
            return (Sent(command_topic, off),)
        attributes = tuple(_attributes(options, settings))
        if order == "brightness" and "brightness_command_topic" in options:
            level = settings if BRIGHTNESS in settings or attributes else {BRIGHTNESS: 100}
            return tuple(_attributes(options, level))
        switch = (Sent(command_topic, on),)
        return (*switch, *attributes) if order == "first" else (*attributes, *switch)

    return compose


def _attributes(options: Options, settings: Settings) -> Iterator[Sent]:
    """Yield what sets a light's properties, its brightness last."""
    for name in (COLOR, COLOR_TEMPERATURE, EFFECT, BRIGHTNESS):
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
        case "brightness":
            level = _level(options, value)
            yield "brightness_command_topic", "brightness_command_template", {"value": level}, str(level)
        case "color_temperature":
            white = _white(options, value)
            yield "color_temp_command_topic", "color_temp_command_template", {"value": white}, str(white)
        case "effect":
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


def _templated(options: Options) -> Speech:
    """Return a light whose templates write whole commands."""
    topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        is_on = bool(settings.get(ON, True))
        names: dict[str, JsonValue] = {"state": "on" if is_on else "off"}
        if BRIGHTNESS in settings:
            # These templates know no scale (Home Assistant's documentation of the schema).
            names["brightness"] = max(1, round((number_of(settings[BRIGHTNESS]) or 0.0) / 100 * 255))
        payload = rendered(options, "command_on_template" if is_on else "command_off_template", names, "")
        return () if payload is None else (Sent(topic, payload),)

    reports = (
        Report(ON, "state_topic", "state_template", words({"on": True, "off": False})),
        Report(BRIGHTNESS, "state_topic", "brightness_template", _of_255),
    )
    used = tuple(report for report in reports if report.template in options)
    features = frozenset({BRIGHTNESS} if "brightness_template" in options else ())
    return Speech(compose, sources(options, used), reported(options, used, _TOLERANCES), features)


def _of_255(text: str) -> JsonValue:
    level = number_of(number(text))
    return None if level is None else level / 255 * 100
