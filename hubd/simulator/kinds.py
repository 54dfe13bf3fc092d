"""What a frame is, in a few words."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue
from pydantic_core import from_json

# Below these the keys of the next level say what the frame is.
_UNIONS: Final = ("serverContent", "realtimeInput", "realtime_input")
# What has an id or a name worth showing.
_NAMED: Final = ("functionCalls", "functionResponses", "function_responses")


def kind(frame: str) -> str:
    """Return the names of what a frame sets, with those of the functions that it is about; no value that was said."""
    try:
        value: JsonValue = from_json(frame.encode(errors="replace"))
    except ValueError:
        return "no JSON"
    if not isinstance(value, dict):
        return "no object"
    return ", ".join(_shown(key, inner) for key, inner in value.items()) or "{}"


def _shown(key: str, value: JsonValue) -> str:
    if not isinstance(value, dict):
        return key
    if key in _UNIONS:
        return f"{key}: {', '.join(value) or '{}'}"
    for name in _NAMED:
        entries = value.get(name)
        if isinstance(entries, list):
            names = (str(each.get("name", "?")) for each in entries if isinstance(each, dict))
            return f"{key}: {', '.join(names)}"
    return key
