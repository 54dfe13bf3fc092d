"""Filters of value templates that compute with numbers, or pick from lists; each as Home Assistant has it."""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from jinja2 import Undefined

from hubd.devices.value_filters import DroppedError, text_of

_MAX_NUMBER: Final = 2**63
_COMPARISONS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "eq": lambda found, wanted: found == wanted,
    "equalto": lambda found, wanted: found == wanted,
    "==": lambda found, wanted: found == wanted,
    "ne": lambda found, wanted: found != wanted,
    "!=": lambda found, wanted: found != wanted,
    "in": lambda found, wanted: isinstance(wanted, list | tuple | str) and found in wanted,
}


def _number(value: object) -> float:
    number = float(text_of(value))
    if abs(number) > _MAX_NUMBER:
        raise DroppedError("the number is too big")
    return number


def _or_default(compute: Callable[[float, float], float]) -> Callable[..., object]:
    """Return the filter that computes with a value, which gives the default for what is no number."""

    def apply(value: object, other: object, default: object = DroppedError) -> object:
        try:
            return compute(_number(value), _number(other))
        except ValueError:
            if default is DroppedError:
                raise
            return default

    return apply


def _bitwise_and(value: object, other: object) -> object:
    return int(_number(value)) & int(_number(other))


def _bitwise_or(value: object, other: object) -> object:
    return int(_number(value)) | int(_number(other))


def _is_number(value: object) -> bool:
    try:
        return abs(_number(value)) <= _MAX_NUMBER
    except ValueError:
        return False


def _from_json(value: object) -> object:
    return json.loads(text_of(value))


def _items(values: object) -> list[object]:
    if not isinstance(values, list | tuple):
        raise DroppedError("it is no list")
    return list(values)


def _attribute(item: object, name: object) -> object:
    """Return a member of an item, by its key or place."""
    try:
        return item[name]  # type: ignore[index]  # whatever the payload holds
    except (LookupError, TypeError):
        return Undefined(name=str(name)[:40])


def _map(values: object, *, attribute: object, default: object = DroppedError) -> list[object]:
    found = [_attribute(item, attribute) for item in _items(values)]
    return [default if isinstance(each, Undefined) and default is not DroppedError else each for each in found]


def _selected(values: object, name: object, test: object, wanted: object) -> Iterator[tuple[object, bool]]:
    """Yield the items with whether their member passes the test."""
    for item in _items(values):
        found = _attribute(item, name)
        if test is None or test == "defined":
            yield item, not isinstance(found, Undefined) and (test is not None or bool(found))
        elif test in _COMPARISONS:
            yield item, _COMPARISONS[str(test)](found, wanted)
        else:
            raise DroppedError("there is no such test")


def _selectattr(values: object, name: object, test: object = None, wanted: object = None) -> list[object]:
    return [item for item, passes in _selected(values, name, test, wanted) if passes]


def _rejectattr(values: object, name: object, test: object = None, wanted: object = None) -> list[object]:
    return [item for item, passes in _selected(values, name, test, wanted) if not passes]


def _sum(values: object, attribute: object = None, start: object = 0) -> object:
    items = _items(values) if attribute is None else _map(values, attribute=attribute)
    return sum((_number(item) for item in items), start=_number(start))


def _average(values: object) -> object:
    items = _items(values)
    return sum(map(_number, items)) / len(items)


FILTERS: Final[Mapping[str, Callable[..., object]]] = {
    "add": _or_default(operator.add),
    "average": _average,
    "bitwise_and": _bitwise_and,
    "bitwise_or": _bitwise_or,
    "from_json": _from_json,
    "is_number": _is_number,
    "map": _map,
    "multiply": _or_default(operator.mul),
    "rejectattr": _rejectattr,
    "selectattr": _selectattr,
    "sum": _sum,
}
