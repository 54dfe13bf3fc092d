"""Google's own Live client, driven from a test."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Final

from hubd.audio.pcm import UPLINK_RATE, bytes_of
from tests.oracles.reading import ORACLE_PYTHON

_PROGRAM: Final = Path(__file__).with_name("google_talk.py")
# What has not come after so many seconds will not come: far longer than a busy computer needs.
DEADLINE: Final = 60.0
_FRAME: Final = bytes_of(40, UPLINK_RATE)
_LINE: Final = 2**24

Message = dict[str, Any]  # as JSON, looked into by key


def make_certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """Return a certificate for 127.0.0.1 that vouches for itself, with the server's context for it."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl is missing: run  scripts/setup test"
    command = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"]
    subprocess.run([*command, "-keyout", "key.pem", "-out", "cert.pem"], cwd=folder, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return folder / "cert.pem", context


@contextlib.asynccontextmanager
async def behind_tls(url: str, context: ssl.SSLContext) -> AsyncIterator[str]:
    """Yield the https address of a server on loopback: google-genai talks to no other."""
    host, port = url.removeprefix("ws://").rsplit(":", 1)
    ends: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(host, int(port))
        ends.update((writer, inner_writer))
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # either end may go first
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        for end in ends:
            end.close()
    for end in ends:
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # the other end is gone
            await end.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(2**16):
        writer.write(data)
        await writer.drain()
    writer.close()


class GoogleClient:
    """A process with google-genai in it; messages are those of the session that is open, or was last.

    A message is what google-genai made of a frame: names in snake_case, bytes as base64, nothing that is unset.
    """

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.messages: list[Message] = []

    async def open(self, **config: object) -> None:
        """Connect; config is google-genai's LiveConnectConfig."""
        self.messages.clear()
        await self._command("connect", {"response_modalities": ["AUDIO"], **config})
        assert await self._next() == ["opened", None]

    async def close(self) -> None:
        """End the session."""
        await self._command("close")
        while (await self._next())[0] != "closed":
            pass

    async def text(self, text: str) -> None:
        """Type."""
        await self._command("text", text)

    async def content(self, text: str) -> None:
        """Type, as a turn of the history that wants an answer."""
        await self._command("content", text)

    async def sound(self, pcm: bytes) -> None:
        """Speak (signed 16-bit mono at 16 kHz)."""
        for start in range(0, len(pcm), _FRAME):
            await self._command("audio", base64.b64encode(pcm[start : start + _FRAME]).decode())

    async def pause(self) -> None:
        """Say that the microphone pauses."""
        await self._command("audio")

    async def mark(self, end: str) -> None:
        """Mark the start or the end of speech."""
        await self._command("activity", end)

    async def answer(self, *responses: Message) -> None:
        """Answer calls; each as google-genai's FunctionResponse."""
        await self._command("answer", list(responses))

    async def until(self, comes: Callable[[Message], object]) -> Message:
        """Return the first message from now on of which this is true."""
        while True:
            kind, what = await self._next()
            assert kind == "message", what
            self.messages.append(what)
            if comes(what):
                return dict(what)

    async def turn(self) -> list[Message]:
        """Return the messages up to the next end of a turn."""
        begin = len(self.messages)
        await self.until(lambda message: message.get("server_content", {}).get("turn_complete"))
        return self.messages[begin:]

    async def call(self) -> Message:
        """Return the next function call, the only one of its message."""
        message = await self.until(lambda message: "tool_call" in message)
        (call,) = message["tool_call"]["function_calls"]
        return dict(call)

    async def _command(self, name: str, argument: object = None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, argument]).encode() + b"\n")
        await self._process.stdin.drain()

    async def _next(self) -> list[Any]:
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            line = await self._process.stdout.readline()
        assert line, "google-genai's process has ended"
        return list(json.loads(line))


@contextlib.asynccontextmanager
async def google_client(
    url: str, certificate: Path, model: str = "gemini-3.8-live", *, key: str = "no-key"
) -> AsyncIterator[GoogleClient]:
    """Yield Google's client, which will dial this https address with this key."""
    process = await asyncio.create_subprocess_exec(
        *(ORACLE_PYTHON, "-I", _PROGRAM, url, model),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "SSL_CERT_FILE": str(certificate), "GEMINI_API_KEY": key},
        limit=_LINE,
    )
    try:
        yield GoogleClient(process)
    finally:
        process.kill()
        await process.communicate()
