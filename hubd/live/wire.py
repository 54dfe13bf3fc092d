"""The types that proto3 JSON is made of."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Annotated, Final, get_args, get_origin

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    StrictBool,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.alias_generators import to_camel

_DURATION: Final = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,9})?)s", re.ASCII)
_ENUM_NUMBERS: Final = 2**31  # known or not, they are int32
_EXACT: Final = 2**53  # whole numbers up to here have a float of their own
_URL_SAFE_TO_STANDARD: Final = str.maketrans("-_", "+/")


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


class Wire(BaseModel):
    """A message of the wire: camelCase out, camelCase or snake_case in, null means unset (``live-protocol.md`` 2).

    Built in Python it takes its fields by name and refuses others. A message is written without the fields that are
    at their default, as proto3 JSON is; a field without a default is always written.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        val_json_bytes="base64",
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_unset(cls, data: object) -> object:
        if not isinstance(data, dict):
            return data
        enums = _enums(cls)
        if enums and not enums.keys().isdisjoint(data):
            data = {name: enums[name](value) if name in enums else value for name, value in data.items()}
        if None in data.values():
            return {name: value for name, value in data.items() if value is not None}
        return data


@cache
def _enums(kind: type[Wire]) -> Mapping[str, Callable[[object], object]]:
    """Return what reads the numbers of enums for each field that holds one or more, under both of its names."""
    found: dict[str, Callable[[object], object]] = {}
    for name, field in kind.model_fields.items():
        for part in _parts(field.annotation):
            if isinstance(part, type) and issubclass(part, StrEnum):
                read = _each_named if get_origin(field.annotation) is tuple else _named
                found[name] = found[field.alias or name] = partial(read, names=_NUMBERS[part.__name__])
    return found


def _parts(annotation: object) -> Iterator[object]:
    yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)


def _named(value: object, names: tuple[str, ...]) -> object:
    """Return the name of an enum's number; None for one that stands for unset."""
    match value:
        case bool():
            return value
        case int() | float() if 0 <= value < _ENUM_NUMBERS and value == int(value):
            return names[int(value)] if 0 < value < len(names) else None
        case str() if value == names[0]:
            return None
        case _:
            return value


def _each_named(value: object, names: tuple[str, ...]) -> object:
    if not isinstance(value, list):
        return value
    read = ((each, _named(each, names)) for each in value)
    return [name for each, name in read if name is not None or each is None]  # null is no item of a list


class Empty(Wire):
    """A message whose presence is all that it says: written as ``{}``."""


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")  # noqa: TRY004 -- pydantic lets a TypeError pass through
    return value


def _decode_bytes(value: object, decode: ValidatorFunctionWrapHandler) -> object:
    match value:
        case bytes():
            return value
        case str():
            try:
                # Pydantic's decoder takes a third of the time that the standard library's does.
                return decode(value)
            except ValidationError:
                return _decode_any_base64(value)
        case _:
            raise ValueError("base64 text is wanted")


def _decode_any_base64(text: str) -> bytes:
    """Decode either alphabet, padded or not (``live-protocol.md`` 2, rule 10); raise ValueError for anything else."""
    body = text.rstrip("=").translate(_URL_SAFE_TO_STANDARD)
    return base64.b64decode(body + "=" * (-len(body) % 4), validate=True)


def _encode_bytes(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


def _decode_duration(value: object) -> object:
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is None:
            raise ValueError('a duration is wanted, such as "9.500s"')
        return float(match[1])
    return _no_bool(value)


def _encode_duration(value: float) -> str:
    # Google prints whole seconds, or three digits; and 0, never -0.
    return f"{round(value, 3) + 0.0:.3f}".removesuffix(".000") + "s"


def _encode_number(value: float) -> int | float:
    """Write 100, not 100.0: shorter, with the same meaning."""
    return int(value) if value.is_integer() and abs(value) < _EXACT else value


def enum_name(*names: str) -> BeforeValidator:
    """Return the check that takes the name of an enum's value, or its number: those from 1 on that have one of names.

    A number without a name becomes a text of digits: a value that we do not know is no mistake.
    """

    def parse(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return names[value - 1] if 0 < value <= len(names) else str(value) if value else ""
        return value

    return BeforeValidator(parse)


Bool = StrictBool
# The name of an enum's value, whether we know it or not; may come as a number (``live-protocol.md`` 2, rule 9).
EnumName = Annotated[str, enum_name()]
Int32 = Annotated[int, BeforeValidator(_no_bool), Field(ge=-(2**31), lt=2**31)]
# Written as a string: a JSON number holds 53 bits (``live-protocol.md`` 2, rule 9).
Int64 = Annotated[int, BeforeValidator(_no_bool), Field(ge=-(2**63), lt=2**63), PlainSerializer(str)]
Number = Annotated[float, BeforeValidator(_no_bool), PlainSerializer(_encode_number, when_used="json")]
# Seconds.
Duration = Annotated[float, BeforeValidator(_decode_duration), PlainSerializer(_encode_duration, when_used="json")]
Bytes = Annotated[bytes, WrapValidator(_decode_bytes), PlainSerializer(_encode_bytes, when_used="json")]
Struct = dict[str, JsonValue]

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
