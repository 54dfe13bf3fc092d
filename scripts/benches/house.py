"""A thousand discovered devices: size of the set-up, look-ups, a flood of reports during a conversation."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

from hubd.demo.private_broker import PrivateBroker
from hubd.devices.catalog import Catalog
from hubd.devices.discovery import Discovery, Rules
from hubd.events import Call
from hubd.tools import Toolbox
from scripts.benches.house_devices import BenchDevice, house
from scripts.benches.rows import CHECKOUT, Row, count, options_of, show

DEVICES: Final = 1000
RATE: Final = 2000
SECONDS: Final = 10.0
_MISSPELT: Final = "kichen ceilling lihgt"
# What is measured, with its unit.
_UNITS: Final = {
    "devices": "",
    "discovery of all of them": "ms",
    "look-up of a name, slowest": "ms",
    "look-up of a misspelt name, slowest of 20": "ms",
    "check of a call, slowest": "ms",
    "set-up of the session": "kB",
    "conversation": "s",
    "reports a second": "",
    "reports that the hub did not take": "%",
    "silence within the answer (underruns)": "ms",
    "commands that were not done": "",
    "commands": "",
    "call to command at the device, median": "ms",
    "call to command at the device, slowest": "ms",
    "wake words that were said until one was heard": "",
    "troubles": "",
    "lateness of the event loop, p99": "ms",
    "lateness of the event loop, most": "ms",
    "lateness of the bench's own server, most": "ms",
    "CPU of the hub": "%",
}
_AT_LEAST: Final = ("devices", "reports a second")
_AT_MOST: Final = {
    "look-up of a name, slowest": 1.0,
    "check of a call, slowest": 1.0,
    "set-up of the session": 64.0,
    "reports that the hub did not take": 1.0,
    "silence within the answer (underruns)": 0.0,
    "commands that were not done": 0.0,
    "troubles": 0.0,
}


class Flood(NamedTuple):
    """How many devices send how many reports a second, for how long, s."""

    devices: int
    rate: int
    seconds: float


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = options_of("house", __doc__)
    parser.add_argument("--devices", type=count, default=DEVICES, help="discovered (default: %(default)s)")
    parser.add_argument("--rate", type=count, default=RATE, help="reports a second (default: %(default)s)")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of each conversation (default: %(default)g)")
    options = parser.parse_args(arguments)
    flood = Flood(options.devices, options.rate, options.seconds)
    show(measure(options.rounds, flood), as_json=options.json)
    return 0


def measure(rounds: int, flood: Flood | None = None) -> list[Row]:
    """Have so many conversations in the flood; what needs no hub is measured before each."""
    flood = flood or Flood(DEVICES, RATE, SECONDS)
    devices = house(flood.devices)
    found = [{**_at_rest(devices), **asyncio.run(_in_the_flood(flood))} for _ in range(rounds)]
    goals = {"devices": flood.devices, "reports a second": 0.95 * flood.rate, **_AT_MOST}
    return [
        Row(name, unit, [each[name] for each in found], goal=goals.get(name), at_least=name in _AT_LEAST)
        for name, unit in _UNITS.items()
    ]


def _at_rest(devices: Sequence[BenchDevice]) -> dict[str, float]:
    """Measure what needs no hub."""
    discovery = Discovery(Rules())
    began = time.perf_counter()
    for device in devices:
        discovery.receive(*device.discovery)
    catalog = Catalog(discovery.house(()).devices)
    taken = time.perf_counter() - began
    toolbox = Toolbox(catalog)
    lights = [device for device in devices if device.component == "light"]
    return {
        "devices": len(catalog.devices),
        "discovery of all of them": taken * 1000,
        "look-up of a name, slowest": slowest(catalog.find, [device.name for device in devices]),
        "look-up of a misspelt name, slowest of 20": slowest(catalog.find, [_MISSPELT] * 20),
        "check of a call, slowest": slowest(toolbox.resolve, [_call(each) for each in lights]),
    }


def _call(light: BenchDevice) -> Call:
    return Call(light.name, "set_light", {"device": light.name, "brightness": 30})


def slowest(function: Callable[[Any], object], values: Sequence[Any]) -> float:
    """Return how long the slowest takes, ms; of each the better of two tries, for a disturbance only adds to it."""
    return max(min(_timed(function, value) for _ in range(2)) for value in values)


def _timed(function: Callable[[Any], object], value: object) -> float:
    began = time.perf_counter()
    function(value)
    return (time.perf_counter() - began) * 1000


async def _in_the_flood(flood: Flood) -> dict[str, float]:
    """Measure one conversation of a hub whose broker is flooded."""
    with tempfile.TemporaryDirectory() as folder:
        async with PrivateBroker() as broker:
            seen, hub = await asyncio.to_thread(_converse, broker.port, flood, folder)
    # None that came means that all took longer than the conversation.
    delays = seen["delays_ms"] or [seen["seconds"] * 1000]
    return {
        "set-up of the session": seen["setup"] / 1024,
        "conversation": seen["seconds"],
        "reports a second": seen["reports"] / seen["seconds"],
        "reports that the hub did not take": max(0, seen["reports"] - hub["taken"]) / seen["reports"] * 100,
        "silence within the answer (underruns)": hub["silent_ms"],
        "commands that were not done": seen["asked"] - seen["done"],
        "commands": seen["asked"],
        "call to command at the device, median": delays[len(delays) // 2],
        "call to command at the device, slowest": delays[-1],
        "wake words that were said until one was heard": hub["wakes"],
        "troubles": sum(hub["troubles"].values()),
        "lateness of the event loop, p99": hub["lag_p99_ms"],
        "lateness of the event loop, most": hub["lag_most_ms"],
        "lateness of the bench's own server, most": seen["late_ms"],
        "CPU of the hub": hub["cpu_s"] / seen["seconds"] * 100,
    }


def _converse(port: int, flood: Flood, folder: str) -> tuple[dict[str, Any], dict[str, Any]]:
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
