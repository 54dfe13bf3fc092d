"""The Live server of the path: as little as a server can do, so that what is seen of it is the client.

Usage: path_server.py CERTIFICATE KEY SCENARIO NUMBER; prints its port. Most scenarios end with a line, JSON:

calls: asks for NUMBER functions, one after the other: how long each took from here, ms.
sound: speaks NUMBER times, and interrupts itself each time: nothing.
set-up: takes NUMBER ms to set up, for each connection, and ends each conversation that is spoken into: never.
talk: hisses without pause until it is spoken to, again and again; with NUMBER 1 it tells a story instead: never.
request: NUMBER ms after the end of speech it asks for the lamp, NUMBER ms after the answer it says something; a line,
JSON, each time: nothing.
converse: speaks for six seconds whenever it has heard twelve more: never.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import random
import ssl
import sys
import time
from functools import cache
from typing import Any, Final

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from hubd.offline.espeak_voice import EspeakVoice
from scripts.benches.voices import STORY

TURN_COMPLETE: Final = b'{"serverContent":{"turnComplete":true}}'
GENERATION_COMPLETE: Final = b'{"serverContent":{"generationComplete":true}}'
# Blanks make it longer than anything else but sound: where it was read, its size tells what it was.
INTERRUPTED: Final = b'{"serverContent":{"interrupted":true}}' + b" " * 200
FUNCTION: Final = "set_lamp"
# Frames of sound before each interruption, of 40 ms, one every 15 ms; the service is ahead of the speaker as well.
FRAMES: Final = 5
_FRAME_BYTES: Final = 1920
_PACE: Final = 0.015
_SETTLES: Final = 0.5
# Between two calls a hub has time to fall asleep, as in life, s.
_PAUSE: Final = (0.015, 0.025)
_UNCOUNTED: Final = 10
_LEAD: Final = 0.5
_SAID_ON_REQUEST: Final = 25
# Of a conversation in turns: bytes of sound heard for each turn of the server's, frames of 200 ms in that turn.
_HEARD_A_TURN: Final = 12 * 32_000
_SAID_A_TURN: Final = 30


def sound(size: int) -> bytes:
    """Return a frame with so many bytes of sound: noise-like, as the service sends them."""
    return frame_of(bytes((n * 7919) % 251 for n in range(size)))


def frame_of(pcm: bytes) -> bytes:
    """Return a frame with this sound."""
    part = {"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(pcm).decode()}}
    frame = {"serverContent": {"modelTurn": {"role": "model", "parts": [part]}}}
    return json.dumps(frame, separators=(",", ":")).encode()


def call(number: int, function: str = FUNCTION, **arguments: Any) -> bytes:
    """Return a frame that asks for a function."""
    asked = {"name": function, "id": f"call-{number}", "args": arguments}
    return json.dumps({"toolCall": {"functionCalls": [asked]}}, separators=(",", ":")).encode()


@cache
def _story() -> list[bytes]:
    pcm = EspeakVoice(words_per_minute=130).speak(STORY)
    return [frame_of(pcm[start : start + _FRAME_BYTES]) for start in range(0, len(pcm), _FRAME_BYTES)]


def _sound_in(text: str) -> bytes:
    """Return the sound of a frame; Google's client writes it in the alphabet for addresses."""
    body = json.loads(text)
    content = body.get("realtimeInput") or body.get("realtime_input") or {}
    return base64.urlsafe_b64decode((content.get("audio") or {}).get("data", ""))


class Visit:
    """One client.

    heard_at, silent_at: when it last sent sound, and when silence. heard: how many bytes of either. ended: how often it
    marked the end of speech. answered: how many functions it carried out.
    """

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self.answered = 0
        self.heard_at = 0.0
        self.silent_at = 0.0
        self.heard = 0
        self.ended = 0
        self.changed = asyncio.Event()

    async def send(self, frame: bytes) -> None:
        """Send a frame."""
        await self._connection.send(frame)

    async def read(self) -> None:
        """Take what comes until the client goes."""
        async for frame in self._connection:
            text = frame if isinstance(frame, str) else frame.decode()
            if text.startswith(('{"toolResponse"', '{"tool_response"')):
                self.answered += 1
            elif '"activityEnd"' in text:
                self.ended += 1
            elif '"audio"' in text:
                self._hear(_sound_in(text))
            else:
                continue
            self.changed.set()

    def _hear(self, pcm: bytes) -> None:
        self.heard += len(pcm)
        if any(pcm):
            self.heard_at = time.monotonic()
        else:
            self.silent_at = time.monotonic()

    async def until_answered(self, count: int) -> None:
        """Return once so many functions were answered."""
        while self.answered < count:
            self.changed.clear()
            await self.changed.wait()

    async def until_heard(self, since: float) -> None:
        """Return once sound came."""
        while self.heard_at <= since:
            self.changed.clear()
            await self.changed.wait()


async def calls(visit: Visit, count: int) -> None:
    """Ask for functions."""
    took = []
    await asyncio.sleep(_SETTLES)  # what a client does once after its set-up is not what is measured
    for number in range(count + _UNCOUNTED):
        await asyncio.sleep(random.uniform(*_PAUSE))  # noqa: S311 -- spreads calls, hides nothing
        frame = call(number, level=number % 100)
        began = time.perf_counter()
        await visit.send(frame)
        await visit.until_answered(number + 1)
        took.append((time.perf_counter() - began) * 1000)
    print(json.dumps(took[_UNCOUNTED:]), flush=True)


async def speak_and_stop(visit: Visit, count: int) -> None:
    """Speak, and interrupt itself."""
    frame = sound(_FRAME_BYTES)
    await asyncio.sleep(_SETTLES)  # what a client does once after its set-up is not what is measured
    for _ in range(count):
        for _ in range(FRAMES):
            await visit.send(frame)
            await asyncio.sleep(_PACE)
        for each in (INTERRUPTED, TURN_COMPLETE):
            await visit.send(each)
            await asyncio.sleep(_PACE)
    print(json.dumps({}), flush=True)


async def end_when_spoken_to(visit: Visit, _milliseconds: int) -> None:
    """End the conversation as soon as somebody speaks."""
    await visit.until_heard(0.0)
    await asyncio.sleep(0.2)  # some more frames come, so that the conversation is one before it ends
    await visit.send(call(time.monotonic_ns(), "end_conversation"))
    await visit.until_answered(1)
    await visit.send(TURN_COMPLETE)


async def talk(visit: Visit, number: int) -> None:
    """Speak until spoken to, then be silent for a moment, again and again.

    While it speaks hubd sends silence: whatever else was on its way before that does not count.
    """
    loop = asyncio.get_running_loop()
    frames = itertools.cycle(_story() if number else [sound(_FRAME_BYTES)])
    while True:
        began, ahead = loop.time(), -_LEAD
        since = time.monotonic()
        while not since < visit.silent_at < visit.heard_at:
            while ahead < loop.time() - began:
                await visit.send(next(frames))
                ahead += _FRAME_BYTES / 48_000
            await asyncio.sleep(_PACE)
        for each in (INTERRUPTED, TURN_COMPLETE):
            await visit.send(each)
        await asyncio.sleep(_SETTLES)  # the silence in which the speaker's fall is found in the recording


async def one_request(visit: Visit, milliseconds: int) -> None:
    """Hear a request, have it carried out, say so, and end the conversation."""
    answer = _story()[:_SAID_ON_REQUEST]
    while not visit.ended:
        visit.changed.clear()
        await visit.changed.wait()
    await asyncio.sleep(milliseconds / 1000)
    # A call's id is unlike all others for as long as a session may be resumed.
    await visit.send(call(time.monotonic_ns()))
    await visit.until_answered(1)
    await asyncio.sleep(milliseconds / 1000)
    for frame in answer:
        await visit.send(frame)
    for each in (GENERATION_COMPLETE, TURN_COMPLETE):
        await visit.send(each)
    await asyncio.sleep(_SAID_ON_REQUEST * _FRAME_BYTES / 48_000 + _LEAD)
    await visit.send(call(time.monotonic_ns(), "end_conversation"))
    await visit.until_answered(2)
    await visit.send(TURN_COMPLETE)
    print(json.dumps({}), flush=True)


async def converse(visit: Visit, _count: int) -> None:
    """Take turns with a person who talks without end."""
    frame, turns = sound(9_600), 0
    while True:
        turns += 1
        while visit.heard < turns * _HEARD_A_TURN:
            visit.changed.clear()
            await visit.changed.wait()
        for _ in range(_SAID_A_TURN):
            await visit.send(frame)
        for each in (GENERATION_COMPLETE, TURN_COMPLETE):
            await visit.send(each)


SCENARIOS: Final = {
    "calls": calls,
    "sound": speak_and_stop,
    "set-up": end_when_spoken_to,
    "talk": talk,
    "request": one_request,
    "converse": converse,
}


async def main(certificate: str, key: str, scenario: str, number: int) -> None:
    """Listen on loopback until killed."""

    async def serve_one(connection: ServerConnection) -> None:
        visit = Visit(connection)
        with contextlib.suppress(ConnectionClosed):  # the client has left
            await connection.recv()
            if scenario == "set-up":
                await asyncio.sleep(number / 1000)
            await connection.send(b'{"setupComplete":{}}')
            async with asyncio.TaskGroup() as tasks:
                reading = tasks.create_task(visit.read())
                with contextlib.suppress(ConnectionClosed):  # the same
                    await SCENARIOS[scenario](visit, number)
                    await reading
                reading.cancel()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serve(serve_one, "127.0.0.1", 0, ssl=context, compression=None, max_size=2**24) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
