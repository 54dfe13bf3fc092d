"""Which packages hubd needs, in which versions."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

_COMPARE: Final[Mapping[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}
_BOUND: Final = re.compile(r"([<>=]=|[<>])\s*([\d.]+)")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
# Of what a package is for, only this is said in hubd's own metadata besides the platform, and it is not for users.
_OPTIONAL: Final = "extra =="


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package, or Python itself, with the bounds of its version as they are written: ``>=1.17,<2``."""

    name: str
    bounds: str

    def is_met_by(self, version: str) -> bool:
        """Return whether an installed version is within the bounds."""
        have = _numbers(version)
        return all(_COMPARE[sign](*_level(have, _numbers(bound))) for sign, bound in _BOUND.findall(self.bounds))


def required(metadata: Iterable[str]) -> Iterator[Requirement]:
    """Yield what is needed, by the lines Requires-Dist of a package's metadata; extras are left out."""
    for line in metadata:
        wanted, _, marker = line.partition(";")
        name = _NAME.match(wanted)
        if name is not None and _OPTIONAL not in marker:
            yield Requirement(name[0], wanted[name.end() :].strip(" ()"))


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(map(int, release[0].split("."))) if release else ()


def _level(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return two versions in equally many parts: 2 is 2.0."""
    parts = max(len(one), len(other))
    return one + (0,) * (parts - len(one)), other + (0,) * (parts - len(other))
