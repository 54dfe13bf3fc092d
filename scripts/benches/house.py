"""A thousand discovered devices: size of the set-up, look-ups, a flood of reports during a conversation."""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from hubd.demo.private_broker import PrivateBroker
from hubd.devices.catalog import Catalog
from hubd.devices.discovery import Discovery, Rules
from hubd.events import Call
from hubd.tools import Toolbox
from scripts.benches.house_devices import BenchDevice, house

CHECKOUT: Final = Path(__file__).resolve().parents[2]
_MISSPELT: Final = "kichen ceilling lihgt"


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured; it should be at most, or at least, goal."""

    name: str
    value: float
    unit: str = ""
    goal: float | None = None
    at_least: bool = False

    @property
    def verdict(self) -> str:
        """Whether the goal was met; nothing without one."""
        if self.goal is None:
            return ""
        met = self.value >= self.goal if self.at_least else self.value <= self.goal
        return f"{'met' if met else 'missed'} (at {'least' if self.at_least else 'most'} {self.goal:g} {self.unit})"


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = argparse.ArgumentParser(prog="scripts/bench house", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--devices", type=int, default=1000, help="(default: %(default)s)")
    parser.add_argument("--rate", type=int, default=2000, help="reports a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of conversation (default: %(default)g)")
    options = parser.parse_args(arguments)
    devices = house(options.devices)
    rows = [*_at_rest(devices), *asyncio.run(_in_the_flood(options.devices, options.rate, options.seconds))]
    if options.json:
        print(json.dumps([{**asdict(row), "verdict": row.verdict} for row in rows]))
    else:
        for row in rows:
            print(f"{row.name:52}{row.value:10.3f} {row.unit:3}  {row.verdict}".rstrip())
    return 0


def _at_rest(devices: Sequence[BenchDevice]) -> list[Row]:
    """Measure what needs no hub."""
    discovery = Discovery(Rules())
    began = time.perf_counter()
    for device in devices:
        discovery.receive(*device.discovery)
    catalog = Catalog(discovery.house(()).devices)
    taken = time.perf_counter() - began
    toolbox = Toolbox(catalog)
    lights = [device for device in devices if device.component == "light"]
    return [
        Row("devices", len(catalog.devices), "", len(devices), at_least=True),
        Row("discovery of all of them", taken * 1000, "ms"),
        Row("look-up of a name, slowest", _slowest(catalog.find, [device.name for device in devices]), "ms", 1),
        Row("look-up of a name that is misspelt, slowest of 20", _slowest(catalog.find, [_MISSPELT] * 20), "ms"),
        Row("check of a call, slowest", _slowest(toolbox.resolve, [_call(each) for each in lights]), "ms", 1),
    ]


def _call(light: BenchDevice) -> Call:
    return Call(light.name, "set_light", {"device": light.name, "brightness": 30})


def _slowest(function: Callable[[Any], object], values: Sequence[Any]) -> float:
    """Return how long the slowest takes, ms; of each the better of two tries, for a disturbance only adds to it."""
    return max(min(_timed(function, value) for _ in range(2)) for value in values)


def _timed(function: Callable[[Any], object], value: object) -> float:
    began = time.perf_counter()
    function(value)
    return (time.perf_counter() - began) * 1000


async def _in_the_flood(count: int, rate: int, seconds: float) -> list[Row]:
    """Measure one conversation of a hub whose broker is flooded."""
    with tempfile.TemporaryDirectory() as folder:
        async with PrivateBroker() as broker:
            seen, hub = await asyncio.to_thread(_converse, broker.port, (count, rate, seconds), folder)
    delays = seen["delays_ms"]
    return [
        Row("set-up of the session", seen["setup"] / 1024, "kB", 64),
        Row("conversation", seen["seconds"], "s"),
        Row("reports a second", seen["reports"] / seen["seconds"], "", 0.95 * rate, at_least=True),
        Row(
            "reports that the hub did not take", max(0, seen["reports"] - hub["taken"]) / seen["reports"] * 100, "%", 1
        ),
        Row("silence within the answer (underruns)", hub["silent_ms"], "ms", 0),
        Row("commands that were not done", seen["asked"] - seen["done"], "", 0),
        Row("commands", seen["asked"]),
        Row("call to command at the device, median", delays[len(delays) // 2] if delays else -1, "ms"),
        Row("call to command at the device, slowest", delays[-1] if delays else -1, "ms"),
        Row("wake words that were said until one was heard", hub["wakes"]),
        Row("troubles", sum(hub["troubles"].values()), "", 0),
        Row("lateness of the event loop, p99", hub["lag_p99_ms"], "ms"),
        Row("lateness of the event loop, most", hub["lag_most_ms"], "ms"),
        Row("lateness of the bench's own server, most", seen["late_ms"], "ms"),
        Row("CPU of the hub", hub["cpu_s"] / seen["seconds"] * 100, "%"),
    ]


def _converse(port: int, flood: tuple[int, int, float], folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Run the world with a hub in it; return what each saw."""
    with ExitStack() as stack:
        world = stack.enter_context(_process("world", port, *flood))
        stack.callback(world.kill)
        hub = stack.enter_context(_process("hub", _line(world), port, folder))
        stack.callback(hub.kill)
        _line(hub)
        for process in (world, hub):
            print(file=process.stdin, flush=True)
        return json.loads(_line(world)), json.loads(_line(hub))


def _process(name: str, *arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", f"scripts.benches.house_{name}", *map(str, arguments)]
    return subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _line(process: subprocess.Popen[str]) -> str:
    return next(iter(process.stdout or ())).strip()
