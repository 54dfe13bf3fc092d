"""The declarations of a small house, as a hub makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubd.live.declarations import FunctionDeclaration

ON: Final = {"type": "BOOLEAN", "description": "True turns it on, false turns it off."}
BRIGHTNESS: Final = {"type": "INTEGER", "minimum": 0, "maximum": 100, "description": "Brightness in percent."}


def function(
    name: str, description: str, required: Sequence[str] = (), /, behavior: str = "NON_BLOCKING", **properties: object
) -> FunctionDeclaration:
    """Return a declaration; each property is its schema as it goes over the wire."""
    schema = {"type": "OBJECT", "properties": properties, "required": list(required)} if properties else None
    return FunctionDeclaration.read(
        {"name": name, "description": description, "behavior": behavior, "parameters": schema}
    )


def devices(*names: str) -> dict[str, object]:
    """Return a parameter that names one of several devices."""
    return {"type": "STRING", "enum": list(names)}


HOUSE: Final = (
    function(
        "set_light",
        "Turn a light on or off, or set its brightness.",
        ["device"],
        device=devices("kitchen lights", "office lights"),
        on=ON,
        brightness=BRIGHTNESS,
    ),
    function(
        "set_switch", "Turn a switch or a plug on or off.", ["device", "on"], device=devices("coffee machine"), on=ON
    ),
    function(
        "turn_on_the_lights", "Turn on the living room lights.", brightness={**BRIGHTNESS, "minimum": 1, "default": 100}
    ),
    function("turn_off_the_lights", "Turn off the living room lights."),
    function(
        "set_heater",
        "Set the heater to a temperature in degrees.",
        ["temperature"],
        temperature={"type": "INTEGER", "minimum": 5, "maximum": 30},
    ),
    function("open_garage_door", "Open the garage door.", behavior="BLOCKING"),
    function("close_garage_door", "Close the garage door.", behavior="BLOCKING"),
    function("end_conversation", "End the conversation when the user says goodbye or needs nothing more."),
)
