"""Speech to the speaker, with word back when it has been played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hubd.audio.level import fit, scaled
from hubd.audio.tones import render
from hubd.events import Drained, Event
from hubd.ports import Speaker
from hubd.wishes import Sign


class Speak:
    """Plays what the conversation says.

    volume: percent, for speech and signs alike. post: takes a Drained after each stretch of sound.
    """

    def __init__(self, speaker: Speaker, *, volume: int, post: Callable[[Event], None]) -> None:
        self._speaker = speaker
        self._volume = volume
        self._post = post
        self._signs = {sign: scaled(render(sign), volume) for sign in Sign}
        self._queued = asyncio.Event()
        self._sounds = 0
        self._drained = 0
        self._plays = 0
        self._announcing = 0

    @property
    def speaking(self) -> bool:
        """Whether sound of the hub is being played."""
        return self._drained < self._sounds

    def play(self, pcm: bytes, rate: int) -> None:
        """Queue speech: signed 16-bit little-endian mono at rate Hz; returns at once."""
        self._plays += 1
        self._queue(scaled(fit(pcm, rate), self._volume))

    def sign(self, sign: Sign) -> None:
        """Queue a sign; returns at once."""
        if sign is Sign.WOKE and self._drained < self._announcing:
            self._speaker.flush()
            self._announcing = 0
        self._queue(self._signs[sign])

    def announce(self, pcm: bytes) -> None:
        """Queue speech that is no answer of the model, at 24 kHz; the next sign of a wake word cuts it short."""
        self._announcing = self._sounds + 1
        self._queue(scaled(pcm, self._volume))

    def flush(self) -> None:
        """Fall silent; what was queued is void."""
        self._speaker.flush()

    async def run(self) -> None:
        """Tell when all is played, until cancelled."""
        while True:
            await self._queued.wait()
            self._queued.clear()
            sounds, plays = self._sounds, self._plays
            await self._speaker.drained()
            self._drained = sounds
            self._post(Drained(plays))

    def _queue(self, pcm: bytes) -> None:
        self._sounds += 1
        self._queued.set()
        self._speaker.play(pcm)
