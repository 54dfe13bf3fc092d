"""hubd's client in the bench: URL, minutes of sound.

It gives back what the imports took, as the hub does before it listens.
"""

from __future__ import annotations

import time

BEGAN = (time.perf_counter(), time.process_time())

# ruff: noqa: E402 -- the imports are what is measured
from hubd.edges.memory import give_back
from hubd.edges.websockets_link import WebsocketsLink, connect
from hubd.events import Backend, LinkReady, ModelAudio, TurnComplete
from hubd.live.declarations import FunctionDeclaration
from hubd.live.models import endpoint
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings

IMPORTED = (time.perf_counter() - BEGAN[0], time.process_time() - BEGAN[1])

import asyncio
import sys

from scripts.benches.live_house import DECLARATIONS, INSTRUCTION, MODEL, VOICE
from scripts.benches.measuring import measure, report

SETTINGS = SessionSettings(MODEL, system_instruction=INSTRUCTION, voice=VOICE)
# Its text is put together at the first connect, and kept until the house changes, as the hub keeps it.
OPENING = Opening(SETTINGS, [FunctionDeclaration.read(each) for each in DECLARATIONS])


class Key:
    """A key, as the daemon has one."""

    def get_secret_value(self) -> str:
        """Return the key."""
        return "no-key"


class Hubd:
    """A session of hubd's, as its line holds one."""

    def __init__(self, link: WebsocketsLink) -> None:
        self._link = link
        self._frames = link.messages()
        self._session = LiveSession(OPENING, None, Backend.GEMINI)

    async def set_up(self) -> None:
        """Send the set-up; return when it is complete."""
        await self._flush()
        while not any(isinstance(event, LinkReady) for event in self._session.receive(await anext(self._frames))):
            pass

    async def say(self, pcm: bytes) -> None:
        """Send a piece of sound."""
        self._session.send_audio(pcm)
        await self._flush()

    async def ask(self, text: str) -> int:
        """Send text; return how many bytes of sound came before the turn was complete."""
        self._session.send_text(text)
        await self._flush()
        heard = 0
        while True:
            for event in self._session.receive(await anext(self._frames)):
                if isinstance(event, ModelAudio):
                    heard += len(event.pcm)
                elif isinstance(event, TurnComplete):
                    return heard

    async def close(self) -> None:
        """End the session."""
        await self._link.close()

    async def _flush(self) -> None:
        for text in self._session.data_to_send():
            await self._link.send(text)


async def main(url: str, minutes: str) -> None:
    """Measure."""
    give_back()

    async def open_session() -> Hubd:
        client = Hubd(await connect(endpoint(url.replace("https:", "wss:"), "v1beta"), Key()))
        await client.set_up()
        return client

    found = await measure(open_session, int(minutes))
    report({"import_s": [IMPORTED[0]], "import_cpu_s": [IMPORTED[1]], **found})


asyncio.run(main(*sys.argv[1:]))
