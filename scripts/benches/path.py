"""What stands in hubd's way from microphone, server and broker to lamp and speaker, millisecond by millisecond.

Every stretch is measured inside the process that it is in, from the moment at which the kernel has handed it the bytes
(recv has returned) to the moment at which the kernel has taken what follows (send has returned): neither network nor
broker nor server count, nor does the clock of another computer. For the tool call the same stamps are taken in the same
way in google-genai's live client with aiomqtt, the shortest honest program that does the same (path_probe.py,
path_google.py). Both talk TLS with the same server, MQTT 5 with the same mosquitto, in turns; both send the
microphone's sound meanwhile. hubd has its wake model listen and publishes its events as well: that is its own choice.

Where a stretch leads into another process of hubd's (its sound processes), the stamp is taken there; all processes of
one computer share the monotonic clock. Sound cards are null sinks of a private PulseAudio, which keep time as a card
does.

All of it takes precedence over whatever else the computer does, if the user may have that (root may): a value is then
the program's own, and not its neighbour's.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hubd.config import LiveSettings
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.errors import MissingPartError
from scripts.benches.loopback import ORACLES, Program, certificate, program
from scripts.benches.path_lamp import SETTINGS
from scripts.benches.path_server import FRAMES
from scripts.benches.rows import Row, add_options, show
from scripts.benches.sound_room import SoundRoom

PEER: Final = "google-genai with aiomqtt"
SET_UP_MS: Final = 400
# Of what a read was, by its size: sound, then what interrupts.
_SOUND_BYTES: Final = 1000
_INTERRUPTED_BYTES: Final = 150


@dataclass(frozen=True, slots=True)
class World:
    """What is around the programs: a folder for files, the broker's port, how much is measured in a round."""

    folder: Path
    broker: int
    calls: int
    turns: int
    wakes: int

    @contextlib.contextmanager
    def server(self, scenario: str, number: int) -> Iterator[tuple[Program, str, Mapping[str, str]]]:
        """Run the server; yield it with its port, and what a client needs to trust it."""
        cert = self.folder / "cert.pem"
        with program("path_server", cert, self.folder / "key.pem", scenario, number) as server:
            yield server, server.line(), {"SSL_CERT_FILE": str(cert)}

    @contextlib.contextmanager
    def hub(self, scenario: str, port: str, environment: Mapping[str, str], more: str = "") -> Iterator[Program]:
        """Run the hub until it is ready, and have it go on; more: settings."""
        config = self.folder / "hubd.toml"
        mqtt = f'[mqtt]\nhost = "{HOST}"\nport = {self.broker}\n[hub]\nstate_dir = "none"\n'
        config.write_text(mqtt + more + SETTINGS)
        with program("path_hub", config, port, self.broker, scenario, environment=environment) as hub:
            hub.line()
            hub.go_on()
            yield hub


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = argparse.ArgumentParser(prog="scripts/bench path", description=__doc__.splitlines()[0])
    add_options(parser)
    parser.add_argument("--calls", type=int, default=300, help="tool calls a round (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=100, help="interrupted turns a round (default: %(default)s)")
    parser.add_argument("--wakes", type=int, default=4, help="wake words a round (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        rows = measure(options.rounds, options.calls, options.turns, options.wakes)
    except MissingPartError as missing:
        print(missing, file=sys.stderr)
        return 1
    show(rows, as_json=options.json)
    return 0


def measure(rounds: int, calls: int = 300, turns: int = 100, wakes: int = 4) -> list[Row]:
    """Measure all of it, so often."""
    with precedence():
        return asyncio.run(_measure(rounds, calls, turns, wakes))


@contextlib.contextmanager
def precedence() -> Iterator[None]:
    """Let this process, with all that it starts meanwhile, go before others; without the right to it, do nothing."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):  # then the values hold what others do as well
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


async def _measure(rounds: int, calls: int, turns: int, wakes: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="hubd-bench-") as name:
        certificate(Path(name))
        async with PrivateBroker() as broker:
            world = World(Path(name), broker.port, calls, turns, wakes)
            return await asyncio.to_thread(_rows, world, rounds)


def _rows(world: World, rounds: int) -> list[Row]:
    ours: list[Calls] = []
    theirs: list[Calls] = []
    sounds, woken, opened = [], [], []
    for number in range(rounds):
        ways = [(ours, _hubd_calls), (theirs, _google_calls)]
        # Who goes first takes turns.
        for found, way in ways if number % 2 else ways[::-1]:
            found.append(way(world))
        sounds.append(_sound(world))
        opened.append([_set_up(world, head_start=head_start) for head_start in (True, False)])
        woken.append(_talk(world))
    called = [row for share, goal in ((50, 0.5), (99, 2.0)) for row in _called(ours, theirs, share, goal)]
    return [*called, *_sounded(sounds), *_woken(woken), *_opened(opened)]


@dataclass(frozen=True, slots=True)
class Calls:
    """How long each tool call took, ms: until its command was written, and until its answer was at the server."""

    command: Sequence[float]
    answer: Sequence[float]


def _called(ours: Sequence[Calls], theirs: Sequence[Calls], share: int, goal: float) -> Iterator[Row]:
    name = f"toolCall read → PUBLISH written, p{share}"
    hubd, peer = ([percentile(each.command, share) for each in found] for found in (ours, theirs))
    yield Row(name, "ms", hubd, goal=goal)
    yield Row(name, "ms", hubd, PEER, peer, goal=0.5)
    hubd, peer = ([percentile(each.answer, share) for each in found] for found in (ours, theirs))
    yield Row(f"toolCall sent → toolResponse at server, p{share}", "ms", hubd, PEER, peer)


def _sounded(sounds: Sequence[Mapping[str, list[float]]]) -> Iterator[Row]:
    for key, name, most in (
        ("put", "model audio read → playback buffer", 2.0),
        ("flush", "interrupted read → playback buffer empty", 5.0),
        ("frame", "sound callback → frame in the hub", 2.0),
    ):
        for share, goal in ((50, None), (99, most)):
            yield Row(f"{name}, p{share}", "ms", [percentile(each[key], share) for each in sounds], goal=goal)


def _woken(woken: Sequence[list[float]]) -> Iterator[Row]:
    name = "wake model's frame → first speech sent"
    yield Row(f"{name}, p50", "ms", [percentile(each, 50) for each in woken])
    yield Row(f"{name}, most", "ms", [max(each) for each in woken], goal=40)


def _opened(opened: Sequence[Sequence[list[float]]]) -> Iterator[Row]:
    for place, how in enumerate(("head start", "no head start")):
        name, goal = f"wake → set-up complete ({SET_UP_MS} ms), {how}", 150 if place == 0 else None
        found = [each[place] for each in opened]
        yield Row(f"{name}, p50", "ms", [percentile(each, 50) for each in found], goal=goal)
        yield Row(f"{name}, most", "ms", [max(each) for each in found], goal=goal)


def percentile(values: Sequence[float], share: int) -> float:
    """Return what so many percent of the values are not above."""
    return sorted(values)[max(0, -(-len(values) * share // 100) - 1)]


def _hubd_calls(world: World) -> Calls:
    with (
        world.server("calls", world.calls) as (server, port, environment),
        world.hub("calls", port, environment) as hub,
    ):
        round_trips = server.found()
        hub.go_on()
        return Calls(hub.found()["command_ms"][-world.calls :], round_trips)


def _google_calls(world: World) -> Calls:
    with (
        world.server("calls", world.calls) as (server, port, environment),
        program("path_google", port, world.broker, python=ORACLES, environment=environment) as client,
    ):
        round_trips = server.found()
        client.go_on()
        return Calls(client.found()[-world.calls :], round_trips)


def _sound(world: World) -> dict[str, list[float]]:
    """Return how long each took, ms: samples put, buffers flushed, frames of the microphone."""
    with world.server("sound", world.turns) as (server, port, environment), SoundRoom() as room:
        folder = Path(tempfile.mkdtemp(dir=world.folder))
        places = {**environment, **room.environment, "HUBD_BENCH_FOLDER": str(folder)}
        with world.hub("sound", port, places) as hub:
            server.found()
            hub.go_on()
            found = hub.found()
    speaker = [line.split() for line in (folder / "speaker").read_text().splitlines()]
    microphone = [line.split() for line in (folder / "microphone").read_text().splitlines()]
    heard, interrupted = reads(found["read"])
    there = {captured: at for at, captured in found["captured"]}
    return {
        "put": _after(heard, [float(at) for what, at in speaker if what == "put"], world.turns * FRAMES),
        "flush": _after(interrupted, [float(at) for what, at in speaker if what == "flush"], world.turns),
        "frame": [
            (there[float(captured)] - float(at)) * 1000 for _, at, captured in microphone if float(captured) in there
        ],
    }


def reads(stamps: Sequence[tuple[float, int]]) -> tuple[list[float], list[float]]:
    """Return when each frame of sound was read, and each interruption, told by size: several may come in one read."""
    one = statistics.mode(size for _, size in stamps if size > _SOUND_BYTES)
    sound, interrupted = [], []
    for at, size in stamps:
        frames, rest = divmod(size, one)
        sound += [at] * frames
        # Before the first sound the connection is made, of pieces of any size.
        interrupted += [at] if sound and rest > _INTERRUPTED_BYTES else []
    return sound, interrupted


def _after(begun: Sequence[float], done: Sequence[float], count: int) -> list[float]:
    """Return how long each took, ms; raises RuntimeError unless all that was begun was done, so often."""
    if not len(begun) == len(done) == count:
        raise RuntimeError(f"of {count}, {len(begun)} were begun, {len(done)} done")
    return [(at - begin) * 1000 for begin, at in zip(begun, done, strict=True)]


def _set_up(world: World, *, head_start: bool) -> list[float]:
    known = "head_start" in LiveSettings.model_fields
    settings = f"[live]\nhead_start = {str(head_start).lower()}\n" if known else ""
    with world.server("set-up", SET_UP_MS) as (_, port, environment):
        return _woken_hub(world, world.hub("set-up", port, environment, settings), "set_up_ms")


def _talk(world: World) -> list[float]:
    with world.server("talk", 0) as (_, port, environment):
        return _woken_hub(world, world.hub("talk", port, environment), "upload_ms")


def _woken_hub(world: World, running: contextlib.AbstractContextManager[Program], key: str) -> list[float]:
    """Return what a hub found that was woken so often."""
    with running as hub:
        for _ in range(world.wakes):
            hub.line()
        hub.go_on()
        # It may wake once more until it ends.
        return list(hub.found()[key][: world.wakes])
