"""A Live server on loopback, for when there is no internet."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from types import TracebackType
from typing import Final, Generic, Self, TypeVar, assert_never

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hubd.live import codec
from hubd.offline.effects import Close, Prepare, Recognise, Send, Speak
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.grammar import Grammar
from hubd.offline.host import Host
from hubd.offline.memory import Handles
from hubd.offline.recognizer_link import RecognizerLink

_logger = logging.getLogger(__name__)

# ``live-protocol.md`` 1.
_PATH: Final = re.compile(
    r"/ws/google\.ai\.generativelanguage\.(?:v1beta|v1|v1alpha)\.GenerativeService\.BidiGenerateContent(?:\?.*)?"
)
_MAX_SIZE: Final = 16 * 2**20
# A minute of speech is 300 frames; a client that lets more pile up reads nothing.
_MOST_UNSENT: Final = 2_000
_LONGEST_REASON: Final = 123  # bytes (RFC 6455, 5.5)

_Item = TypeVar("_Item")


class OfflineServer:
    """Speaks the Gemini Live protocol on loopback; ``url`` is its base address while it is entered.

    host: an address of this machine's loopback; anything else is a ValueError. port: 0 for any that is free.
    on_audio: called with each piece of sound as it arrives; on_sent: with each frame that is sent.
    Raises MissingPartError if pocketsphinx or espeak-ng is not installed, OSError if the port is taken.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        on_audio: Callable[[bytes], None] | None = None,
        on_sent: Callable[[str], None] | None = None,
    ) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise ValueError(f"{host} is not a loopback address: the offline server is for this machine alone")
        self._address = (host, port)
        self._on_audio = on_audio
        self._on_sent = on_sent
        self._voice = EspeakVoice()
        self._recognizer = RecognizerLink(self._voice)
        self._handles = Handles()
        self._stack = AsyncExitStack()
        self.url = ""

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self._recognizer)
            host, port = self._address
            server = await stack.enter_async_context(
                serve(self._serve, host, port, process_request=_check_path, max_size=_MAX_SIZE, compression=None)
            )
            self.url = _url(server)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _serve(self, connection: ServerConnection) -> None:
        host = Host(self._handles, on_audio=self._on_audio)
        await _Conversation(connection, host, self._recognizer, self._voice, self._on_sent).run()


class _Newest(Generic[_Item]):
    """A place for one item: a new one takes the place of the one before."""

    def __init__(self) -> None:
        self._item: _Item | None = None
        self._there = asyncio.Event()

    def put(self, item: _Item) -> None:
        self._item = item
        self._there.set()

    async def get(self) -> _Item:
        while self._item is None:
            self._there.clear()
            await self._there.wait()
        item, self._item = self._item, None
        return item


class _Conversation:
    """One connection: carries out what its host asks for."""

    def __init__(
        self,
        connection: ServerConnection,
        host: Host,
        recognizer: RecognizerLink,
        voice: EspeakVoice,
        on_sent: Callable[[str], None] | None,
    ) -> None:
        self._connection = connection
        self._host = host
        self._recognizer = recognizer
        self._voice = voice
        self._on_sent = on_sent
        self._grammar: Grammar | None = None
        self._unsent: asyncio.Queue[Send | Close] = asyncio.Queue(_MOST_UNSENT)
        self._utterances: _Newest[Prepare | Recognise] = _Newest()
        self._texts: _Newest[Speak] = _Newest()
        self._moved = asyncio.Event()

    async def run(self) -> None:
        """Serve until the connection ends."""
        async with asyncio.TaskGroup() as tasks:
            helpers = [tasks.create_task(each) for each in (self._send(), self._listen(), self._speak(), self._wait())]
            try:
                async for frame in self._connection:
                    self._host.receive(frame)
                    self._carry_out()
            except ConnectionClosed:
                _logger.debug("the client is gone without a word")
            finally:
                for helper in helpers:
                    helper.cancel()

    def _carry_out(self) -> None:
        """Hand each effect to the task that does it."""
        for effect in self._host.effects():
            match effect:
                case Send() | Close():
                    self._queue(effect)
                case Prepare(grammar):
                    self._grammar = grammar
                    self._utterances.put(effect)
                case Recognise():
                    self._utterances.put(effect)
                case Speak():
                    self._texts.put(effect)
                case _:
                    assert_never(effect)
        self._moved.set()

    def _queue(self, effect: Send | Close) -> None:
        try:
            self._unsent.put_nowait(effect)
        except asyncio.QueueFull:
            self._connection.transport.abort()

    async def _send(self) -> None:
        while True:
            match await self._unsent.get():
                case Send(message):
                    text = codec.encode(message)
                    try:
                        await self._connection.send(text.encode())
                    except ConnectionClosed:
                        return
                    if self._on_sent is not None:
                        self._on_sent(text)
                case Close(code, reason):
                    await self._connection.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))
                    return

    async def _listen(self) -> None:
        while True:
            wanted = await self._utterances.get()
            if self._grammar is None:
                continue
            match wanted:
                case Prepare(grammar):
                    await self._recognizer.prepare(grammar.arcs)
                case Recognise(number, pcm):
                    words = await self._recognizer.recognise(self._grammar.arcs, pcm)
                    self._host.recognised(number, words)
                    self._carry_out()

    async def _speak(self) -> None:
        while True:
            wanted = await self._texts.get()
            pcm = await asyncio.to_thread(self._voice.speak, wanted.text)
            self._host.voiced(wanted.number, pcm, time.monotonic())
            self._carry_out()

    async def _wait(self) -> None:
        """Wake the host at its deadline, which every effect may move."""
        while True:
            deadline = self._host.deadline
            self._moved.clear()
            try:
                async with asyncio.timeout_at(deadline):
                    await self._moved.wait()
            except TimeoutError:
                self._host.wake(time.monotonic())
                self._carry_out()


def _check_path(connection: ServerConnection, request: Request) -> Response | None:
    if _PATH.fullmatch(request.path) is not None:
        return None
    return connection.respond(HTTPStatus.NOT_FOUND, "Not Found\n")


def _url(server: Server) -> str:
    address, port, *_ = next(iter(server.sockets)).getsockname()
    return f"ws://[{address}]:{port}" if ":" in address else f"ws://{address}:{port}"
