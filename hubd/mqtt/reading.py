"""Payload of a command → what is wanted."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, NoReturn

from pydantic import JsonValue

from hubd.errors import HubdError
from hubd.mqtt.orders import (
    Ask,
    Declined,
    Fault,
    Identity,
    Listen,
    Mute,
    Order,
    Say,
    Stop,
    Tell,
    Turned,
    Volume,
    Wish,
)
from hubd.wishes import LONGEST_TEXT, Scheduling

# Bytes, before anything is looked at; the longest text takes less, however it is escaped.
LONGEST_PAYLOAD: Final = 16 * 1024
LONGEST_ID: Final = 128
LONGEST_SOURCE: Final = 64
_MOST_CHOICES: Final = 20
_SHOWN: Final = 40
_COMMON: Final = frozenset({"id", "ts", "ttl_s"})
# What a button of Home Assistant sends (``mqtt-devices.md`` 2a).
_PRESSED: Final = frozenset({"", "PRESS"})
# From here on a number is a time in ms.
_MILLISECONDS: Final = 1e11
_WHEN: Final[Mapping[str, Scheduling]] = {
    "now": Scheduling.INTERRUPT,
    "replace": Scheduling.INTERRUPT,
    "queue": Scheduling.WHEN_IDLE,
}


class _UnreadableError(HubdError):
    """What is wrong with a payload, in words for who sent it."""


class _Members:
    """The members of a payload; a payload that is no JSON object is one nameless member.

    It notes which were asked for.
    """

    def __init__(self, bare: str, members: Mapping[str, JsonValue]) -> None:
        self.bare = bare
        self._members = members
        self._read = set(_COMMON)

    def get(self, name: str) -> JsonValue:
        self._read.add(name)
        return self._members.get(name)

    @property
    def is_object(self) -> bool:
        return bool(self._members)

    @property
    def unread(self) -> tuple[str, ...]:
        return tuple(_shown(name) for name in self._members if name not in self._read)[:_MOST_CHOICES]


def read(command: str, payload: bytes) -> Order | Declined:
    """Return what a command's payload asks for; never raises, whatever it holds.

    The payload is plain text, or a JSON object with the members of ``mqtt-devices.md`` 5 and, if the sender likes,
    ``id`` (a text or whole number that no other command of the last minutes has), ``ts`` (when it was given: s or ms
    since 1970, or ISO 8601), ``ttl_s`` (for how long it is good).
    """
    if (reader := READERS.get(command)) is None:
        known = ", ".join(READERS)
        return Declined(command, Fault.UNKNOWN_COMMAND, f"there is no command {_shown(command)!r}; there are: {known}")
    name: Identity | None = None
    try:
        bare, members = _split(payload)
        name = _identity(members.get("id"))
        found = _Members(bare, members)
        wish = reader(found)
        given, good_for = _moment(members.get("ts")), _seconds("ttl_s", members.get("ttl_s"))
    except _UnreadableError as error:
        return Declined(command, Fault.UNREADABLE, str(error), name)
    return Order(command, wish, name, given, good_for, found.unread)


def _split(payload: bytes) -> tuple[str, Mapping[str, JsonValue]]:
    if len(payload) > LONGEST_PAYLOAD:
        raise _UnreadableError(f"the payload has {len(payload)} bytes, allowed are {LONGEST_PAYLOAD}")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise _UnreadableError("the payload is not UTF-8") from None
    if not text.startswith("{"):
        return text, {}
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _UnreadableError("the payload begins like a JSON object, but it is none") from None
    return "", parsed if isinstance(parsed, dict) else {}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _shown(text: str) -> str:
    return _clean(text)[:_SHOWN]


def _clean(text: str) -> str:
    """Return text on one line, without characters that nobody sees or says."""
    spaced = "".join(" " if each.isspace() else each for each in text)
    kept = (each for each in spaced if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    return " ".join("".join(kept).split())


def _text(what: str, value: JsonValue, longest: int) -> str:
    if not isinstance(value, str):
        raise _UnreadableError(f"{what} is missing" if value is None else f"{what} is no text")
    if not (text := _clean(value)):
        raise _UnreadableError(f"{what} is empty")
    if len(text) > longest:
        raise _UnreadableError(f"{what} has {len(text)} characters, allowed are {longest}")
    return text


def _identity(value: JsonValue) -> Identity | None:
    match value:
        case None:
            return None
        case bool() | float() | list() | dict():
            raise _UnreadableError("id is neither a text nor a whole number")
        case int() if abs(value) >= 2**63:
            raise _UnreadableError("id is too large a number")
        case int():
            return value
        case str():
            return _text("id", value, LONGEST_ID)


def _moment(value: JsonValue) -> float | None:
    match value:
        case None:
            return None
        case bool():
            pass
        case int() | float():
            return value / 1000 if abs(value) >= _MILLISECONDS else float(value)
        case str():
            try:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is not None:
                    return moment.timestamp()
            except (ValueError, OverflowError):
                pass
    raise _UnreadableError("ts is neither s nor ms since 1970, nor a time in ISO 8601 with its zone")


def _seconds(what: str, value: JsonValue) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise _UnreadableError(f"{what} is no number of seconds")
    return float(min(value, 1e9))


def _sentence(members: _Members) -> str:
    value = members.get("text")
    return _text("text", value if members.is_object else members.bare, LONGEST_TEXT)


def _scheduling(members: _Members, otherwise: Scheduling) -> Scheduling:
    value = members.get("scheduling")
    if value is None:
        return otherwise
    word = re.sub(r"[\s-]+", "_", value.strip()).upper() if isinstance(value, str) else ""
    if word not in Scheduling.__members__:
        raise _UnreadableError(f"scheduling is none of {', '.join(Scheduling)}")
    return Scheduling[word]


def _say(members: _Members) -> Wish:
    text = _sentence(members)
    when = members.get("when")
    if when is not None and (not isinstance(when, str) or when.lower() not in _WHEN):
        raise _UnreadableError(f"when is none of {', '.join(_WHEN)}")
    at = _WHEN[when.lower()] if isinstance(when, str) else Scheduling.WHEN_IDLE
    scheduling = _scheduling(members, at)
    if scheduling is Scheduling.SILENT:
        raise _UnreadableError("scheduling is SILENT: use the command tell for what is not to be said")
    return Say(text, scheduling)


def _ask(members: _Members) -> Wish:
    choices = members.get("choices")
    if choices is None:
        return Ask(_sentence(members))
    if not isinstance(choices, list) or len(choices) > _MOST_CHOICES:
        raise _UnreadableError(f"choices is no list of at most {_MOST_CHOICES} texts")
    return Ask(_sentence(members), tuple(_text("one of choices", each, LONGEST_SOURCE) for each in choices))


def _tell(members: _Members) -> Wish:
    source = members.get("source")
    named = "" if source is None else _text("source", source, LONGEST_SOURCE)
    return Tell(_sentence(members), _scheduling(members, Scheduling.SILENT), named)


def _listen(members: _Members) -> Wish:
    if members.bare not in _PRESSED:
        raise _UnreadableError("listen takes nothing, PRESS, or a JSON object")
    return Listen()


def _stop(_members: _Members) -> Wish:
    # Whatever else it says: who wants silence gets it.
    return Stop()


def _mute(members: _Members) -> Wish:
    value = next((found for name in ("muted", "mute", "state") if (found := members.get(name)) is not None), None)
    match value if members.is_object else members.bare:
        case bool(is_on):
            return Mute(Turned.ON if is_on else Turned.OFF)
        case str(word) if word.upper() in {"ON", "TRUE"}:
            return Mute(Turned.ON)
        case str(word) if word.upper() in {"OFF", "FALSE"}:
            return Mute(Turned.OFF)
        case str(word) if word.upper() == "TOGGLE":
            return Mute(Turned.OTHER)
    raise _UnreadableError("mute takes ON, OFF, TOGGLE, or a JSON object with one of them as muted")


def _volume(members: _Members) -> Wish:
    value = members.get("volume")
    if not members.is_object and re.fullmatch(r"\d{1,3}(\.\d{1,9})?", members.bare, re.ASCII):
        value = float(members.bare)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:  # noqa: PLR2004 - percent
        raise _UnreadableError("volume takes a number of 0 to 100, or a JSON object with it as volume")
    return Volume(round(value))


READERS: Final[Mapping[str, Callable[[_Members], Wish]]] = {
    "say": _say,
    "ask": _ask,
    "listen": _listen,
    "tell": _tell,
    "stop": _stop,
    "mute": _mute,
    "volume": _volume,
}
"""The commands, each with what reads its payload."""
