"""The Live server that both clients of the bench talk to: as little as a server can do.

Usage: live_server.py CERTIFICATE KEY; prints its port. It answers a set-up with setupComplete, and a text: ``heard?``
with a turnComplete once all sound before it has come, ``speak SECONDS`` with so much sound in pieces of 200 ms.
"""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import sys

from websockets.asyncio.server import ServerConnection, serve

PIECE = 9_600  # bytes, 200 ms at 24 kHz
TURN_COMPLETE = b'{"serverContent":{"turnComplete":true}}'


def pieces(seconds: float) -> list[bytes]:
    """Return frames with so much sound: noise-like bytes, each as the service sends them."""
    pcm = bytes((n * 7919) % 251 for n in range(PIECE))
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(pcm).decode()}}
    frame = {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}
    return [json.dumps(frame, separators=(",", ":")).encode()] * round(seconds * 5)


async def serve_one(connection: ServerConnection) -> None:
    """Talk to one client until it goes."""
    await connection.recv()
    await connection.send(b'{"setupComplete":{}}')
    async for frame in connection:
        text = frame if isinstance(frame, str) else frame.decode()
        if '"text"' not in text:
            continue
        message = json.loads(text)
        wanted = (message.get("realtimeInput") or message["realtime_input"])["text"]
        if wanted.startswith("speak "):
            for piece in pieces(float(wanted.removeprefix("speak "))):
                await connection.send(piece)
        await connection.send(TURN_COMPLETE)


async def main(certificate: str, key: str) -> None:
    """Listen on loopback until killed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serve(serve_one, "127.0.0.1", 0, ssl=context, compression=None, max_size=2**24) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
