"""The bench's floor: URL, minutes of sound. What websockets, TLS and asyncio take, whoever builds on them.

It sends what hubd's client sends, goes on with the TLS session of the last connection, and looks into nothing that it
receives.
"""

from __future__ import annotations

import time

BEGAN = (time.perf_counter(), time.process_time())

# ruff: noqa: E402 -- the imports are what is measured
import asyncio
import base64
import functools
import json
import ssl

from websockets.asyncio.client import ClientConnection, connect

IMPORTED = (time.perf_counter() - BEGAN[0], time.process_time() - BEGAN[1])

import sys

from hubd.edges.tls_trust import Trust
from scripts.benches.live_house import DECLARATIONS, INSTRUCTION, MODEL
from scripts.benches.measuring import measure, report

TOOLS = [{"functionDeclarations": DECLARATIONS}]
INSTRUCTIONS = {"parts": [{"text": INSTRUCTION}]}
SETUP = json.dumps({"setup": {"model": f"models/{MODEL}", "tools": TOOLS, "systemInstruction": INSTRUCTIONS}})
SOUND = '{"realtimeInput":{"audio":{"mimeType":"audio/pcm;rate=16000","data":"%s"}}}'


@functools.cache
def trust() -> Trust:
    """Return whom to trust, read at the first connect as the clients do."""
    return Trust(ssl.PROTOCOL_TLS_CLIENT)


class Bare:
    """A connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def say(self, pcm: bytes) -> None:
        """Send a piece of sound."""
        await self._connection.send(SOUND % base64.b64encode(pcm).decode())

    async def ask(self, text: str) -> int:
        """Send text; return how many bytes of sound came before the turn was complete."""
        await self._connection.send(json.dumps({"realtimeInput": {"text": text}}))
        heard = 0
        while (frame := await self._connection.recv(decode=False)) and b"turnComplete" not in frame:
            heard += 9_600
        return heard

    async def close(self) -> None:
        """End the connection."""
        trust().keep(self._connection.transport.get_extra_info("ssl_object"))
        await self._connection.close()


async def main(url: str, minutes: str) -> None:
    """Measure."""

    async def open_session() -> Bare:
        address = url.replace("https:", "wss:")
        connection = await connect(address, ssl=trust(), compression=None, proxy=None, max_size=2**24)
        await connection.send(SETUP)
        await connection.recv()
        return Bare(connection)

    found = await measure(open_session, int(minutes))
    report({"import_s": [IMPORTED[0]], "import_cpu_s": [IMPORTED[1]], **found})


asyncio.run(main(*sys.argv[1:]))
