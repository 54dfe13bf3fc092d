"""CPU of the whole daemon in real time, in a quiet room: hub, microphone's and speaker's process; openWakeWord's loop.

The daemon is connected to a broker and listens for the wake word, as it does nearly all the time. The peer is
openWakeWord's loop as its README shows it, which reads the same microphone through PyAudio; it has no speaker. What
PyAudio takes by itself to read that microphone, as the peer does, is told beside them. All run at once, so whatever
else the computer does falls on all; the sound server and the broker are not counted.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from hubd.audio.cards import Direction
from hubd.audio.pcm import UPLINK_RATE
from hubd.demo.private_broker import PrivateBroker
from scripts.benches.loopback import program
from scripts.benches.processes import family, running_time
from scripts.benches.rows import Row, count, options_of, show
from scripts.benches.service import QUIET, configuration, service
from scripts.benches.sound_room import SoundRoom
from scripts.benches.wake_sounds import quiet_room, samples_of

SECONDS: Final = 8
PEER: Final = "openWakeWord with PyAudio"
_ALL: Final = "CPU, the whole daemon"
_READING: Final = "CPU, PyAudio alone, reading the microphone"
# Until then the speech gate does not know the room, s; it closes 2 s later.
_GETS_USED: Final = 6.0
# Far more than is listened to, s.
_ROOM: Final = 900
# Longer than any block that is asked for: a card delivers in its reader's blocks, not in shorter ones of its own.
_BLOCKS: Final = "--latency-msec=200"


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured."""
    parser = options_of("idle", __doc__)
    parser.add_argument("--seconds", type=count, default=SECONDS, help="a round (default: %(default)s)")
    options = parser.parse_args(arguments)
    show(measure(options.rounds, options.seconds), as_json=options.json)
    return 0


def measure(rounds: int, seconds: int = SECONDS) -> list[Row]:
    """Let all run at once; look so often, for so long, at what each takes, in percent of a processor."""
    return asyncio.run(_measure(rounds, seconds))


async def _measure(rounds: int, seconds: int) -> list[Row]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name, SoundRoom() as room, _quiet(room, Path(name) / "room"):
        async with PrivateBroker() as broker:
            config = configuration(Path(name), broker.port)
            async with service(config, room.environment) as hub:
                with ExitStack() as stack:
                    parts = {_part(line): [each] for each, line in family(hub.daemon.process).items()}
                    for what, mode in ((PEER, "openwakeword"), (_READING, "nothing")):
                        peer = stack.enter_context(
                            program("idle_peer", mode, environment={**QUIET, **room.environment})
                        )
                        await asyncio.to_thread(peer.line)
                        parts[what] = [peer.process]
                    parts[_ALL] = [*family(hub.daemon.process)]
                    await asyncio.sleep(_GETS_USED)
                    for _ in range(rounds):
                        before = {what: sum(map(running_time, processes)) for what, processes in parts.items()}
                        await asyncio.sleep(seconds)
                        for what, processes in parts.items():
                            found[what].append((sum(map(running_time, processes)) - before[what]) / seconds * 100)
    peer_took = found.pop(PEER)
    return [
        Row(_ALL, "%", found.pop(_ALL), PEER, peer_took),
        *(Row(what, "%", took, PEER, peer_took) for what, took in found.items()),
    ]


def _part(line: str) -> str:
    """Return what a process is, by its command line."""
    for direction in Direction:
        if f" {direction} " in line:
            return f"CPU, the {direction}'s process"
    return "CPU, the offline server's recogniser" if "pocketsphinx" in line else "CPU, the hub's own process"


@contextmanager
def _quiet(room: SoundRoom, file: Path) -> Iterator[None]:
    """Let the microphone hear a room in which nobody is."""
    file.write_bytes(samples_of(quiet_room(_ROOM)).tobytes())
    command = ["pacat", "--device=mouth", "--raw", "--format=s16le", f"--rate={UPLINK_RATE}", "--channels=1", _BLOCKS]
    with subprocess.Popen([*command, str(file)], env={**os.environ, **room.environment}) as pacat:
        try:
            yield
        finally:
            pacat.kill()
