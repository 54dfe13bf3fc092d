"""Colours by name: as hue with saturation, red-green-blue, CIE x,y, or temperature of white light."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Mapping
from typing import Final

Rgb = tuple[int, int, int]

# Hue in degrees, saturation in percent.
HUES: Final[Mapping[str, tuple[float, float]]] = {
    "red": (0, 100),
    "orange": (30, 100),
    "yellow": (60, 100),
    "lime": (90, 100),
    "green": (120, 100),
    "turquoise": (160, 100),
    "cyan": (185, 100),
    "light blue": (205, 60),
    "blue": (240, 100),
    "purple": (275, 100),
    "magenta": (300, 100),
    "pink": (335, 60),
    "white": (0, 0),
    "warm white": (30, 45),
}
# Kelvin.
WHITES: Final[Mapping[str, int]] = {
    "warm white": 2700,
    "soft white": 3000,
    "white": 4000,
    "neutral white": 4000,
    "cool white": 5500,
    "daylight": 6500,
}
NAMES: Final = tuple(dict.fromkeys((*HUES, *WHITES)))

# sRGB with its white point D65 to CIE XYZ.
_TO_XYZ: Final = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
_FROM_XYZ: Final = ((3.2406, -1.5372, -0.4986), (-0.9689, 1.8758, 0.0415), (0.0557, -0.2040, 1.0570))
# Below these sRGB is a straight line.
_LINEAR_CODED: Final = 0.04045
_LINEAR_LIGHT: Final = 0.0031308


def rgb_of(name: str) -> Rgb:
    """Return a colour of HUES at its full brightness, 0 to 255 each."""
    hue, saturation = HUES[name]
    red, green, blue = (round(part * 255) for part in colorsys.hsv_to_rgb(hue / 360, saturation / 100, 1.0))
    return red, green, blue


def name_of_hue(hue: float, saturation: float) -> str:
    """Return the name nearest to a hue in degrees with a saturation in percent."""

    def place(angle: float, radius: float) -> tuple[float, float]:
        return radius * math.cos(math.radians(angle)), radius * math.sin(math.radians(angle))

    return min(HUES, key=lambda name: math.dist(place(*HUES[name]), place(hue, saturation)))


def name_of_rgb(red: float, green: float, blue: float) -> str:
    """Return the name nearest to red, green, blue of any common scale."""
    hue, saturation, _ = colorsys.rgb_to_hsv(red, green, blue)
    return name_of_hue(hue * 360, saturation * 100)


def xy_of(name: str) -> tuple[float, float]:
    """Return a colour of HUES as CIE 1931 x, y."""
    linear = [_linear(part / 255) for part in rgb_of(name)]
    x, y, z = (sum(map(math.prod, zip(row, linear, strict=True))) for row in _TO_XYZ)
    return round(x / (x + y + z), 4), round(y / (x + y + z), 4)


def name_of_xy(x: float, y: float) -> str:
    """Return the name nearest to CIE 1931 x, y; y is above 0."""
    xyz = (x / y, 1.0, (1 - x - y) / y)
    linear = [max(0.0, sum(map(math.prod, zip(row, xyz, strict=True)))) for row in _FROM_XYZ]
    brightest = max(*linear, 1e-9)
    red, green, blue = (_gamma(part / brightest) for part in linear)
    return name_of_rgb(red, green, blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_CODED else ((part + 0.055) / 1.055) ** 2.4


def _gamma(part: float) -> float:
    return part * 12.92 if part <= _LINEAR_LIGHT else 1.055 * part ** (1 / 2.4) - 0.055
