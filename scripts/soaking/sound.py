"""A microphone that hears every frame while somebody is there, and hardly any while nobody is."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Final

from hubd.audio.pcm import DOWNLINK_RATE, FRAME_MS, SAMPLE_BYTES, UPLINK_RATE, bytes_of
from hubd.ports import MicrophoneFrame

_FRAME: Final = bytes_of(FRAME_MS, UPLINK_RATE)
_TICK: Final = FRAME_MS / 1000
# Nobody is there for most of a day, and a frame of silence is like the other, s.
_NOBODY: Final = 1.0


class Room:
    """``ports.Sound`` by the loop's clock; what the speaker plays goes nowhere, and takes its time.

    waits: whether the microphone is to wait for a listener that is behind.
    """

    def __init__(self, waits: Callable[[], bool]) -> None:
        self._waits = waits
        self._said: deque[bytes] = deque()
        self._given = asyncio.Condition()
        self._plays_until = 0.0
        self._flushed = asyncio.Event()
        self.somebody = asyncio.Event()

    @property
    def looks_by(self) -> None:
        """Nothing: the microphone is never missing."""

    async def speak(self, pcm: bytes) -> None:
        """Say sound at 16 kHz; returns when the microphone has given it all."""
        self._said.extend(pcm[start : start + _FRAME].ljust(_FRAME, b"\0") for start in range(0, len(pcm), _FRAME))
        async with self._given:
            await self._given.wait_for(lambda: not self._said)

    def gather(self, first_ms: int) -> None:
        """Pass the wish over."""

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames as ``ports.Microphone`` says."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            due = max(due, loop.time() - _NOBODY) + (_TICK if self.somebody.is_set() else _NOBODY)
            if self._waits():
                continue
            yield MicrophoneFrame(self._said.popleft() if self._said else bytes(_FRAME), loop.time())
            async with self._given:
                self._given.notify_all()

    def play(self, pcm: bytes) -> None:
        """Take samples as ``ports.Speaker`` says."""
        now = asyncio.get_running_loop().time()
        self._plays_until = max(self._plays_until, now) + len(pcm) / SAMPLE_BYTES / DOWNLINK_RATE

    def flush(self) -> None:
        """Fall silent."""
        self._plays_until = 0.0
        self._flushed.set()

    async def drained(self) -> None:
        """Return when all has been played."""
        loop = asyncio.get_running_loop()
        while (end := self._plays_until) > loop.time():
            self._flushed.clear()
            with suppress(TimeoutError):  # it was played to its end
                async with asyncio.timeout_at(end):
                    await self._flushed.wait()

    async def run(self) -> None:
        """Be there until cancelled."""
        await asyncio.Event().wait()
