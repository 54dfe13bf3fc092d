"""A message of the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import cached_property
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Annotated,
    ClassVar,
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


# For display or for the count alone (``live-protocol.md`` 7): that it looks different one day must not end a
# conversation.
Readable = Annotated[_T | None, _Rule.READ_IF_POSSIBLE]


@dataclass(frozen=True, slots=True)
class _Spec:
    default: object
    shown: bool
    written: bool


def field(*, default: _T, repr: bool = True, written: bool = False) -> _T:  # noqa: A002 -- the name that dataclasses have
    """Describe a field: repr: whether its value may be shown; written: whether it is written at its default, too."""
    return _Spec(default, shown=repr, written=written)  # type: ignore[return-value]  # as with dataclasses, it stands for the value


class Field:
    """A field of a message.

    alias: its name on the wire. default: UNSET if there is none. shown: its value may be seen in a repr.
    written: it is written, whatever its value. What its annotation means is found out when it is needed: most never is.
    """

    def __init__(self, owner: type[Wire], name: str) -> None:
        given = vars(owner).get(name, UNSET)
        spec = given if isinstance(given, _Spec) else _Spec(given, shown=True, written=given is UNSET)
        self._owner = owner
        self.name = name
        self.alias = _camel(name)
        self.default = spec.default
        self.shown = spec.shown
        self.written = spec.written

    @cached_property
    def annotation(self) -> object:
        """The type; a text only where a message holds its own kind, which is not there yet when it is described."""
        given: object = self._owner.__annotations__[self.name]
        if not isinstance(given, str):
            return given
        # A class with this field alone, for those beside it would be found out as well.
        parts = {"__annotations__": {self.name: given}}
        alone = type(self._owner.__name__, (), {**parts, "__module__": self._owner.__module__})
        return get_type_hints(alone, include_extras=True)[self.name]

    @cached_property
    def kind(self) -> Kind:
        """How it is read and written."""
        return _kind_of(self.annotation)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
class Wire:
    """A message of the wire: camelCase out, camelCase or snake_case in, null means unset (``live-protocol.md`` 2).

    Built in Python it takes its fields by name and refuses others; mypy sees to their types. A message is written
    without the fields that are at their default, as proto3 JSON is; a field without a default is always written.
    What is at its default is kept once, in the class: nobody changes a message, nor what is in it.
    Modules of messages postpone no annotations: each type would be a text, which the first session has to look up.
    """

    wire_fields: ClassVar[Mapping[str, Field]] = MappingProxyType({})  # by their names, in order
    wire_required: ClassVar[frozenset[str]] = frozenset()
    wire_read: ClassVar[Read]

    def __init_subclass__(cls) -> None:
        cls.wire_fields = {name: Field(cls, name) for name in cls.__annotations__}
        cls.wire_required = frozenset(name for name, each in cls.wire_fields.items() if each.default is UNSET)
        for each in cls.wire_fields.values():
            if each.default is not UNSET:
                setattr(cls, each.name, each.default)
        cls.wire_read = staticmethod(_reader(cls))

    def __init__(self, **values: object) -> None:
        if not self.wire_required <= values.keys() <= self.wire_fields.keys():
            wrong = sorted((self.wire_required - values.keys()) | (values.keys() - self.wire_fields.keys()))
            raise TypeError(f"{type(self).__name__}: missing or unknown: {', '.join(wrong)}")
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} can't be set: a message does not change")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.wire_fields)

    __hash__ = None  # type: ignore[assignment]  # what is in it may be a dict

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__dict__.items() if self.wire_fields[name].shown)
        return f"{type(self).__name__}({', '.join(shown)})"

    @classmethod
    def read(cls, data: object, strangers: Strangers = Strangers.REFUSED) -> Self:
        """Return what JSON says, as Python has it; raises UnreadableError."""
        message = cls.wire_read(data, strangers)
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
        for each in self.wire_fields.values():
            value = getattr(self, each.name)
            if value != each.default or each.written:
                found[each.alias] = value if each.kind.write is None else each.kind.write(value)
        return found

    def to_text(self) -> str:
        """Return the message as one line of JSON."""
        return json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":"), allow_nan=False)


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
        return Kind(annotation.wire_read, _write_message)
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
    """Return what reads a message of this kind."""
    table = {key: each for each in kind.wire_fields.values() for key in (each.name, each.alias)}
    required, judged = kind.wire_required, kind.problem is not Wire.problem

    def read(value: object, strangers: Strangers) -> object:
        if type(value) is not dict:
            raise UnreadableError("an object is wanted")
        message = kind.__new__(kind)
        values = message.__dict__
        _fill(values, value, table, strangers)
        if required and (missing := required - values.keys()):
            raise UnreadableError("this field is required").within(min(missing))
        if judged and (problem := message.problem()):
            raise UnreadableError(problem)
        return message

    return read


def _fill(values: dict[str, object], data: dict[str, object], table: Mapping[str, Field], strangers: Strangers) -> None:
    for key, given in data.items():
        if given is None:
            continue
        known = table.get(key)
        if known is None or known.name in values:  # nobody knows a field's second spelling beside the first
            if strangers is Strangers.REFUSED:
                raise UnreadableError("Cannot find field.", key)
            continue
        try:
            found = known.kind.read(given, strangers)
        except UnreadableError as fault:
            raise fault.within(known.name) from None
        if found is not UNSET:
            values[known.name] = found


class Empty(Wire):
    """A message whose presence is all that it says: written as ``{}``."""
