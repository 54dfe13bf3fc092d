"""Levels, whites of announced lights, in the units of the front or of the light."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices.announced_reports import Convert, Options, number_option
from hubd.devices.expectations import number_of
from hubd.devices.vocabulary import Property

# How far a confirmed number may be off, percent, K.
TOLERANCES: Final[Mapping[str, float]] = {Property.BRIGHTNESS: 2.0, Property.COLOR_TEMPERATURE: 100.0}
BYTE: Final = 255.0
_MIRED: Final = 1_000_000
# Home Assistant's own limits, where a light names none.
_MIN_MIREDS: Final = 153
_MAX_MIREDS: Final = 500


def scale_of(options: Options) -> float:
    """Return the level that is 100 percent."""
    return max(1.0, number_option(options, "brightness_scale", BYTE))


def level_of(percent: JsonValue, scale: float) -> int:
    """Return a level; a little light must not become none."""
    return max(1, round((number_of(percent) or 0.0) / 100 * scale))


def percent_by(scale: float) -> Convert:
    """Return what makes percent of a reported level."""

    def convert(text: str) -> JsonValue:
        level = number_of(text)
        return None if level is None else level / scale * 100

    return convert


def kelvin_range(options: Options) -> tuple[int, int]:
    """Return the coldest and the warmest white that a light can give, the warmer first, K."""
    lowest = number_option(options, "min_kelvin", _MIRED / max(1, number_option(options, "max_mireds", _MAX_MIREDS)))
    highest = number_option(options, "max_kelvin", _MIRED / max(1, number_option(options, "min_mireds", _MIN_MIREDS)))
    return round(lowest), round(max(lowest, highest))


def white_of(options: Options, kelvin: JsonValue) -> int:
    """Return a temperature of white in the light's unit: mired, or kelvin where it says so."""
    wanted = max(1.0, number_of(kelvin) or 0.0)
    return round(wanted if _is_in_kelvin(options) else _MIRED / wanted)


def kelvin_by(options: Options) -> Convert:
    """Return what makes kelvin of a reported white."""

    def convert(text: str) -> JsonValue:
        white = number_of(text)
        if _is_in_kelvin(options):
            return white
        return round(_MIRED / white) if white and white > 0 else None

    return convert


def _is_in_kelvin(options: Options) -> bool:
    return options.get("color_temp_kelvin") is True
