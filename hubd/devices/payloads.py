"""Payloads that devices report, read without trust."""

from __future__ import annotations

import json
import unicodedata
from typing import NoReturn

from pydantic import JsonValue

# ``mqtt-devices.md`` 4, topic safety: before any parsing.
MAX_PAYLOAD = 256 * 1024
MAX_TEXT = 256
_MAX_DEPTH = 16
# What is bigger is no reading of a device.
MAX_NUMBER = 10**18


def text_in(payload: bytes) -> str | None:
    """Return the payload as one short text, stripped; None if it is none."""
    if len(payload) > MAX_PAYLOAD:
        return None
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        return None
    return text if is_readable(text) else None


def object_in(payload: bytes) -> dict[str, JsonValue]:
    """Return the members of the JSON object that the payload is; empty if it is none.

    Members that are no JSON (NaN), too long or too deep are left out; the others stay.
    """
    if len(payload) > MAX_PAYLOAD:
        return {}
    try:
        parsed: JsonValue = json.loads(payload.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(parsed, dict):
        return {}
    return {key: value for key, value in parsed.items() if is_readable(key) and _is_sound(value)}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _is_sound(value: JsonValue, depth: int = 0) -> bool:
    match value:
        case list() | dict() if depth >= _MAX_DEPTH:
            return False
        case str():
            return is_readable(value)
        case int() | float():
            return abs(value) < MAX_NUMBER
        case list():
            return all(_is_sound(item, depth + 1) for item in value)
        case dict():
            return all(is_readable(key) and _is_sound(item, depth + 1) for key, item in value.items())
        case None:
            return True


def is_readable(text: str) -> bool:
    """Return whether a report may hold the text: short, on one line, without control characters."""
    return len(text) <= MAX_TEXT and not any(unicodedata.category(each) in {"Cc", "Cs"} for each in text)
