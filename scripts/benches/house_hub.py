"""The hub of the bench: URL, broker's port, folder; prints "ready", waits for a line, prints what it saw as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import wave
from collections import Counter
from pathlib import Path
from typing import Any, Final

import numpy as np

from hubd.app import Hub
from hubd.audio.pcm import DOWNLINK_RATE, FRAME_MS
from hubd.config import load
from hubd.demo.private_broker import HOST
from hubd.edges.wav_sound import WavSound
from hubd.events import Backend
from hubd.reports import PublicState, Report, StateReport, TroubleReport, WokeReport
from hubd.secrets import Secrets
from tests.end_to_end.house import speech

_SETTINGS: Final = (
    '[mqtt]\nhost = "{host}"\nport = {port}\n[discovery]\nenabled = true\n[conversation]\nchime = false\n'
)
_LOOK_EVERY: Final = 0.005
_AGAIN: Final = 6.0


class Diary:
    """What the hub reported."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.over = asyncio.Event()
        self.troubles: Counter[str] = Counter()

    def __call__(self, report: Report) -> None:
        """Take a report."""
        match report:
            case WokeReport():
                self.woken.set()
            case StateReport(PublicState.IDLE) if self.woken.is_set():
                self.over.set()
            case TroubleReport(part, problem, cleared=False):
                self.troubles[f"{part}: {problem}"] += 1
            case _:
                pass


class Lag:
    """How late the event loop gets to what is due, ms."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    async def run(self) -> None:
        """Look again and again."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _LOOK_EVERY
            await asyncio.sleep(_LOOK_EVERY)
            self.delays.append((loop.time() - due) * 1000)


def _silence(recording: Path) -> int:
    """Return how much silence there is within what was played, ms; what was sent holds none."""
    with wave.open(str(recording)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    frame = DOWNLINK_RATE * FRAME_MS // 1000
    places = np.flatnonzero(np.abs(samples).reshape(-1, frame).max(axis=1))
    return int(places[-1] - places[0] + 1 - len(places)) * FRAME_MS


async def main(url: str, port: str, folder: str) -> None:
    """Run the hub through one conversation."""
    file = Path(folder) / "hubd.toml"
    file.write_text(_SETTINGS.format(host=HOST, port=port))
    diary, sound, lag = Diary(), WavSound(record=Path(folder) / "played.wav"), Lag()
    hub = Hub(load(file), Secrets(), sound=sound, backend=Backend.GEMINI, url=url, report=diary)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(hub.run(), name="hub"), tasks.create_task(sound.run(), name="sound")]
        await hub._discover.settled()  # noqa: SLF001 -- nothing outside tells that the devices are known
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        running.append(tasks.create_task(lag.run(), name="lag"))
        wake = speech("hey jarvis").tobytes()
        wakes = 0
        while not diary.woken.is_set():
            wakes += 1
            await sound.speak(bytes(2 * 16_000 * 2) + wake)
            try:
                async with asyncio.timeout(_AGAIN):
                    await diary.woken.wait()
            except TimeoutError:
                continue
        states = hub._act._means.states  # noqa: SLF001 -- how much it took is its own affair otherwise
        taken, cpu = states.mark(), time.process_time()
        lag.delays.clear()
        await diary.over.wait()
        lag.delays.sort()
        found: dict[str, Any] = {
            "wakes": wakes,
            "taken": states.mark() - taken,
            "cpu_s": time.process_time() - cpu,
            "lag_p99_ms": lag.delays[len(lag.delays) * 99 // 100],
            "lag_most_ms": lag.delays[-1],
            "troubles": dict(diary.troubles),
        }
        for task in running:
            task.cancel()
    found["silent_ms"] = _silence(Path(folder) / "played.wav")
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
