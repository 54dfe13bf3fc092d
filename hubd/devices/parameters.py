"""What a function takes: parameters, each with the check of a value against it."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StrictBool, StrictFloat, StrictInt, StrictStr

from hubd.devices.fields import Place, Table

MAX_TEXT = 500
MAX_DESCRIPTION = 1024
_SHOWN = 60
# Beyond it a JSON number is no exact integer in most devices' software.
MAX_NUMBER = 2**53


class ParameterType(StrEnum):
    """The type of a parameter."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"


class ArgumentError(ValueError):
    """A value does not fit its parameter; the text says what was found and what is allowed."""


class Parameter(Table):
    """One parameter of a function. Without a default it has to be given.

    type: string, integer, number or boolean. description: what it means, with its unit; the model reads it.
    minimum, maximum: bounds of an integer or number, in the parameter's own unit, both included.
    enum: the only texts allowed, for a string. default: its value if the call leaves it out.
    """

    type: ParameterType
    description: Annotated[StrictStr, Field(max_length=MAX_DESCRIPTION)] = ""
    minimum: StrictInt | StrictFloat | None = None
    maximum: StrictInt | StrictFloat | None = None
    enum: tuple[Annotated[StrictStr, Field(min_length=1, max_length=MAX_TEXT)], ...] = ()
    default: StrictBool | StrictInt | StrictFloat | StrictStr | None = None

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield bounds, texts, a default that the type does not have or allow."""
        bounds = list(self._wrong_bounds())
        yield from bounds
        if self.enum and self.type is not ParameterType.STRING:
            yield ("enum",), f"enum is for string, found the type {self.type}"
        if "enum" in self.model_fields_set and not self.enum:
            yield ("enum",), "found an empty list: nothing would be allowed; leave enum out for any text"
        if len(set(self.enum)) < len(self.enum):
            yield ("enum",), "enum holds the same text twice"
        yield from ((("enum", n), problem) for n, text in enumerate(self.enum) if (problem := _unsayable(text)))
        # With wrong bounds no default could be right.
        if self.default is not None and not bounds:
            try:
                self.accept(self.default)
            except ArgumentError as fault:
                yield ("default",), f"the default {fault}"

    def _wrong_bounds(self) -> Iterator[tuple[Place, str]]:
        given = {
            key: bound for key, bound in (("minimum", self.minimum), ("maximum", self.maximum)) if bound is not None
        }
        if self.type not in {ParameterType.INTEGER, ParameterType.NUMBER}:
            yield from (((key,), f"{key} is for integer and number, found the type {self.type}") for key in given)
            return
        wrong = [key for key, bound in given.items() if not -MAX_NUMBER <= bound <= MAX_NUMBER]
        yield from (((key,), f"the {key} has to be a finite number, of at most 2 to the power of 53") for key in wrong)
        if wrong:
            return
        if self._low > self._high:
            yield ("minimum",), f"the minimum {self.minimum} is above the maximum {self.maximum}"
        elif self.type is ParameterType.INTEGER and math.ceil(self._low) > math.floor(self._high):
            yield ("minimum",), f"there is no whole number from {self.minimum} to {self.maximum}"

    @property
    def _low(self) -> float:
        return -MAX_NUMBER if self.minimum is None else self.minimum

    @property
    def _high(self) -> float:
        return MAX_NUMBER if self.maximum is None else self.maximum

    @property
    def required(self) -> bool:
        """Whether a call has to give it."""
        return self.default is None

    def accept(self, value: JsonValue) -> JsonValue:
        """Return the value as the function takes it: 30.0 is the integer 30, true is no number, "30" is none either.

        Raises ArgumentError, worded to follow the parameter's name.
        """
        match self.type, value:
            case ParameterType.BOOLEAN, bool():
                return value
            case ParameterType.INTEGER, float() if value.is_integer():
                return self._in_range(int(value))
            case ParameterType.NUMBER, float() if math.isfinite(value):
                return self._in_range(value)
            case ParameterType.INTEGER | ParameterType.NUMBER, int() if not isinstance(value, bool):
                return self._in_range(value)
            case ParameterType.STRING, str():
                return self._allowed_text(value)
            case _:
                raise ArgumentError(f"has to be {self.allowed()}, found {shown(value)}")

    def allowed(self) -> str:
        """Return what the parameter allows, in words: "a whole number from 1 to 100"."""
        match self.type:
            case ParameterType.BOOLEAN:
                return "true or false"
            case ParameterType.STRING:
                return f"one of {', '.join(self.enum)}" if self.enum else f"a text of at most {MAX_TEXT} characters"
            case ParameterType.INTEGER | ParameterType.NUMBER:
                kind = "a whole number" if self.type is ParameterType.INTEGER else "a number"
                lower = f" from {self.minimum:g}" if self.minimum is not None else ""
                upper = f" to {self.maximum:g}" if lower and self.maximum is not None else ""
                alone = f" up to {self.maximum:g}" if not lower and self.maximum is not None else ""
                return f"{kind}{lower}{upper}{alone}"

    def _in_range(self, value: float) -> float:
        if not self._low <= value <= self._high:
            raise ArgumentError(f"has to be {self.allowed()}, found {shown(value)}")
        return value

    def _allowed_text(self, value: str) -> str:
        if self.enum and value not in self.enum:
            # People's words come in any case: "Warm White".
            for allowed in self.enum:
                if allowed.casefold() == value.strip().casefold():
                    return allowed
            raise ArgumentError(f"has to be {self.allowed()}, found {shown(value)}")
        if len(value) > MAX_TEXT:
            raise ArgumentError(f"has to be {self.allowed()}, found {len(value)}")
        if problem := _unsayable(value):
            raise ArgumentError(problem)
        return value


def checked(
    arguments: Mapping[str, JsonValue], parameters: Mapping[str, Parameter], required: frozenset[str]
) -> dict[str, JsonValue]:
    """Return the arguments as the parameters take them; raises ArgumentError with every mistake, at most five.

    required: the names of those that have to be there.
    """
    missing = sorted(required - arguments.keys())
    problems = [f"{name} is missing, it has to be {parameters[name].allowed()}" for name in missing]
    accepted: dict[str, JsonValue] = {}
    for name, value in arguments.items():
        if name not in parameters:
            allowed = ", ".join(parameters) or "none"
            problems.append(f"there is no argument {shown(name)}, allowed are: {allowed}")
            continue
        try:
            accepted[name] = parameters[name].accept(value)
        except ArgumentError as error:
            problems.append(f"{name} {error}")
    if problems:
        raise ArgumentError("; ".join(problems[:5]))
    return accepted


def _unsayable(text: str) -> str:
    """Return what is wrong with the characters of a text, or an empty text."""
    wrong = any(unicodedata.category(each) in {"Cc", "Cs"} and each not in "\n\t" for each in text)
    return "has to be a text without control characters" if wrong else ""


def shown(value: JsonValue) -> str:
    """Return the value as JSON writes it, cut to a length that fits a sentence."""
    match value:
        case bool() | None:
            return str(value).lower().replace("none", "null")
        case str():
            return f'"{value[:_SHOWN]}…"' if len(value) > _SHOWN else f'"{value}"'
        case int() if abs(value) > MAX_NUMBER:
            return "a huge number"
        case int() | float():
            return str(value)
        case list():
            return "a list"
        case dict():
            return "an object"
