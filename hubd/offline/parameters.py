"""How a person says the arguments of a declared function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from hubd.live.declarations import FunctionDeclaration, Schema, SchemaType
from hubd.live.wire import UnreadableError
from hubd.offline.phrases import Phrase, assign, branching, in_order, maybe, one_of, seldom
from hubd.offline.words import number_words, spoken


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values; those that can't be said are left out.

    also: further names, with the value that each stands for.
    """

    name: str
    values: tuple[JsonValue, ...]
    description: str = ""
    also: tuple[tuple[str, JsonValue], ...] = ()

    @property
    def names(self) -> tuple[tuple[tuple[str, ...], JsonValue], ...]:
        """How each value is said, without an article in front, which is for the sentence to add."""
        named = (*((str(value), value) for value in self.values), *self.also)
        said = ((without_article(spoken(text)), value) for text, value in named)
        return tuple((words, value) for words, value in said if words)

    @property
    def phrase(self) -> Phrase:
        """The values' names, each with its meaning."""
        return branching((words, assign(self.name, value)) for words, value in self.names)


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    name: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number. minimum, maximum: what is declared, or None; units: what may be said after the number."""

    name: str
    whole: bool
    minimum: float | None
    maximum: float | None
    units: tuple[str, ...]

    @property
    def phrase(self) -> Phrase:
        """Numbers in words with their unit.

        0 to 100 can always be said, whatever is declared: a number that is out of range must be understood and
        refused, or it would be taken for the nearest one that sounds alike.
        """
        usual = {value: self._is_usual(value) for value in self._numbers()}
        groups = [branching(self._spoken(value for value in usual if usual[value] is said)) for said in (True, False)]
        numbers = in_order(one_of([groups[0], seldom(groups[1])]), maybe(*self.units))
        return one_of([numbers, seldom(*self._extremes())])

    def allows(self, value: float) -> bool:
        """Return whether the declaration allows this number."""
        return (self.minimum is None or value >= self.minimum) and (self.maximum is None or value <= self.maximum)

    def _numbers(self) -> Iterator[float]:
        low = int(self.minimum) if self.minimum is not None else 0
        high = int(self.maximum) if self.maximum is not None else _ALWAYS
        step = next(step for step in _STEPS if (high - low) <= _MOST_NUMBERS * step or step == _STEPS[-1])
        numbers = dict.fromkeys(range(_ALWAYS + 1))
        numbers.update(dict.fromkeys(range(low, min(high, low + _MOST_NUMBERS * step) + 1, step)))
        for number in numbers:
            yield number
            if not self.whole and abs(number) < _ALWAYS:
                yield number + 0.5

    def _spoken(self, values: Iterable[float]) -> Iterator[tuple[tuple[str, ...], Phrase]]:
        return ((text, assign(self.name, value)) for value in values for text in _number_texts(value))

    def _is_usual(self, value: float) -> bool:
        """Return whether people say this number: one of few that are allowed, else a multiple of five."""
        few = self.minimum is not None and self.maximum is not None and self.maximum - self.minimum < _ALWAYS // 2
        return self.allows(value) and (few or value % 5 == 0)

    def _extremes(self) -> Iterator[Phrase]:
        if self.maximum is not None:
            yield in_order(maybe("the"), one_of(["maximum", "max"]), self._value(self.maximum))
        if self.minimum is not None:
            yield in_order(maybe("the"), one_of(["minimum"]), self._value(self.minimum))
        if "percent" in self.units:
            yield in_order("half", self._value(50))

    def _value(self, number: float) -> Phrase:
        return assign(self.name, int(number) if self.whole else number)


@dataclass(frozen=True, slots=True)
class Free:
    """Something that no grammar can foresee."""

    name: str


Parameter = Choice | Flag | Amount | Free

_ALWAYS: Final = 100
_MOST_NUMBERS: Final = 500
_STEPS: Final = (1, 5, 10, 50, 100, 500, 1000, 10_000)

# Words in a parameter's name or description → what is said after its number.
_UNITS: Final = (
    (
        {"percent", "percentage", "brightness", "volume", "position", "level", "speed", "humidity", "tilt"},
        ("percent",),
    ),
    ({"temperature", "degrees", "degree", "celsius"}, ("degrees", "degree", "degrees celsius")),
    ({"kelvin"}, ("kelvin",)),
    ({"seconds", "second"}, ("seconds", "second")),
    ({"minutes", "minute"}, ("minutes", "minute")),
    ({"hours", "hour"}, ("hours", "hour")),
)
_SHARED_KEYS: Final = ("description", "minimum", "maximum")
_ARTICLES: Final = ("the", "a", "an", "my", "our")


def parameters_of(declaration: FunctionDeclaration) -> tuple[tuple[Parameter, ...], frozenset[str]]:
    """Return a function's parameters, with the names of those that a call must have."""
    schema = declaration.parameters or _from_json_schema(declaration.parameters_json_schema)
    if schema is None:
        return (), frozenset()
    parameters = tuple(_parameter(name, member) for name, member in schema.properties.items())
    return parameters, frozenset(schema.required)


def without_article(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return words without the article that they begin with."""
    return words[1:] if len(words) > 1 and words[0] in _ARTICLES else words


def _parameter(name: str, schema: Schema) -> Parameter:
    match schema.type:
        case _ if schema.enum:
            return Choice(name, tuple(_typed(value, schema.type) for value in schema.enum), schema.description)
        case SchemaType.BOOLEAN:
            return Flag(name)
        case SchemaType.INTEGER | SchemaType.NUMBER:
            hints = {*spoken(name.replace("_", " ")), *spoken(schema.description)}
            units = tuple(unit for words, said in _UNITS if words & hints for unit in said)
            return Amount(name, schema.type is SchemaType.INTEGER, schema.minimum, schema.maximum, units)
        case SchemaType.STRING | SchemaType.ARRAY | SchemaType.OBJECT:
            return Free(name)


def _typed(value: str, kind: SchemaType) -> JsonValue:
    """Return a member of an enum, which is always written as a string, as the type that is declared."""
    try:
        match kind:
            case SchemaType.INTEGER:
                return int(value)
            case SchemaType.NUMBER:
                return float(value)
            case _:
                return value
    except ValueError:
        return value


def _number_texts(number: float) -> Iterator[tuple[str, ...]]:
    """Return the ways to say a whole number or one that ends in a half."""
    words = number_words(math.floor(number))
    if number != math.floor(number):
        yield (*words, "point", "five")
        yield (*words, "and", "a", "half")
        return
    yield words
    if words[0] == "one" and words[1:2] == ("hundred",):
        yield ("a", *words[1:])
    if "hundred" in words[:-1]:
        after = words.index("hundred") + 1
        yield (*words[:after], "and", *words[after:])


def _from_json_schema(schema: JsonValue) -> Schema | None:
    """Read what the other way to declare parameters has in common with the first; the rest can't be said anyway."""
    if not isinstance(schema, dict):
        return None
    properties = schema.get("properties")
    required = schema.get("required")
    members = properties.items() if isinstance(properties, dict) else ()
    known = ((name, _member_from_json_schema(member)) for name, member in members)
    return Schema(
        type=SchemaType.OBJECT,
        properties={name: member for name, member in known if member is not None},
        required=tuple(str(name) for name in required) if isinstance(required, list) else (),
    )


def _member_from_json_schema(member: JsonValue) -> Schema | None:
    if not isinstance(member, dict):
        return None
    kinds = member.get("type")
    kind = next((each for each in kinds if each != "null"), None) if isinstance(kinds, list) else kinds
    kept: dict[str, JsonValue] = {key: member[key] for key in _SHARED_KEYS if key in member}
    values = member.get("enum")
    if isinstance(values, list):
        kept["enum"] = [str(value) for value in values]
    try:
        return Schema.read({"type": str(kind or "string").upper(), **kept})
    except UnreadableError:
        return None
