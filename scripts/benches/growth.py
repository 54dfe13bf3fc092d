"""Time and memory with 10, 100, 1,000 devices; 1, 3, 6 wake words; 1, 10, 100 minutes of conversation.

"Flat" is what rises by less than 5 %, or by so little that it may be chance, as far as the slopes of the rounds differ;
the slope of everything else is that of a line through all values, by least squares.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hubd.config import load
from hubd.devices.catalog import Catalog
from hubd.live.opening import Opening
from hubd.tools import Toolbox
from scripts.benches import conversation, wake
from scripts.benches.growth_table import Growth, table
from scripts.benches.house_devices import BenchDevice, house
from scripts.benches.rows import Row, circumstances, in_words, options_of
from scripts.benches.service import NOBODY, WITHOUT_SOUND, configuration, service

DEVICES: Final = (10, 100, 1000)
WORDS: Final = (1, 3, 6)
# Of sound for each number of wake words, s.
_SECONDS: Final = 10.0
# Of which each leads a conversation of 100 minutes.
_ROUNDS: Final = 3
_TRIES: Final = 5
_DEVICE: Final = """
[[device]]
id = "device_{number}"
name = "{name}"
room = "{room}"
kind = "{component}"
dialect = "zigbee2mqtt"
topic = "{topic}"
"""
# What is measured with devices, with its unit.
_UNITS: Final = {
    "set-up of the session": "kB",
    "look-up of a name": "µs",
    "CPU of the start": "s",
    "memory of no file": "MB",
}


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured."""
    parser = options_of("growth", __doc__, _ROUNDS)
    options = parser.parse_args(arguments)
    grown = grow(options.rounds)
    if options.json:
        print(json.dumps({**circumstances(), "growth": [each.as_json() for each in grown]}))
    else:
        print(in_words(circumstances()), *table(grown), sep="\n")
    return 0


def grow(rounds: int) -> list[Growth]:
    """Measure it all so often."""
    spoken, talked = wake.measure_growth(rounds, _SECONDS), conversation.measure_growth(rounds)
    return [
        *asyncio.run(with_devices(DEVICES, rounds)),
        _of(spoken, "CPU for 80 ms", "wake word", WORDS, "CPU, speech, {} wake words"),
        _of(spoken, "memory of no file", "wake word", WORDS, "memory of no file, {} wake words"),
        _of(talked, "CPU for each", "minute", conversation.GROWTH, "CPU per minute, to minute {}"),
        _of(talked, "memory of no file", "minute", conversation.GROWTH, "memory of its own after {} minutes"),
    ]


def _of(rows: Sequence[Row], name: str, each: str, sizes: Sequence[float], title: str) -> Growth:
    """Return the growth that rows show; title: of the row of a size."""
    by_name = {row.name: row for row in rows}
    found = [by_name[title.format(f"{size:g}")] for size in sizes]
    return Growth(name, found[0].unit.removesuffix(" a frame"), each, sizes, [row.hubd for row in found])


async def with_devices(counts: Sequence[int], rounds: int) -> list[Growth]:
    """Measure hubs with so many devices each, so often, in turn."""
    found: defaultdict[str, list[list[float]]] = defaultdict(lambda: [[] for _ in counts])
    every = house(max(counts))
    with tempfile.TemporaryDirectory() as name:
        for _ in range(rounds):
            for place, count in enumerate(counts):
                mixed = every[:: len(every) // count]
                for what, value in (await _hub(Path(name), mixed)).items():
                    found[what][place].append(value)
    return [Growth(what, unit, "device", counts, found[what]) for what, unit in _UNITS.items()]


async def _hub(folder: Path, devices: Sequence[BenchDevice]) -> dict[str, float]:
    more = WITHOUT_SOUND + "".join(map(_toml, devices))
    file = configuration(folder, 9, url=NOBODY, more=more)
    config = load(file)
    catalog = Catalog(config.devices)
    settings = config.live.session(manual_activity=True)
    setup = Opening(settings, Toolbox(catalog).declarations()).text(None)
    async with service(file, {}) as hub:
        return {
            "set-up of the session": len(setup) / 1024,
            "look-up of a name": _look_up(catalog, [device.name for device in devices]),
            "CPU of the start": hub.cpu_s,
            "memory of no file": hub.memory.own,
        }


def _look_up(catalog: Catalog, names: Sequence[str]) -> float:
    """Return how long a name takes on average, µs, in the quickest of some tries: a disturbance only adds to it."""
    times = []
    for _ in range(_TRIES):
        began = time.perf_counter()
        for name in names:
            catalog.find(name)
        times.append((time.perf_counter() - began) / len(names))
    return min(times) * 1_000_000


def _toml(device: BenchDevice) -> str:
    lines = _DEVICE.format(
        number=device.number, name=device.name, room=device.room, component=device.component, topic=device.topic
    )
    return lines + ('key = "value"\n' if device.component in {"sensor", "binary_sensor"} else "")
