"""Filters of value templates, each with a bounded result."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping

from jinja2 import Undefined
from jinja2.filters import FILTERS as JINJA_FILTERS

# ``mqtt-devices.md`` 2, templates.
MAX_OUTPUT = 16 * 1024
_MAX_PRECISION = 15
_DECIMAL = 10
_PLAIN = ("abs", "count", "d", "default", "first", "last", "length", "list", "max", "min")
_OF_TEXT = ("capitalize", "lower", "title", "trim", "upper")


class DroppedError(ValueError):
    """A value that ``is_defined`` asks for is not there, or a result is too big: the message is dropped."""


def _budgeted(value: object, budget: int = MAX_OUTPUT) -> int:
    """Return what is left of the budget after writing the value out; raises DroppedError if it is not enough."""
    match value:
        case str():
            budget -= len(value)
        case Mapping():
            for key, item in value.items():
                budget = _budgeted(item, _budgeted(key, budget))
        case list() | tuple():
            for item in value:
                budget = _budgeted(item, budget - 1)
        case int():
            budget -= value.bit_length() // 3 + 1
        case _:
            budget -= 8
    if budget < 0:
        raise DroppedError("the text is too long")
    return budget


def text_of(value: object) -> str:
    """Return the value as Home Assistant writes it out: None, True, 21.5."""
    if isinstance(value, Undefined):
        return ""
    if callable(value):
        raise DroppedError("a method is no value")
    _budgeted(value)
    return str(value)


def _json(value: object) -> str:
    _budgeted(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _round(value: object, precision: int = 0, method: str = "common", default: object = DroppedError) -> object:
    if not isinstance(precision, int) or abs(precision) > _MAX_PRECISION:
        raise DroppedError("the precision is too big")
    try:
        number, scale = float(text_of(value)), 10**precision
    except ValueError:
        if default is DroppedError:
            raise
        return default
    rounded = {"floor": math.floor(number * scale) / scale, "ceil": math.ceil(number * scale) / scale}.get(
        method, round(number, precision)
    )
    return int(rounded) if precision == 0 else rounded


def _integer(text: str, base: int) -> int:
    return int(float(text)) if base == _DECIMAL else int(text, base)


def _float(text: str, _base: int) -> float:
    return float(text)


def _number(kind: Callable[[str, int], int | float]) -> Callable[..., object]:
    """Return the filter that makes such a number, or the default; without one the message is dropped."""

    def convert(value: object, default: object = DroppedError, base: int = _DECIMAL) -> object:
        try:
            return kind(text_of(value), base)
        except (ValueError, OverflowError):
            if default is DroppedError:
                raise
            return default

    return convert


def _of_text(name: str) -> Callable[..., object]:
    """Return Jinja2's filter of texts for texts that are not too long."""
    apply = JINJA_FILTERS[name]
    return lambda value, *rest: apply(text_of(value), *rest)


def replaced(value: object, old: object, new: object) -> str:
    """Return the text with every occurrence of old replaced; raises DroppedError if it were too long."""
    text, before, after = text_of(value), text_of(old), text_of(new)
    if len(text) + text.count(before) * len(after) > MAX_OUTPUT:
        raise DroppedError("the text is too long")
    return text.replace(before, after)


def _join(value: object, separator: object = "") -> str:
    items = [text_of(item) for item in (value if isinstance(value, list | tuple | Mapping) else text_of(value))]
    between = text_of(separator)
    if sum(map(len, items)) + len(items) * len(between) > MAX_OUTPUT:
        raise DroppedError("the text is too long")
    return between.join(items)


def formatted(pattern: object, *values: object) -> str:
    """Return the text with the values put in for its % signs; raises DroppedError if it were too long."""
    text = text_of(pattern)
    if re.search(r"%[^%a-zA-Z]*(?:\d{3,}|\*)", text):
        raise DroppedError("the width is too big")
    return text % tuple(value if isinstance(value, int | float) else text_of(value) for value in values)


def _is_defined(value: object) -> object:
    if isinstance(value, Undefined):
        raise DroppedError("the value is missing")
    return value


def _iif(value: object, if_true: object = True, if_false: object = False, if_none: object = None) -> object:  # noqa: FBT002 - a filter's arguments stand by position
    if value is None and if_none is not None:
        return if_none
    return if_true if value else if_false


def _last_state(_entity: object) -> object:
    """Be the state that an entity has: a report that asks for it leaves it as it is."""
    raise DroppedError("the state stays as it is")


def _split(value: object, separator: str | None = None) -> list[str]:
    return text_of(value).split(separator)


def _bool(value: object) -> bool:
    return text_of(value).strip().lower() in {"1", "true", "yes", "on", "enable"}


FILTERS: Mapping[str, Callable[..., object]] = {
    **{name: JINJA_FILTERS[name] for name in _PLAIN},
    **{name: _of_text(name) for name in _OF_TEXT},
    "bool": _bool,
    "float": _number(_float),
    "format": formatted,
    "iif": _iif,
    "int": _number(_integer),
    "is_defined": _is_defined,
    "join": _join,
    "replace": replaced,
    "round": _round,
    "split": _split,
    "states": _last_state,
    "string": text_of,
    "to_json": _json,
    "tojson": _json,
}
