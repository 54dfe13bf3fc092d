"""What stands in hubd's way from microphone, server and broker to lamp and speaker, millisecond by millisecond.

Every stretch is measured inside the process that it is in, from the moment at which the kernel has handed it the bytes
(recv has returned) to the moment at which the kernel has taken what follows (send has returned): neither network nor
broker nor server count, nor does the clock of another computer. For the tool call the same stamps are taken in the same
way in google-genai's live client with aiomqtt, the shortest honest program that does the same (path_probe.py,
path_google.py). Both talk TLS with the same server, MQTT 5 with the same mosquitto, in turns; both send the
microphone's sound meanwhile. hubd has its wake model listen and publishes its events as well: that is its own choice.
Beside them stands what both are built on, websockets with paho and nothing in between (path_bare.py): the floor.

Where a stretch leads into another process of hubd's (its sound processes), the stamp is taken there; all processes of
one computer share the monotonic clock. Sound cards are null sinks of a private PulseAudio, which keep time as a card
does.

All of it takes precedence over whatever else the computer does, if the user may have that (root may): a value is then
the program's own, and not its neighbour's.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benches.loopback import ORACLES, OURS, Program, program
from scripts.benches.path_server import FRAMES
from scripts.benches.path_world import World, in_world, precedence
from scripts.benches.rows import Row, options_of, show
from scripts.benches.sound_room import SoundRoom

PEER: Final = "google-genai with aiomqtt"
SET_UP_MS: Final = 400
# Of what a read was, by its size: sound, then what interrupts.
_SOUND_BYTES: Final = 1000
_INTERRUPTED_BYTES: Final = 150


@dataclass(frozen=True, slots=True)
class Often:
    """How much is measured in a round: tool calls, interrupted turns, wake words; what is 0 is left out."""

    calls: int = 300
    turns: int = 100
    wakes: int = 4


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = options_of("path", __doc__)
    often = Often()
    parser.add_argument("--calls", type=int, default=often.calls, help="tool calls a round (default: %(default)s)")
    parser.add_argument(
        "--turns",
        type=int,
        default=often.turns,
        help="interruptions a round, 0 for no sound cards (default: %(default)s)",
    )
    parser.add_argument("--wakes", type=int, default=often.wakes, help="wake words a round (default: %(default)s)")
    options = parser.parse_args(arguments)
    rows = measure(options.rounds, Often(options.calls, options.turns, options.wakes))
    show(rows, as_json=options.json)
    return 0


def measure(rounds: int, often: Often = Often()) -> list[Row]:
    """Measure all of it, so often."""
    with precedence():
        return asyncio.run(in_world(lambda world: _rows(world, rounds, often)))


def _rows(world: World, rounds: int, often: Often) -> list[Row]:
    ours: list[Calls] = []
    theirs: list[Calls] = []
    bare: list[Calls] = []
    sounds, woken, opened = [], [], []
    for number in range(rounds):
        ways = [(ours, _hubd_calls), (theirs, _google_calls), (bare, _bare_calls)]
        # Who goes first takes turns.
        for found, way in ways if number % 2 else ways[::-1]:
            found.append(way(world, often.calls))
        if often.turns:
            sounds.append(_sound(world, often.turns))
        if often.wakes:
            opened.append([_set_up(world, often.wakes, head_start=head_start) for head_start in (True, False)])
            woken.append(_talk(world, often.wakes))
    called = [row for share, goal in ((50, 0.5), (99, 2.0)) for row in _called(ours, theirs, bare, share, goal)]
    sounded = list(_sounded(sounds)) if sounds else []
    return [*called, *sounded, *(_woken(woken) if woken else ()), *(_opened(opened) if opened else ())]


@dataclass(frozen=True, slots=True)
class Calls:
    """How long each tool call took, ms: until its command was written, and until its answer was at the server."""

    command: Sequence[float]
    answer: Sequence[float]


def _called(
    ours: Sequence[Calls], theirs: Sequence[Calls], bare: Sequence[Calls], share: int, goal: float
) -> Iterator[Row]:
    name = f"toolCall read → PUBLISH written, p{share}"
    hubd, peer, floor = ([percentile(each.command, share) for each in found] for found in (ours, theirs, bare))
    yield Row(name, "ms", hubd, goal=goal)
    yield Row(name, "ms", hubd, PEER, peer, goal=0.5, floor=floor)
    hubd, peer, floor = ([percentile(each.answer, share) for each in found] for found in (ours, theirs, bare))
    yield Row(f"toolCall sent → toolResponse at server, p{share}", "ms", hubd, PEER, peer, floor=floor)


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


def _hubd_calls(world: World, count: int) -> Calls:
    with (
        world.server("calls", count) as (server, port, environment),
        world.hub("calls", port, environment) as hub,
    ):
        round_trips = server.found()
        hub.go_on()
        return Calls(hub.found()["command_ms"][-count:], round_trips)


def _google_calls(world: World, count: int) -> Calls:
    return _client_calls(world, count, "path_google", ORACLES)


def _bare_calls(world: World, count: int) -> Calls:
    return _client_calls(world, count, "path_bare", OURS)


def _client_calls(world: World, count: int, module: str, python: Path) -> Calls:
    with (
        world.server("calls", count) as (server, port, environment),
        program(module, port, world.broker, python=python, environment=environment) as client,
    ):
        round_trips = server.found()
        client.go_on()
        return Calls(client.found()[-count:], round_trips)


def _sound(world: World, turns: int) -> dict[str, list[float]]:
    """Return how long each took, ms: samples put, buffers flushed, frames of the microphone."""
    with world.server("sound", turns) as (server, port, environment), SoundRoom() as room:
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
        "put": _after(heard, [float(at) for what, at in speaker if what == "put"], turns * FRAMES),
        "flush": _after(interrupted, [float(at) for what, at in speaker if what == "flush"], turns),
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


def _set_up(world: World, count: int, *, head_start: bool) -> list[float]:
    settings = f"[live]\nhead_start = {str(head_start).lower()}\n"
    with world.server("set-up", SET_UP_MS) as (_, port, environment):
        return _woken_hub(count, world.hub("set-up", port, environment, settings), "set_up_ms")


def _talk(world: World, count: int) -> list[float]:
    with world.server("talk", 0) as (_, port, environment):
        return _woken_hub(count, world.hub("talk", port, environment), "upload_ms")


def _woken_hub(count: int, running: contextlib.AbstractContextManager[Program], key: str) -> list[float]:
    """Return what a hub found that was woken so often."""
    with running as hub:
        for _ in range(count):
            hub.line()
        hub.go_on()
        # It may wake once more until it ends.
        return list(hub.found()[key][:count])
