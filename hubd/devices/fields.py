"""Checked field types in which a device is described."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

MAX_TOPIC = 200
MAX_NAME = 64

_UNPRINTABLE = {"Cc", "Cs", "Cn", "Zl", "Zp"}

# The id of a hub, which is a level of its topics.
HUB_ID = re.compile(r"[a-z0-9_-]{1,64}", re.ASCII)
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h)\s*", re.ASCII)
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def complaint(text: str) -> PydanticCustomError:
    """Return an error whose message is exactly text: raised in a validator, it reaches the user as it is."""
    return PydanticCustomError("hubd", "{text}", {"text": text})


Place = tuple[str | int, ...]
"""The keys and list positions that lead to a value inside a table."""


class Table(BaseModel):
    """A table of the configuration: every key is known, nothing changes after it was read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def contradictions(self) -> Iterable[tuple[Place, str]]:
        """Return what does not fit together in a table whose values are right one by one; each with its place."""
        return ()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        found = [
            InitErrorDetails(type=complaint(problem), loc=place, input=None) for place, problem in self.contradictions()
        ]
        if found:
            # Raised here, it keeps its places below the table's own.
            raise ValidationError.from_exception_data(type(self).__name__, found)
        return self


def seconds_of(value: object) -> float:
    """Return the seconds that a duration means: "2s", "500ms", "1m", "1h", or a number of seconds.

    Raises a complaint for anything else, and for what is not longer than nothing.
    """
    if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
        seconds = float(match[1]) * _UNIT_SECONDS[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        raise complaint(
            f'found {_shown(value)}, allowed is a duration such as "2s", "500ms", "1m", or a number of seconds'
        )
    if not math.isfinite(seconds) or seconds <= 0:
        raise complaint(f"found {value!r}, allowed is a duration longer than 0")
    return seconds


def _shown(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return repr(value[:MAX_NAME])
        case int() | float():
            return repr(value)
        case _:
            return "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else "something else"


@lru_cache(maxsize=4096)
def topic_problem(topic: str) -> str | None:
    """Return what forbids publishing to or subscribing to the topic (``mqtt-devices.md`` 4, topic safety), or None.

    mosquitto drops the connection over a NUL or a line break in a topic, and paho sends it again after each reconnect.
    """
    if not 1 <= len(topic) <= MAX_TOPIC:
        return f"found a topic of {len(topic)} characters, allowed are 1 to {MAX_TOPIC}"
    if topic.startswith("$"):
        return f"found {topic!r}: topics that start with $ belong to the broker"
    if "{{" in topic or "{%" in topic:
        return f"found {topic!r}: a topic is fixed text, templates are for payloads only"
    if wildcards := {"+", "#"} & set(topic):
        return f"found {topic!r}: the wildcard {min(wildcards)} is not allowed here, name one topic"
    if any(unicodedata.category(character) in _UNPRINTABLE for character in topic):
        return f"found {topic!r}: control characters are not allowed in a topic"
    return None


def _check_topic(topic: str) -> str:
    if problem := topic_problem(topic):
        raise complaint(problem)
    return topic


def _check_identifier(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]{1,64}", text, re.ASCII):
        raise complaint(f"found {text!r}, allowed are 1 to 64 of the characters a-z, 0-9 and _")
    return text


def _check_function_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", text, re.ASCII):
        raise complaint(f"found {text!r}, allowed are 1 to 64 letters a-z, digits and _, and no digit at the start")
    return text


def _check_name(text: str) -> str:
    if not text or len(text) > MAX_NAME or any(unicodedata.category(each) in {"Cc", "Cs", "Cf"} for each in text):
        raise complaint(f"found {text!r}, allowed are 1 to {MAX_NAME} characters on one line, as people say it")
    if not any(character.isalnum() for character in text):
        raise complaint(f"found {text!r}, which nobody can say: a name needs a letter or a digit")
    return unicodedata.normalize("NFC", text)


_Stripped = StringConstraints(strip_whitespace=True, strict=True)

Duration = Annotated[float, BeforeValidator(seconds_of)]
"""Seconds, written as "2s", "500ms", "1m", "1h" or a number of seconds; always more than 0."""

Topic = Annotated[str, AfterValidator(_check_topic)]
"""One MQTT topic: no wildcard, no control character, not starting with $, 1 to 200 characters."""

Identifier = Annotated[str, AfterValidator(_check_identifier)]
"""1 to 64 of a-z, 0-9 and _."""

FunctionName = Annotated[str, AfterValidator(_check_function_name)]
"""The name of a function or parameter: a subset of what Live takes (``live-protocol.md`` 3.1)."""

Name = Annotated[str, _Stripped, AfterValidator(_check_name)]
"""A name as people say it: 1 to 64 characters, one line, Unicode normal form C."""
