"""The types that proto3 JSON is made of."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING, Annotated, Final, Self

from pydantic_core import SchemaValidator, ValidationError, core_schema

if TYPE_CHECKING:
    from pydantic import JsonValue
else:
    JsonValue = object  # nothing else of pydantic is of use to a Live client, and it takes 5 MB

_DURATION: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)s", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_ENUM_NUMBERS: Final = 2**31  # known or not, they are int32
_EXACT: Final = 2**53  # whole numbers up to here have a float of their own
_URL_SAFE_TO_STANDARD: Final = str.maketrans("-_", "+/")
# It takes a quarter of the time that the standard library's decoder does.
_BASE64: Final = SchemaValidator(core_schema.bytes_schema(), core_schema.CoreConfig(val_json_bytes="base64"))

# The numbers of the enums' values, by the published proto: those of the Python enum of the same name, as one counts
# from 0, which is unset. Numbers pass as well as names (``live-protocol.md`` 2, rule 9).
_NUMBERS: Final = {
    "ActivityHandling": ("ACTIVITY_HANDLING_UNSPECIFIED", "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"),
    "Behavior": ("UNSPECIFIED", "BLOCKING", "NON_BLOCKING"),
    "EndSensitivity": ("END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"),
    "MediaResolution": (
        *("MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"),
    ),
    "Modality": ("MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"),
    "Scheduling": ("SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT"),
    "SchemaType": ("TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"),
    "StartSensitivity": ("START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"),
    "ThinkingLevel": ("THINKING_LEVEL_UNSPECIFIED", "LOW", "MEDIUM", "HIGH", "MINIMAL"),
    "TurnCoverage": (
        *("TURN_COVERAGE_UNSPECIFIED", "TURN_INCLUDES_ONLY_ACTIVITY", "TURN_INCLUDES_ALL_INPUT"),
        "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
    ),
}


class UnreadableError(Exception):
    """A value that is not what is wanted in its place.

    place: where it is, the innermost name or number first. stranger: the name, if it is one that nobody knows.
    """

    def __init__(self, problem: str, stranger: str | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.stranger = stranger
        self.place: list[str | int] = []

    def within(self, place: str | int) -> Self:
        """Note where the value is, one level further out; return the error itself."""
        self.place.append(place)
        return self


class Strangers(Enum):
    """What becomes of names that nobody knows."""

    REFUSED = auto()
    PASSED_OVER = auto()


class Unset(Enum):
    """What stands for a field that is as good as absent."""

    UNSET = auto()


UNSET: Final = Unset.UNSET
Read = Callable[[object, Strangers], object]
Write = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a type of the wire is read from JSON, and written; None where Python's value is JSON's.

    read: returns UNSET for what is as good as absent; raises UnreadableError.
    """

    read: Read
    write: Write | None = None


def _text(value: object, _: Strangers) -> object:
    if type(value) is not str:
        raise UnreadableError("a text is wanted")
    return value


def _truth(value: object, _: Strangers) -> object:
    if type(value) is not bool:
        raise UnreadableError("true or false is wanted")
    return value


def _number(value: object) -> float:
    """Return a number, which may be written as a text (``live-protocol.md`` 2, rule 9)."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = float(value) if set(value) & set(".eE") else int(value)
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise UnreadableError("a number is wanted")
    return value


def _whole(bits: int) -> Read:
    least, beyond = -(2 ** (bits - 1)), 2 ** (bits - 1)

    def read(value: object, _: Strangers) -> object:
        number = value if type(value) is int else _number(value)
        if number != int(number) or not least <= number < beyond:
            raise UnreadableError(f"a whole number of {bits} bits is wanted")
        return int(number)

    return read


def _read_number(value: object, _: Strangers) -> object:
    try:
        return float(_number(value))
    except OverflowError:
        raise UnreadableError("a smaller number is wanted") from None


def _write_number(value: object) -> object:
    """Write 100, not 100.0: shorter, with the same meaning."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
    return int(value) if whole and isinstance(value, float) else value


def _read_duration(value: object, strangers: Strangers) -> object:
    if not isinstance(value, str):
        return _read_number(value, strangers)
    match = _DURATION.fullmatch(value)
    if match is None:
        raise UnreadableError('a duration is wanted, such as "9.500s"')
    return float(match[1])


def _write_duration(value: object) -> object:
    if not isinstance(value, int | float):
        raise TypeError("a duration is a number of seconds")
    # Google prints whole seconds, or three digits; and 0, never -0.
    return f"{round(value, 3) + 0.0:.3f}".removesuffix(".000") + "s"


def _read_bytes(value: object, _: Strangers) -> object:
    if type(value) is not str:
        raise UnreadableError("base64 text is wanted")
    try:
        return _BASE64.validate_strings(value)  # type: ignore[arg-type]  # a text is one
    except ValidationError:
        return _decode_any_base64(value)


def _decode_any_base64(text: str) -> bytes:
    """Decode either alphabet, padded or not (``live-protocol.md`` 2, rule 10)."""
    body = text.rstrip("=").translate(_URL_SAFE_TO_STANDARD)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except ValueError:
        raise UnreadableError("base64 text is wanted") from None


def _write_bytes(value: object) -> object:
    if not isinstance(value, bytes):
        raise TypeError("bytes are wanted")
    return base64.b64encode(value).decode("ascii")


def _object(value: object, _: Strangers) -> object:
    if type(value) is not dict:
        raise UnreadableError("an object is wanted")
    return value


def _anything(value: object, _: Strangers) -> object:
    return value


def text_like(pattern: str) -> Kind:
    """Return the kind that is a text of this pattern."""
    compiled = re.compile(pattern)

    def read(value: object, strangers: Strangers) -> object:
        text = _text(value, strangers)
        if not isinstance(text, str) or compiled.fullmatch(text) is None:
            raise UnreadableError(f"a text like {pattern} is wanted")
        return text

    return Kind(read)


def enum_name(*names: str) -> Kind:
    """Return the kind that is the name of an enum's value, or its number: those from 1 on that have one of names.

    A number without a name becomes a text of digits: a value that we do not know is no mistake.
    """

    def read(value: object, strangers: Strangers) -> object:
        if type(value) is int:
            return names[value - 1] if 0 < value <= len(names) else str(value) if value else ""
        return _text(value, strangers)

    return Kind(read)


def enum_kind(kind: type[StrEnum]) -> Kind:
    """Return the kind that is one of an enum's values, or its number; UNSET for one that stands for unset."""
    members, names = {str(member): member for member in kind}, _NUMBERS[kind.__name__]

    def read(value: object, _: Strangers) -> object:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _ENUM_NUMBERS:
            if value != int(value):
                raise UnreadableError("a whole number is wanted")
            value = names[int(value)] if value < len(names) else names[0]
        if value == names[0]:
            return UNSET
        member = members.get(value) if isinstance(value, str) else None
        if member is None:
            raise UnreadableError(f"one of {', '.join(members)} is wanted")
        return member

    return Kind(read)


TEXT: Final = Kind(_text)
Bool = Annotated[bool, Kind(_truth)]
# The name of an enum's value, whether we know it or not; may come as a number (``live-protocol.md`` 2, rule 9).
EnumName = Annotated[str, enum_name()]
Int32 = Annotated[int, Kind(_whole(32))]
# Written as a string: a JSON number holds 53 bits (``live-protocol.md`` 2, rule 9).
Int64 = Annotated[int, Kind(_whole(64), str)]
Number = Annotated[float, Kind(_read_number, _write_number)]
# Seconds.
Duration = Annotated[float, Kind(_read_duration, _write_duration)]
Bytes = Annotated[bytes, Kind(_read_bytes, _write_bytes)]
Struct = Annotated[dict[str, JsonValue], Kind(_object)]
Json = Annotated[JsonValue, Kind(_anything)]

_DEEPEST: Final = 32  # far above any device's state, far below what a JSON library refuses


def to_struct(values: Mapping[str, JsonValue]) -> Struct:
    """Return the object as the wire can carry it: null for numbers that are not finite, and for what lies too deep."""
    return {key: _to_value(value, _DEEPEST) for key, value in values.items()}


def _to_value(value: JsonValue, depth: int) -> JsonValue:
    match value:
        case float() if not math.isfinite(value):
            return None
        case dict() | list() if not depth:
            return None
        case dict():
            return {key: _to_value(inner, depth - 1) for key, inner in value.items()}
        case list():
            return [_to_value(inner, depth - 1) for inner in value]
        case _:
            return value
