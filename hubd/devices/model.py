"""Device, Function, Command, Reading: the vocabulary of the house."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device last said about itself; received is monotonic, s."""

    values: Mapping[str, JsonValue]
    received: float
