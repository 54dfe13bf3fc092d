"""Lights that announced themselves by templates of whole commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from pydantic import JsonValue

from hubd.devices import colors
from hubd.devices.announced_light_units import BYTE, TOLERANCES, kelvin_by, level_of, percent_by, white_of
from hubd.devices.announced_reports import (
    Options,
    Report,
    Settings,
    list_option,
    reader_of,
    rendered,
    reported,
    sources,
    words,
)
from hubd.devices.discovered import Sent, Speech
from hubd.devices.expectations import Source, number_of
from hubd.devices.vocabulary import Property

_PARTS: Final = ("red", "green", "blue")
# What a light can do is what it has templates to report.
_TOLD_BY: Final = {
    Property.BRIGHTNESS: ("brightness",),
    Property.COLOR_TEMPERATURE: ("color_temp",),
    Property.COLOR: _PARTS,
}


def speech(options: Options) -> Speech:
    """Return how the light is spoken to (Home Assistant's documentation of the template schema)."""
    topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        is_on = bool(settings.get(Property.ON, True))
        names = {"state": "on" if is_on else "off", **dict(_names(options, settings))}
        payload = rendered(options, "command_on_template" if is_on else "command_off_template", names, "")
        return () if payload is None else (Sent(topic, payload),)

    reports = (
        Report(Property.ON, "state_topic", "state_template", words({"on": True, "off": False})),
        # These templates know no scale.
        Report(Property.BRIGHTNESS, "state_topic", "brightness_template", percent_by(BYTE)),
        Report(Property.COLOR_TEMPERATURE, "state_topic", "color_temp_template", kelvin_by(options)),
        Report(Property.EFFECT, "state_topic", "effect_template", lambda text: text),
    )
    used = tuple(report for report in reports if report.template in options)
    features = {name for name, parts in _TOLD_BY.items() if all(f"{part}_template" in options for part in parts)}
    if list_option(options, "effect_list"):
        features.add(Property.EFFECT)
    found = (*sources(options, used), *_colors(options))
    return Speech(compose, found, reported(options, used, TOLERANCES), frozenset(features))


def _names(options: Options, settings: Settings) -> Iterator[tuple[str, JsonValue]]:
    """Yield what a template of a command may name."""
    for name, value in settings.items():
        match name:
            case Property.BRIGHTNESS:
                yield "brightness", level_of(value, BYTE)
            case Property.COLOR_TEMPERATURE:
                yield "color_temp", white_of(options, value)
            case Property.COLOR:
                yield from zip(_PARTS, colors.rgb_of(str(value)), strict=True)
                yield from zip(("hue", "sat"), colors.HUES[str(value)], strict=True)
            case Property.EFFECT:
                yield "effect", value
            case _:
                pass


def _colors(options: Options) -> Iterator[Source]:
    """Yield where the light reports its colour, in three parts."""
    topic = options.get("state_topic")
    readers = [reader_of(options, f"{part}_template") for part in _PARTS if f"{part}_template" in options]
    usable = [read for read in readers if read is not None]
    if isinstance(topic, str) and len(usable) == len(_PARTS):
        yield Source(topic, _color_reader(usable))


def _color_reader(readers: list[Callable[[bytes], str | None]]) -> Callable[[bytes], dict[str, JsonValue]]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        parts = [part for each in readers if (part := number_of(each(payload))) is not None]
        if len(parts) < len(readers):
            return {}
        return {Property.COLOR: colors.name_of_rgb(*parts) if min(parts) >= 0 and max(parts) > 0 else None}

    return read
