"""Words of the hub's own, said aloud without a Live server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from hubd.events import Event
from hubd.ports import OfflineVoice
from hubd.wishes import Announced, Ending, Sign

# The conversation gives one at a time; there are more only while one that was silenced is being made into sound.
_MOST: Final = 8

logger = logging.getLogger(__name__)


class Mouth(Protocol):
    """The speaker's stage."""

    async def announce(self, pcm: bytes, sign: Sign | None, volume: int | None) -> bool:
        """Play a sign, then speech at 24 kHz; return whether that was played to its end. volume: as in say()."""
        ...

    def silence(self) -> None:
        """Cut that."""
        ...


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be said."""

    number: int
    text: str
    sign: Sign | None
    volume: int | None


class Announce:
    """Says texts one after the other; for each that is given an Announced is posted, whatever becomes of it.

    voice: None where there is none. position: where the microphone's sound is, in the uplink.
    """

    def __init__(
        self, voice: OfflineVoice | None, mouth: Mouth, *, post: Callable[[Event], None], position: Callable[[], int]
    ) -> None:
        self._voice = voice
        self._mouth = mouth
        self._post = post
        self._position = position
        self._orders: asyncio.Queue[_Order] = asyncio.Queue(_MOST)
        self._last = 0
        self._silenced = 0

    def say(self, number: int, text: str, sign: Sign | None, volume: int | None = None) -> None:
        """Play a sign, then say a text; returns at once. Either may be missing. Numbers rise.

        volume: percent; None for as loud as everything.
        """
        self._last = number
        try:
            self._orders.put_nowait(_Order(number, text, sign, volume))
        except asyncio.QueueFull:
            logger.warning("too much to say at once; left out: an announcement")
            self._over(number, Ending.UNSPEAKABLE)

    def silence(self) -> None:
        """Cut what is being said; what was given before is not said any more."""
        self._silenced = self._last
        self._mouth.silence()

    async def run(self) -> None:
        """Say what there is to say, until cancelled."""
        while True:
            order = await self._orders.get()
            self._over(order.number, await self._say(order))

    async def _say(self, order: _Order) -> Ending:
        pcm = await self._sound(order.text) if order.text and order.number > self._silenced else b""
        if order.number <= self._silenced or not await self._mouth.announce(pcm, order.sign, order.volume):
            return Ending.CUT
        return Ending.PLAYED if pcm or not order.text else Ending.UNSPEAKABLE

    async def _sound(self, text: str) -> bytes:
        return b"" if self._voice is None else await asyncio.to_thread(self._voice.speak, text)

    def _over(self, number: int, ending: Ending) -> None:
        self._post(Announced(number, ending, self._position()))
