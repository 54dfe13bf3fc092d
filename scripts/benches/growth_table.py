"""How something grows with what there is more of: flat, linear or worse, with its slope, as far as rounds agree."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, Final, Self

# What grows by less than this share of itself from the least to the most does not grow.
_FLAT: Final = 0.05
# From the middle to the most it may grow so much quicker than from the least to the middle, and is still linear.
_LINEAR: Final = 1.5
# Where chance may be more than this share of what was measured, nobody can say that it does not grow.
_UNCLEAR: Final = 0.25
# Student's t, by the number of rounds: a mean is within so many of its standard errors in 95 of 100 cases.
_SURE: Final = {2: 12.7, 3: 4.3, 4: 3.2, 5: 2.8}


@dataclass(frozen=True, slots=True)
class Growth:
    """One thing that was measured with more and more of something.

    name: what it is. unit: of its values. each: what there is more of, as in ``device``. sizes: of how much, three
    or more. values: what was measured with each size, a value a round: the rounds of all sizes took turns.
    """

    name: str
    unit: str
    each: str
    sizes: Sequence[float]
    values: Sequence[Sequence[float]]

    @property
    def medians(self) -> list[float]:
        """The median of each size."""
        return [statistics.median(values) for values in self.values]

    @property
    def slope(self) -> float:
        """By how much it grows with each more: a line's through all values, by least squares."""
        return statistics.mean(self._slopes)

    @property
    def noise(self) -> float:
        """How much of a rise from the least to the most may be chance, at least a share of what was measured.

        A computer is slower at one time than at another, which falls on all sizes of a round alike: so it is slopes of
        rounds that are compared. Of a single round nobody knows what is chance.
        """
        slopes, least = self._slopes, _FLAT * max(self.medians)
        if len(slopes) == 1:
            return least
        error = statistics.stdev(slopes) / math.sqrt(len(slopes))
        return max(least, _SURE[min(len(slopes), max(_SURE))] * error * (self.sizes[-1] - self.sizes[0]))

    @property
    def _slopes(self) -> list[float]:
        """The slope of each round."""
        rounds = zip(*self.values, strict=True)
        return [statistics.linear_regression(self.sizes, values).slope for values in rounds]

    @property
    def words(self) -> str:
        """How it grows."""
        rise = f"{self.slope:.2g} {self.unit} for each {self.each}"
        if self.slope * (self.sizes[-1] - self.sizes[0]) <= self.noise:
            clear = self.noise <= _UNCLEAR * max(self.medians)
            return "flat" if clear else f"unclear: {rise}, which may be chance"
        return f"linear: {rise}" if self._linear() else f"more than linear: {rise} on average"

    def _linear(self) -> bool:
        """Return whether the last rise is no steeper than the one before allows, as far as chance lets one tell."""
        *_, before, last = pairwise(zip(self.sizes, self.medians, strict=True))
        (fewer, low), (some, middle), (_, _), (more, high) = *before, *last
        steepest = (_LINEAR * (middle - low) + self.noise) / (some - fewer)
        return high - middle <= steepest * (more - some) + self.noise

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON's own types."""
        return {
            "name": self.name,
            "unit": self.unit,
            "each": self.each,
            "sizes": [*self.sizes],
            "values": [[float(f"{value:.4g}") for value in values] for values in self.values],
            "slope": float(f"{self.slope:.4g}"),
            "words": self.words,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """Return what as_json() was made of; its values have four digits."""
        return cls(**{each.name: found[each.name] for each in fields(cls)})


def table(grown: Sequence[Growth]) -> list[str]:
    """Return what was found as lines of Markdown: a table for whatever there is more of."""
    lines: list[str] = []
    for each in dict.fromkeys(growth.each for growth in grown):
        rows = [growth for growth in grown if growth.each == each]
        sizes = [f"{size:,.0f}" for size in rows[0].sizes]
        lines += ["", f"| {each}s | {' | '.join(sizes)} | growth |", f"| --- |{' ---: |' * len(sizes)} --- |"]
        lines += [
            f"| {row.name}, {row.unit} | {' | '.join(f'{value:.3g}' for value in row.medians)} | {row.words} |"
            for row in rows
        ]
    return lines[1:]
