"""Functions that the hub carries out by itself, without a device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.parameters import Parameter


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """What the model may ask of the hub itself.

    parameters: as those of a device's function. required: the names of those that a call has to give.
    """

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    required: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class OwnCall:
    """A call of such a function, with arguments that its parameters took; id: the call's own."""

    id: str
    name: str
    arguments: Mapping[str, JsonValue]
