"""CPU and memory of a conversation: hubd beside google-genai's client with openWakeWord's loop.

Sound goes up all the time, and down half the time, as when a person and the model take turns of six seconds; the wake
model listens all along. Both talk TLS with the same server, which answers by the sound that it has heard: so the same
minutes can pass quicker than real time. hubd is the daemon's own code, with its conversation, its speech detector, its
events on MQTT; its sound card is left out, as its peer's is: what is played is dropped when its time has come. All are
brought the sound at the same pace, for what comes at once finds everything in the processor's cache; and in the same
seconds, so that whatever else the computer does falls on all. The peer is two processes, whose CPU times are added up:
google-genai's and openWakeWord's are in environments of their own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from hubd.demo.private_broker import HOST
from scripts.benches.loopback import ORACLES, Program, program
from scripts.benches.path_world import World, in_world
from scripts.benches.rows import Row, count, options_of, show

PEER: Final = "google-genai + openWakeWord"
GOAL: Final = 0.6
SPEED: Final = 10
GROWTH: Final = (1, 10, 100)
# With more the server would be what is waited for.
GROWTH_SPEED: Final = 40


def run(arguments: Sequence[str]) -> int:
    """Measure, then print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = options_of("conversation", __doc__)
    parser.add_argument("--minutes", type=count, default=1, help="of conversation a round (default: %(default)s)")
    parser.add_argument("--speed", type=float, default=SPEED, help="times real time (default: %(default)s)")
    parser.add_argument("--growth", action="store_true", help="measure 1, 10, 100 minutes: takes 3 minutes a round")
    options = parser.parse_args(arguments)
    rows = measure_growth(options.rounds) if options.growth else measure(options.rounds, options.minutes, options.speed)
    show(rows, as_json=options.json)
    return 0


def measure(rounds: int, minutes: int = 1, speed: float = SPEED) -> list[Row]:
    """Measure CPU time per minute of conversation, so often, the programs side by side."""

    def all_rounds(world: World) -> list[Row]:
        ours, clients, loops = [], [], []
        for _ in range(rounds):
            with (
                _hubd(world, [minutes], speed) as hub,
                _google(world, minutes, speed) as client,
                program("conversation_wake", speed, minutes) as loop,
            ):
                ours.append(hub.found()[-1][0] / minutes)
                clients.append(client.found() / minutes)
                loops.append(loop.found() / minutes)
        both = [client + loop for client, loop in zip(clients, loops, strict=True)]
        return [
            Row("CPU per minute of conversation", "s", ours, PEER, both, GOAL),
            Row("of the peer's, the client", "s", clients),
            Row("of the peer's, the wake-word loop", "s", loops),
        ]

    return asyncio.run(in_world(all_rounds))


def measure_growth(rounds: int, minutes: Sequence[float] = GROWTH, speed: float = GROWTH_SPEED) -> list[Row]:
    """Measure hubd over long conversations, so many: CPU per minute, memory, after so many minutes of each."""

    def all_rounds(world: World) -> list[list[tuple[float, int]]]:
        found = []
        for _ in range(rounds):
            with _hubd(world, minutes, speed) as hub:
                found.append([tuple(each) for each in hub.found()])
        return found

    rows, before, cpu_before = [], 0.0, [0.0] * rounds
    for minute, seen in zip(minutes, zip(*asyncio.run(in_world(all_rounds)), strict=True), strict=True):
        cpu = [each for each, _ in seen]
        taken = [(now - then) / (minute - before) for now, then in zip(cpu, cpu_before, strict=True)]
        rows.append(Row(f"CPU per minute, to minute {minute:g}", "s", taken))
        rows.append(Row(f"memory of its own after {minute:g} minutes", "MB", [kb / 1024 for _, kb in seen]))
        before, cpu_before = minute, cpu
    return rows


@contextmanager
def _hubd(world: World, minutes: Sequence[float], speed: float) -> Iterator[Program]:
    """Run hubd, which tells the CPU time and the memory after so many minutes, s, kB."""
    config = world.folder / "hubd.toml"
    config.write_text(f'[mqtt]\nhost = "{HOST}"\nport = {world.broker}\n[hub]\nstate_dir = "none"\n')
    with (
        world.server("converse", 0) as (_, port, environment),
        program("conversation_hub", config, port, speed, *minutes, environment=environment) as hub,
    ):
        yield hub


@contextmanager
def _google(world: World, minutes: int, speed: float) -> Iterator[Program]:
    """Run google-genai's client, which tells the CPU time after so many minutes, s."""
    with (
        world.server("converse", 0) as (_, port, environment),
        program("conversation_google", port, speed, minutes, python=ORACLES, environment=environment) as client,
    ):
        yield client
