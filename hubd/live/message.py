"""A message of the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from types import NoneType, UnionType
from typing import (
    Annotated,
    ClassVar,
    Final,
    Self,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from hubd.live.wire import TEXT, UNSET, Kind, Read, Strangers, UnreadableError, enum_kind

_T = TypeVar("_T")


class _Rule(Enum):
    READ_IF_POSSIBLE = auto()


# For display alone (``live-protocol.md`` 7.1): that it looks different one day must not end a conversation.
Readable = Annotated[_T | None, _Rule.READ_IF_POSSIBLE]


@dataclass(frozen=True, slots=True)
class _Spec:
    default: object
    repr: bool
    written: bool


def field(*, default: _T, repr: bool = True, written: bool = False) -> _T:  # noqa: A002 -- the name that dataclasses have
    """Describe a field: repr: whether its value may be shown; written: whether it is written at its default, too."""
    return _Spec(default, repr, written)  # type: ignore[return-value]  # as with dataclasses, it stands for the value


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Wire:
    """A message of the wire: camelCase out, camelCase or snake_case in, null means unset (``live-protocol.md`` 2).

    Built in Python it takes its fields by name and refuses others; mypy sees to their types. A message is written
    without the fields that are at their default, as proto3 JSON is; a field without a default is always written.
    What is at its default is kept once, in the class: nobody changes a message, nor what is in it.
    """

    wire_names: ClassVar[frozenset[str]] = frozenset()
    wire_required: ClassVar[frozenset[str]] = frozenset()
    wire_hidden: ClassVar[frozenset[str]] = frozenset()
    wire_written: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        cls.wire_names = frozenset(cls.__annotations__)
        cls.wire_required = frozenset(name for name in cls.wire_names if name not in cls.__dict__)
        specs = {name: spec for name, spec in vars(cls).items() if isinstance(spec, _Spec)}
        cls.wire_hidden = frozenset(name for name, spec in specs.items() if not spec.repr)
        cls.wire_written = cls.wire_required | {name for name, spec in specs.items() if spec.written}
        for name, spec in specs.items():
            setattr(cls, name, spec.default)

    def __init__(self, **values: object) -> None:
        if not self.wire_required <= values.keys() <= self.wire_names:
            wrong = sorted((self.wire_required - values.keys()) | (values.keys() - self.wire_names))
            raise TypeError(f"{type(self).__name__}: missing or unknown: {', '.join(wrong)}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} can't be set: a message does not change")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.wire_names)

    __hash__ = None  # type: ignore[assignment]  # what is in it may be a dict

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__dict__.items() if name not in self.wire_hidden)
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def read(cls, data: object, strangers: Strangers = Strangers.REFUSED) -> Self:
        """Return what JSON says, as Python has it; raises UnreadableError."""
        message = _reader(cls)(data, strangers)
        if not isinstance(message, cls):
            raise TypeError(f"no {cls.__name__} was read")
        return message

    def changed(self, **values: object) -> Self:
        """Return the message with other values in these fields."""
        return type(self)(**{**self.__dict__, **values})

    def problem(self) -> str:
        """Return what is wrong with the message as a whole; empty if nothing is."""
        return ""

    def to_json(self) -> dict[str, object]:
        """Return the message as JSON has it, in Python's types."""
        found: dict[str, object] = {}
        for each in fields_of(type(self)).values():
            value = getattr(self, each.name)
            if value != each.default or each.written:
                found[each.alias] = value if each.kind.write is None else each.kind.write(value)
        return found

    def to_text(self) -> str:
        """Return the message as one line of JSON."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


class Empty(Wire):
    """A message whose presence is all that it says: written as ``{}``."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message; default is UNSET if there is none. written: it is written, whatever its value."""

    name: str
    alias: str
    annotation: object
    kind: Kind
    default: object
    required: bool
    written: bool


_FIELDS: Final[dict[type[Wire], Mapping[str, Field]]] = {}


def fields_of(kind: type[Wire]) -> Mapping[str, Field]:
    """Return the fields of a message by their names, in order."""
    if (known := _FIELDS.get(kind)) is not None:
        return known
    hints = get_type_hints(kind, include_extras=True)
    _FIELDS[kind] = {
        name: Field(
            name,
            _camel(name),
            hints[name],
            _kind_of(hints[name]),
            getattr(kind, name, UNSET),
            name in kind.wire_required,
            name in kind.wire_written,
        )
        for name in kind.__annotations__
    }
    return _FIELDS[kind]


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _kind_of(annotation: object) -> Kind:  # noqa: PLR0911 -- one return a type
    """Return how a type is read and written."""
    inner, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        marks = [mark for mark in inner[1:] if isinstance(mark, Kind)]
        return marks[0] if marks else _if_readable(_kind_of(inner[0]))
    if origin in (Union, UnionType):
        (known,) = (each for each in inner if each is not NoneType)
        return _kind_of(known)
    if origin is tuple:
        return _list_of(_kind_of(inner[0]))
    if origin is dict:
        return _map_of(_kind_of(inner[1]))
    if isinstance(annotation, type) and issubclass(annotation, StrEnum):
        return enum_kind(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Wire):
        return Kind(_reader(annotation), _write_message)
    if annotation is str:
        return TEXT
    raise TypeError(f"{annotation} is no type of the wire")


def _write_message(value: object) -> object:
    if not isinstance(value, Wire):
        raise TypeError("a message is wanted")
    return value.to_json()


def _if_readable(kind: Kind) -> Kind:
    def read(value: object, strangers: Strangers) -> object:
        try:
            return kind.read(value, strangers)
        except UnreadableError:
            return UNSET

    return Kind(read, kind.write)


def _list_of(kind: Kind) -> Kind:
    def read(value: object, strangers: Strangers) -> object:
        if type(value) is not list:
            raise UnreadableError("a list is wanted")
        items: list[object] = []
        for place, each in enumerate(value):
            try:
                item = kind.read(each, strangers)
            except UnreadableError as fault:
                raise fault.within(place) from None
            if item is not UNSET:
                items.append(item)
        return tuple(items)

    def write(value: object) -> object:
        if not isinstance(value, tuple):
            raise TypeError("a tuple is wanted")
        return [each if kind.write is None else kind.write(each) for each in value]

    return Kind(read, write)


def _map_of(kind: Kind) -> Kind:
    def read(value: object, strangers: Strangers) -> object:
        if type(value) is not dict:
            raise UnreadableError("an object is wanted")
        found: dict[str, object] = {}
        for key, each in value.items():
            try:
                found[key] = kind.read(each, strangers)
            except UnreadableError as fault:
                raise fault.within(key) from None
        return found

    def write(value: object) -> object:
        if not isinstance(value, dict):
            raise TypeError("a dict is wanted")
        return {key: each if kind.write is None else kind.write(each) for key, each in value.items()}

    return Kind(read, write)


def _reader(kind: type[Wire]) -> Read:
    """Return what reads a message of this kind. It finds out about the fields when it is needed: many never are."""
    table: dict[str, tuple[str, Read]] = {}
    required, judged = kind.wire_required, kind.problem is not Wire.problem

    def read(value: object, strangers: Strangers) -> object:
        if type(value) is not dict:
            raise UnreadableError("an object is wanted")
        if not table:
            table.update(_table(kind))
        message = kind.__new__(kind)
        values = message.__dict__
        _fill(values, value, table, strangers)
        if required and (missing := required - values.keys()):
            raise UnreadableError("this field is required").within(min(missing))
        if judged and (problem := message.problem()):
            raise UnreadableError(problem)
        return message

    return read


def _table(kind: type[Wire]) -> Iterator[tuple[str, tuple[str, Read]]]:
    """Yield each field under both of its names, with what reads it."""
    for each in fields_of(kind).values():
        yield each.name, (each.name, each.kind.read)
        yield each.alias, (each.name, each.kind.read)


def _fill(
    values: dict[str, object], data: dict[str, object], table: Mapping[str, tuple[str, Read]], strangers: Strangers
) -> None:
    for key, given in data.items():
        if given is None:
            continue
        known = table.get(key)
        if known is None or known[0] in values:  # nobody knows a field's second spelling beside the first
            if strangers is Strangers.REFUSED:
                raise UnreadableError("Cannot find field.", key)
            continue
        name, read = known
        try:
            found = read(given, strangers)
        except UnreadableError as fault:
            raise fault.within(name) from None
        if found is not UNSET:
            values[name] = found
