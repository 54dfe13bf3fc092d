"""Words of the hub's own, said aloud without a Live server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from hubd.ports import OfflineVoice

# Who has so much to say at once says the rest never.
_MOST: Final = 4

logger = logging.getLogger(__name__)


class Announce:
    """Says texts one after the other.

    voice: None where there is none; the texts are then for the log alone. play: takes sound at 24 kHz, signed 16-bit
    little-endian mono.
    """

    def __init__(self, voice: OfflineVoice | None, *, play: Callable[[bytes], None]) -> None:
        self._voice = voice
        self._play = play
        self._texts: asyncio.Queue[str] = asyncio.Queue(_MOST)

    def say(self, text: str) -> None:
        """Say a text when those before it are said; returns at once."""
        try:
            self._texts.put_nowait(text)
        except asyncio.QueueFull:
            logger.warning("too much to say at once; left out: an announcement")

    async def run(self) -> None:
        """Say what there is to say, until cancelled."""
        while True:
            text = await self._texts.get()
            if self._voice is None:
                continue
            if pcm := await asyncio.to_thread(self._voice.speak, text):
                self._play(pcm)
