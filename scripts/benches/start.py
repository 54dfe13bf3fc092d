"""From a hub's start to READY=1, offline and with Gemini, with what its parts take; beside it what its peers load.

The peers load what a program of the same purpose needs: openWakeWord with its model, up to its 16th frame, for which it
need not wait; google-genai with aiomqtt, connected to the broker. hubd is ready when its own sound process brings
sound.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hubd.audio.pcm import SAMPLE_BYTES
from hubd.demo.private_broker import PrivateBroker
from hubd.wake import FRAME_SAMPLES
from scripts.benches.loopback import ORACLES, program
from scripts.benches.processes import cpu_of
from scripts.benches.rows import Row, run_bench
from scripts.benches.service import NOBODY, QUIET, configuration, service
from scripts.benches.sound_room import SoundRoom

GOAL: Final = 1.5
PEERS: Final = "openWakeWord + google-genai"
_FRAMES: Final = 16
_ONLY_HERE: Final = ("this bench's own imports", "end of the offline server")


def run(arguments: Sequence[str]) -> int:
    """Measure, print."""
    return run_bench("start", __doc__, measure, arguments)


def measure(rounds: int) -> list[Row]:
    """Start each so often, in turn."""
    return asyncio.run(_measure(rounds))


async def _measure(rounds: int) -> list[Row]:
    found: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name, SoundRoom() as room:
        folder = Path(name)
        async with PrivateBroker() as broker:
            for _ in range(rounds):
                for backend, url in (("gemini", NOBODY), ("offline", "")):
                    file = configuration(folder, broker.port, url=url)
                    async with service(file, room.environment) as hub:
                        found[backend].append(hub.ready_s)
                        found[f"{backend}, CPU"].append(hub.cpu_s)
                for part, taken in (await asyncio.to_thread(parts, file, room.environment)).items():
                    found[part].append(taken)
                for peer in (_listener, _talker):
                    took, cpu = await asyncio.to_thread(peer, folder, broker.port)
                    found[peer.__name__].append(took)
                    found[f"{peer.__name__}, CPU"].append(cpu)
    return _rows(found)


def _rows(found: dict[str, list[float]]) -> list[Row]:
    gemini, offline = found.pop("gemini"), found.pop("offline")
    took = map(sum, zip(found.pop("_listener"), found.pop("_talker"), strict=True))
    cpu = map(sum, zip(found.pop("_listener, CPU"), found.pop("_talker, CPU"), strict=True))
    return [
        Row("start to READY=1, Gemini", "s", gemini, goal=GOAL),
        Row("start to READY=1, offline", "s", offline, goal=GOAL),
        Row("start until ready", "s", gemini, PEERS, [*took]),
        Row("CPU until ready", "s", found.pop("gemini, CPU"), PEERS, [*cpu]),
        Row("CPU until ready, offline", "s", found.pop("offline, CPU")),
        *(Row(f"part: {part}", "ms", taken) for part, taken in found.items() if part not in _ONLY_HERE),
    ]


def parts(file: Path, sound: Mapping[str, str]) -> dict[str, Any]:
    """Return what the parts of a start take, ms; sound: the environment that leads there, empty for none."""
    hears = ["sound"] if sound else []
    with program("start_parts", time.perf_counter(), file, *hears, environment=sound) as found:
        return dict(found.found())


def _listener(folder: Path, _port: int) -> tuple[float, float]:
    """Return what openWakeWord's loop took until its first scores that count, of time, of CPU, s."""
    recording = folder / "sound.pcm"
    recording.write_bytes(bytes(_FRAMES * FRAME_SAMPLES * SAMPLE_BYTES))
    began = time.perf_counter()
    with program("wake_engines", "openWakeWord", "hey_jarvis", environment=QUIET) as engine:
        engine.line()
        engine.go_on(f"quick {recording}")
        engine.line()
        return time.perf_counter() - began, cpu_of(engine.process)


def _talker(_folder: Path, port: int) -> tuple[float, float]:
    """Return what google-genai and aiomqtt took until the broker was connected, of time, of CPU, s."""
    began = time.perf_counter()
    with program("talker_google", port, python=ORACLES) as talker:
        talker.line()
        return time.perf_counter() - began, cpu_of(talker.process)
