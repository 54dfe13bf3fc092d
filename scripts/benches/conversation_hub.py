"""hubd in a long conversation: CONFIG SERVER-PORT SPEED MINUTES …; prints its CPU time and memory after so many, JSON.

A person talks into its microphone without end, quicker than real time, but no quicker than the wake model listens.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final

from hubd.app import Hub
from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE, bytes_of
from hubd.config import load
from hubd.events import Backend
from hubd.ports import MicrophoneFrame
from hubd.secrets import Secrets
from hubd.wishes import ListenAsked
from scripts.benches.measuring import grown_kb
from scripts.benches.voices import story

# What the microphone's process asks its card for, and passes on at once while it is talked to.
_BLOCK_MS: Final = 40
_BLOCKS_A_MINUTE: Final = 60_000 // _BLOCK_MS
_MOST_BEHIND: Final = 12


class Talk:
    """A person who talks without end, with a speaker that nobody hears.

    After so many minutes the CPU time since begin() is noted, with the memory: seen.
    """

    looks_by = None

    def __init__(self, speed: float, minutes: Sequence[float]) -> None:
        self._speed = speed
        self._marks = [round(minute * _BLOCKS_A_MINUTE) for minute in minutes]
        self._hub: Hub | None = None
        self._blocks = 0
        self._began = 0.0
        self._silent_at = 0.0
        self._flushed = asyncio.Event()
        self.seen: list[tuple[float, int]] = []
        self.over = asyncio.Event()

    def begin(self, hub: Hub) -> None:
        """Count from now."""
        self._hub, self._blocks, self._began = hub, 0, time.process_time()

    async def run(self) -> None:
        """Do nothing; nobody else does anything meanwhile."""
        await asyncio.get_running_loop().create_future()

    def gather(self, first_ms: int) -> None:
        """Pass the wish over."""

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield what is said."""
        loop, told, size = asyncio.get_running_loop(), story(60), bytes_of(_BLOCK_MS, UPLINK_RATE)
        due = loop.time()
        for start in itertools.cycle(range(0, len(told), size)):
            due += _BLOCK_MS / 1000 / self._speed
            await asyncio.sleep(due - loop.time())
            while self._hub is not None and self._hub.behind > _MOST_BEHIND:
                await asyncio.sleep(_BLOCK_MS / 1000)
                due = loop.time()
            yield MicrophoneFrame(told[start : start + size], loop.time())
            self._blocks += 1
            if self._hub is not None and self._blocks in self._marks:
                self.seen.append((time.process_time() - self._began, grown_kb()))
                if self._blocks == self._marks[-1]:
                    self.over.set()

    def play(self, pcm: bytes) -> None:
        """Drop it, and note until when it would sound."""
        now = asyncio.get_running_loop().time()
        self._silent_at = max(now, self._silent_at) + len(pcm) / bytes_of(1000, DOWNLINK_RATE) / self._speed

    def flush(self) -> None:
        """Fall silent."""
        self._silent_at = 0.0
        self._flushed.set()

    async def drained(self) -> None:
        """Return when all would have been heard."""
        while (rest := self._silent_at - asyncio.get_running_loop().time()) > 0:
            self._flushed.clear()
            with contextlib.suppress(TimeoutError):  # then it has been heard
                async with asyncio.timeout(rest):
                    await self._flushed.wait()


async def main(config: Path, port: str, speed: float, minutes: Sequence[float]) -> None:
    """Live through the conversation."""
    talk = Talk(speed, minutes)
    url = f"wss://127.0.0.1:{port}"
    opened = asyncio.Event()
    hub = Hub(load(config), Secrets(), sound=talk, backend=Backend.GEMINI, url=url, report=lambda _: opened.set())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(hub.run())
        await hub.newer_connection(0)
        await hub.warmed_up()
        opened.clear()
        hub.post(ListenAsked("bench"))
        await opened.wait()
        talk.begin(hub)
        await talk.over.wait()
        running.cancel()
    print(json.dumps(talk.seen), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), [float(each) for each in sys.argv[4:]]))
