"""Sound to the speaker, with word back when it has been played."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from hubd.audio.level import fit, scaled
from hubd.audio.tones import render
from hubd.events import Drained, Event
from hubd.ports import Speaker
from hubd.wishes import Sign


@dataclass(slots=True)
class _Announcement:
    """Words of the hub's own that are being played; last: the number of this sound. behind: whether it waited."""

    pcm: bytes
    played: asyncio.Future[bool]
    last: int
    behind: bool


class Speak:
    """Plays what the conversation says, and what the hub announces.

    An announcement goes before speech that comes later, and outlives flush(): that is about the conversation.
    volume: percent, for speech and signs alike; it may change, and holds for what is queued from then on.
    post: takes a Drained after each stretch of sound.
    """

    def __init__(self, speaker: Speaker, *, volume: int, post: Callable[[Event], None]) -> None:
        self._speaker = speaker
        self.volume = volume
        self._post = post
        self._signs = {sign: render(sign) for sign in Sign}
        self._queued = asyncio.Event()
        self._held: list[bytes] = []
        self._announcement: _Announcement | None = None
        self._sounds = 0
        self._drained = 0
        self._plays = 0

    @property
    def speaking(self) -> bool:
        """Whether sound of the hub is being played."""
        return self._drained < self._sounds

    def play(self, pcm: bytes, rate: int) -> None:
        """Queue speech: signed 16-bit little-endian mono at rate Hz; returns at once."""
        self._plays += 1
        sound = scaled(fit(pcm, rate), self.volume)
        if self._announcement is None:
            self._queue(sound)
        else:
            self._held.append(sound)

    def sign(self, sign: Sign) -> None:
        """Queue a sign; returns at once."""
        self._queue(scaled(self._signs[sign], self.volume))

    async def announce(self, pcm: bytes, sign: Sign | None = None, volume: int | None = None) -> bool:
        """Play a sign, then speech at 24 kHz, after what is queued; return whether that was played to its end.

        One announcement at a time. volume: percent, for this alone; None for as loud as everything.
        """
        loudness = self.volume if volume is None else volume
        sound = scaled((self._signs[sign] if sign is not None else b"") + pcm, loudness)
        if not sound:
            return True
        behind = self.speaking
        played: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._queue(sound)
        self._announcement = _Announcement(sound, played, self._sounds, behind)
        return await played

    def silence(self) -> None:
        """Cut what is being announced."""
        if self._announcement is not None:
            self._speaker.flush()
            self._announced(to_its_end=False)

    def flush(self) -> None:
        """Drop the speech of the conversation; what was queued is void."""
        if self._held:
            self._held.clear()
            self._queued.set()
        announcement = self._announcement
        if announcement is None or announcement.behind:
            self._speaker.flush()
        if announcement is not None and announcement.behind:
            self._queue(announcement.pcm)
            announcement.last, announcement.behind = self._sounds, False

    async def run(self) -> None:
        """Tell when all is played, until cancelled."""
        while True:
            await self._queued.wait()
            self._queued.clear()
            sounds, plays = self._sounds, self._plays - len(self._held)
            await self._speaker.drained()
            self._drained = sounds
            self._post(Drained(plays))
            if self._announcement is not None and self._announcement.last <= sounds:
                self._announced(to_its_end=True)

    def _announced(self, *, to_its_end: bool) -> None:
        """End the announcement; the conversation's speech that came meanwhile is next."""
        announcement, self._announcement = self._announcement, None
        if announcement is not None and not announcement.played.done():
            announcement.played.set_result(to_its_end)
        held, self._held = self._held, []
        for sound in held:
            self._queue(sound)

    def _queue(self, pcm: bytes) -> None:
        self._sounds += 1
        self._queued.set()
        self._speaker.play(pcm)
