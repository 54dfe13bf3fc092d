"""Stretches of time in words."""

from __future__ import annotations

import math
from typing import Final

_UNITS: Final = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))

_SAID: Final = 2


def span(seconds: float, *, counted: bool = True) -> str:
    """Return a time in its two largest units: "1 hour and 30 minutes"; of what is begun, the whole second counts.

    counted: False for a word that stands before another: "10 minute".
    """
    rest = max(1, math.ceil(round(seconds, 3)))
    parts: list[str] = []
    for unit, size in _UNITS:
        count, left = divmod(rest, size)
        if count and len(parts) < _SAID:
            parts.append(f"{count} {unit}{'s' if counted and count != 1 else ''}")
            rest = left
        elif parts:
            break
    return (" and " if counted else " ").join(parts)
