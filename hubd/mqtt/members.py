"""What the payload of a command holds, as checked values."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Final, NoReturn

from pydantic import JsonValue

from hubd.errors import HubdError
from hubd.mqtt.orders import Identity
from hubd.wishes import LONGEST_TEXT

# Bytes, before anything is looked at; the longest text takes less, however it is escaped.
LONGEST_PAYLOAD: Final = 16 * 1024
LONGEST_ID: Final = 128
_MOST_UNREAD: Final = 20
_SHOWN: Final = 40
_COMMON: Final = frozenset({"id", "ts", "ttl_s"})
# From here on a number is a time in ms.
_MILLISECONDS: Final = 1e11
# From here on it is none.
_LATEST: Final = 1e15
_LONGEST_TIME: Final = 1e9


class UnreadableError(HubdError):
    """What is wrong with a payload, in words for who sent it."""


class Members:
    """The members of a payload; a payload that is no JSON object is one nameless member, bare.

    It notes which were asked for; each method raises UnreadableError for a value that is not what it returns.
    """

    def __init__(self, payload: bytes) -> None:
        self.bare, self._members = _split(payload)
        self._read = set(_COMMON)

    def get(self, name: str) -> JsonValue:
        """Return a member as it is; None if it is not there."""
        self._read.add(name)
        return self._members.get(name)

    @property
    def is_object(self) -> bool:
        """Whether there are any."""
        return bool(self._members)

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of those that nobody asked for."""
        return tuple(shown(name) for name in self._members if name not in self._read)[:_MOST_UNREAD]

    def sentence(self) -> str:
        """Return the text that it is all about: a member, or the whole payload."""
        return text_of("text", self.get("text") if self.is_object else self.bare, LONGEST_TEXT)

    def flag(self, name: str) -> bool:
        """Return whether a member is true; false if it is not there."""
        value = self.get(name)
        if value is not None and not isinstance(value, bool):
            raise UnreadableError(f"{name} is neither true nor false")
        return value is True

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """Return the word that a member is, in small letters; the first of them if it is not there."""
        value = self.get(name)
        word = among[0] if value is None else value.lower() if isinstance(value, str) else ""
        if word not in among:
            raise UnreadableError(f"{name} is none of {', '.join(among)}")
        return word

    def number(self, name: str, least: float, most: float) -> float | None:
        """Return a number within limits, None if it is not there."""
        value = self.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            raise UnreadableError(f"{name} is no number of {least:g} to {most:g}")
        return float(value)

    def identity(self) -> Identity | None:
        """Return what who asks calls the command, None if nothing."""
        match self.get("id"):
            case None:
                return None
            case bool() | float() | list() | dict():
                raise UnreadableError("id is neither a text nor a whole number")
            case int(number) if abs(number) >= 2**63:
                raise UnreadableError("id is too large a number")
            case int(number):
                return number
            case str(text):
                return text_of("id", text, LONGEST_ID)

    def moment(self) -> float | None:
        """Return when the command was given, s since 1970, UTC; None if it does not say."""
        match self.get("ts"):
            case None:
                return None
            case (int() | float()) as number if not isinstance(number, bool) and abs(number) < _LATEST:
                return number / 1000 if abs(number) >= _MILLISECONDS else float(number)
            case str(text):
                try:
                    moment = datetime.fromisoformat(text)
                    if moment.tzinfo is not None:
                        return moment.timestamp()
                except (ValueError, OverflowError):
                    pass  # said below, as for all that is no time
            case _:
                pass
        raise UnreadableError("ts is neither s nor ms since 1970, nor a time in ISO 8601 with its zone")

    def good_for(self) -> float | None:
        """Return for how long the command is good, s; None if it does not say."""
        value = self.get("ttl_s")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise UnreadableError("ttl_s is no number of seconds")
        return float(min(value, _LONGEST_TIME))


def shown(text: str) -> str:
    """Return a text as it may stand in an answer."""
    return _clean(text)[:_SHOWN]


def text_of(what: str, value: JsonValue, longest: int) -> str:
    """Return a text of one line that is not empty; what: its name in the complaint that is raised otherwise."""
    if not isinstance(value, str):
        raise UnreadableError(f"{what} is missing" if value is None else f"{what} is no text")
    if not (text := _clean(value)):
        raise UnreadableError(f"{what} is empty")
    if len(text) > longest:
        raise UnreadableError(f"{what} has {len(text)} characters, allowed are {longest}")
    return text


def _clean(text: str) -> str:
    """Return text on one line, without characters that nobody sees or says."""
    spaced = "".join(" " if each.isspace() else each for each in text)
    kept = (each for each in spaced if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    return " ".join("".join(kept).split())


def _split(payload: bytes) -> tuple[str, Mapping[str, JsonValue]]:
    if len(payload) > LONGEST_PAYLOAD:
        raise UnreadableError(f"the payload has {len(payload)} bytes, allowed are {LONGEST_PAYLOAD}")
    try:
        text = payload.decode().strip()
    except UnicodeDecodeError:
        raise UnreadableError("the payload is not UTF-8") from None
    if not text.startswith("{"):
        return text, {}
    try:
        parsed: JsonValue = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise UnreadableError("the payload begins like a JSON object, but it is none") from None
    return "", parsed if isinstance(parsed, dict) else {}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)
