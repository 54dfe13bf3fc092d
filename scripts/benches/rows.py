"""What a bench finds, row by row, as a table or as JSON."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import truediv
from pathlib import Path
from typing import Any, Final, Self

ROUNDS: Final = 5
CHECKOUT: Final = Path(__file__).resolve().parents[2]
# Whose versions matter, by the environment that they are in.
_PACKAGES: Final = {
    ".venv": ("hubd", "numpy", "onnxruntime", "openwakeword", "paho-mqtt", "websockets"),
    ".venv-oracles": ("google-genai", "aiomqtt"),
    ".venv-peers": ("pyopen-wakeword", "pymicro-wakeword"),
}
_NAME, _VALUE, _PEER = 56, 20, 44


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, once in each round.

    name: what it is. unit: of its values. hubd: what hubd took, a value a round. peer: what the peer took in the same
    rounds, against: who that is; empty without one. goal: of the ratio where there is a peer, else of the value: at
    most so much, or at least; None for a row that is only told. floor: what nobody who does the same could take less
    than, in the same rounds.
    """

    name: str
    unit: str
    hubd: Sequence[float]
    against: str = ""
    peer: Sequence[float] = ()
    goal: float | None = None
    at_least: bool = False
    floor: Sequence[float] = ()

    def __post_init__(self) -> None:
        if not self.hubd or (self.peer and len(self.peer) != len(self.hubd)) or bool(self.peer) != bool(self.against):
            raise ValueError(f"{self.name}: {len(self.hubd)} values beside {len(self.peer)} of {self.against!r}")
        if self.floor and len(self.floor) != len(self.peer):
            raise ValueError(f"{self.name}: {len(self.peer)} values of {self.against!r} beside {len(self.floor)}")

    @property
    def value(self) -> float:
        """What hubd takes: the median of the rounds."""
        return statistics.median(self.hubd)

    @property
    def ratios(self) -> list[float]:
        """What hubd takes of what the peer takes, round by round; nothing without a peer."""
        return [ours / theirs for ours, theirs in zip(self.hubd, self.peer, strict=False)]

    @property
    def ratio(self) -> float | None:
        """The median of the ratios."""
        return statistics.median(self.ratios) if self.peer else None

    @property
    def least(self) -> float | None:
        """The ratio that can't be undercut: the median of the floor's."""
        return statistics.median(map(truediv, self.floor, self.peer)) if self.floor else None

    @property
    def verdict(self) -> str:
        """Whether the goal was met, and if not, whether it could be; nothing without one."""
        if self.goal is None:
            return ""
        judged = self.value if self.ratio is None else self.ratio
        met = judged >= self.goal if self.at_least else judged <= self.goal
        unit = f" {self.unit}" if self.unit and self.ratio is None else ""
        floor = "" if met or self.least is None else f"; the floor is {self.least:.2f}"
        return f"{'met' if met else 'missed'}: at {'least' if self.at_least else 'most'} {self.goal:g}{unit}{floor}"

    def as_json(self) -> dict[str, Any]:
        """Return all of it as JSON's own types."""
        return {
            "name": self.name,
            "unit": self.unit,
            "hubd": [float(f"{value:.4g}") for value in self.hubd],
            "against": self.against,
            "peer": [float(f"{value:.4g}") for value in self.peer],
            "floor": [float(f"{value:.4g}") for value in self.floor],
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "goal": self.goal,
            "at_least": self.at_least,
            "verdict": self.verdict,
        }

    @classmethod
    def of_json(cls, found: Mapping[str, Any]) -> Self:
        """Return what as_json() was made of; its values have four digits."""
        return cls(**{each.name: found[each.name] for each in fields(cls)})

    def as_line(self) -> str:
        """Return it as a line of a table: what hubd takes, what the peer takes, the ratio, with their spread."""
        ours = f"{spread(self.hubd)} {self.unit}".rstrip()
        theirs = f"{spread(self.peer)} {self.unit} {self.against}" if self.peer else ""
        ratio = f"{spread(self.ratios)}" if self.peer else ""
        return f"{self.name:{_NAME - 1}} {ours:{_VALUE}}  {theirs:{_PEER}}  {ratio:{_VALUE}}  {self.verdict}".rstrip()


def run_bench(name: str, purpose: str | None, measure: Callable[[int], list[Row]], arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met.

    measure: takes the number of rounds.
    """
    options = options_of(name, purpose).parse_args(arguments)
    show(measure(options.rounds), as_json=options.json)
    return 0


def options_of(name: str, purpose: str | None, rounds: int = ROUNDS) -> argparse.ArgumentParser:
    """Return what reads a bench's options, with those that all have; purpose: its module's docstring."""
    first, _, more = (purpose or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog=f"scripts/bench {name}", description=first, epilog=more)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--rounds", type=count, default=rounds, help="how often to measure (default: %(default)s)")
    return parser


def count(text: str) -> int:
    """Return a number from 1 on, as an option gives it; raises ValueError for anything else."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def show(rows: Sequence[Row], *, as_json: bool) -> None:
    """Print what was found, with where and when."""
    if as_json:
        print(json.dumps({**circumstances(), "rows": [row.as_json() for row in rows]}))
        return
    print(in_words(circumstances()))
    print(title())
    for row in rows:
        print(row.as_line())


def title() -> str:
    """Return the line above those of rows."""
    return f"{'':{_NAME}}{'hubd':{_VALUE}}  {'beside it':{_PEER}}  {'ratio':{_VALUE}}  goal"


def circumstances() -> dict[str, Any]:
    """Return on what machine, when, with which versions something was measured."""
    versions = {"Python": platform.python_version()}
    for environment, names in _PACKAGES.items():
        folders = [str(folder) for folder in (CHECKOUT / environment).glob("lib/python3*/site-packages")]
        found = {each.name: each.version for each in importlib.metadata.distributions(path=folders)}
        versions |= {name: found[name] for name in names if name in found}
    date = datetime.now(UTC).date().isoformat()
    return {"machine": machine(), "date": date, "load": round(os.getloadavg()[0], 1), "versions": versions}


def in_words(where: Mapping[str, Any]) -> str:
    """Return circumstances() as a line."""
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    return f"{where['machine']}, load {where['load']}, {where['date']}; {versions}"


def machine() -> str:
    """Return the computer in a few words, as in ``Raspberry Pi 4 Model B Rev 1.4, 4 processors, aarch64``."""
    model = Path("/proc/device-tree/model")
    if model.exists():
        name = model.read_text(encoding="ascii", errors="replace").strip("\0\n")
    else:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        name = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "computer")
    return f"{name}, {os.cpu_count()} processors, {platform.machine()}"


def spread(values: Sequence[float]) -> str:
    """Return the median, with the least and the most where they differ."""
    middle, least, most = map(_in_short, (statistics.median(values), min(values), max(values)))
    return middle if least == most else f"{middle} ({least} to {most})"


def _in_short(value: float) -> str:
    """Return three digits of a number, or all before the point."""
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"  # noqa: PLR2004 -- from there on the first has an exponent
