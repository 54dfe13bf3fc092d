"""What both clients of the bench set up."""

from __future__ import annotations

from typing import Any

MODEL = "gemini-3.8-live"
VOICE = "Kore"
INSTRUCTION = "You are the voice of a home. Answer in one short sentence, in the language you are spoken to."


def _function(name: str, behavior: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "OBJECT", "properties": properties, "required": ["device"]}
    return {"name": name, "description": f"Carry out {name}.", "behavior": behavior, "parameters": schema}


def _devices(count: int) -> dict[str, Any]:
    return {"type": "STRING", "description": "Which one.", "enum": [f"device {n}" for n in range(count)]}


DECLARATIONS = [
    _function("set_light", "NON_BLOCKING", device=_devices(12), on={"type": "BOOLEAN"}, brightness={"type": "INTEGER"}),
    _function("set_cover", "NON_BLOCKING", device=_devices(6), position={"type": "INTEGER", "minimum": 0}),
    _function("set_lock", "BLOCKING", device=_devices(2), locked={"type": "BOOLEAN"}),
    _function("get_state", "NON_BLOCKING", device=_devices(20)),
]
