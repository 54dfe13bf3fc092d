"""A Live server on loopback that keeps what it hears, and answers as a test says."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from pydantic import JsonValue
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES
from hubd.live import codec
from hubd.live.content import Blob, Content, Part
from hubd.live.messages import (
    ClientMessage,
    FunctionCall,
    ServerContent,
    ServerMessage,
    SessionResumptionUpdate,
    SetupComplete,
    ToolCall,
)

# What has not come after so many seconds will not come: far longer than a busy computer needs.
DEADLINE: Final = 60.0
# As much as the service sends at once (``live-protocol.md`` 7.1 speaks of frames of a fraction of a second).
_PIECE: Final = DOWNLINK_RATE * SAMPLE_BYTES // 5


@dataclass(frozen=True, slots=True)
class Mark:
    """An activity mark; position counts the sound before it, samples at 16 kHz."""

    name: str
    position: int


@dataclass(slots=True, eq=False)
class Visit:
    """One connection, as the server saw it.

    frames: every frame as it came, with messages: the same, read strictly. audio: every byte of sound, in order.
    marks: the activity marks among it. over: whether the client is gone.
    """

    _connection: ServerConnection
    frames: list[str] = field(default_factory=list)
    messages: list[ClientMessage] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    marks: list[Mark] = field(default_factory=list)
    over: bool = False
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def samples(self) -> int:
        """How much sound came, samples at 16 kHz."""
        return len(self.audio) // SAMPLE_BYTES

    @property
    def declarations(self) -> list[dict[str, JsonValue]]:
        """The function declarations, as they stand in the set-up frame."""
        setup = json.loads(self.frames[0])["setup"]
        return [function for tool in setup["tools"] for function in tool["functionDeclarations"]]

    @property
    def tool_responses(self) -> list[dict[str, JsonValue]]:
        """The function responses, as they stand in their frames."""
        bodies = [json.loads(frame) for frame in self.frames]
        return [each for body in bodies for each in body.get("toolResponse", {}).get("functionResponses", ())]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when the condition is met; it is looked at after each frame, and when the client is gone."""
        async with asyncio.timeout(DEADLINE), self._changed:
            await self._changed.wait_for(condition)

    async def send(self, message: ServerMessage) -> None:
        """Send a frame, binary as the service does; one to a client that is gone is lost."""
        with contextlib.suppress(ConnectionClosed):  # the client has left
            await self._connection.send(codec.encode(message).encode())

    async def call(self, *calls: FunctionCall) -> None:
        """Ask for functions."""
        await self.send(ServerMessage(tool_call=ToolCall(function_calls=calls)))

    async def say(self, pcm: bytes) -> None:
        """Say sound (signed 16-bit mono at 24 kHz) as one turn."""
        for start in range(0, len(pcm), _PIECE):
            blob = Blob(mime_type=f"audio/pcm;rate={DOWNLINK_RATE}", data=pcm[start : start + _PIECE])
            turn = Content(role="model", parts=(Part(inline_data=blob),))
            await self.send(ServerMessage(server_content=ServerContent(model_turn=turn)))
        await self.send(ServerMessage(server_content=ServerContent(generation_complete=True)))
        await self.end_turn()

    async def end_turn(self) -> None:
        """End the turn."""
        await self.send(ServerMessage(server_content=ServerContent(turn_complete=True)))

    def cut(self) -> None:
        """Break the connection off, as a network does."""
        self._connection.transport.abort()

    def stall(self) -> None:
        """Read nothing from now on, and answer no ping: half open, as a connection is whose other end lost power."""
        self._connection.transport.pause_reading()

    async def issue(self, handle: str) -> None:
        """Issue a handle from which the session can be resumed."""
        update = SessionResumptionUpdate(new_handle=handle, resumable=True)
        await self.send(ServerMessage(session_resumption_update=update))

    @property
    def handle(self) -> str:
        """The handle that the set-up goes on from; empty for a fresh session."""
        setup = self.messages[0].setup
        assert setup is not None
        assert setup.session_resumption is not None
        return setup.session_resumption.handle

    async def record(self) -> None:
        """Take what the client sends until it is gone; raises RemoteProtocolError for what the service would refuse."""
        try:
            async for frame in self._connection:
                text = frame if isinstance(frame, str) else frame.decode()
                await self._take(text, codec.decode_client(frame))
        except ConnectionClosed:
            pass
        finally:
            async with self._changed:
                self.over = True
                self._changed.notify_all()

    async def _take(self, text: str, message: ClientMessage) -> None:
        async with self._changed:
            self.frames.append(text)
            self.messages.append(message)
            if (sound := message.realtime_input) is not None:
                if sound.audio is not None:
                    assert sound.audio.mime_type == "audio/pcm;rate=16000"
                    self.audio += sound.audio.data
                if sound.activity_start is not None:
                    self.marks.append(Mark("start", self.samples))
                if sound.activity_end is not None:
                    self.marks.append(Mark("end", self.samples))
            self._changed.notify_all()


Script = Callable[[Visit], Awaitable[None]]


async def at_once() -> None:
    """Wait for nothing."""


async def silence(_visit: Visit) -> None:
    """Answer nothing."""


class LiveServer:
    """Listens while it is entered; url is its base address, visits are its connections, oldest first.

    script: is run on each connection once it is set up. upgraded, set_up: are awaited before the upgrade, and before
    setupComplete. A frame that the service would refuse, or a script that fails, fails the block.
    """

    def __init__(
        self,
        script: Script = silence,
        *,
        upgraded: Callable[[], Awaitable[None]] = at_once,
        set_up: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        self._script = script
        self._upgraded = upgraded
        self._set_up = set_up
        self._stack = contextlib.AsyncExitStack()
        self._faults: list[Exception] = []
        self._came = asyncio.Condition()
        self.dialled = asyncio.Event()
        self.visits: list[Visit] = []
        self.url = ""

    async def __aenter__(self) -> Self:
        server = await self._stack.enter_async_context(
            serve(self._serve, "127.0.0.1", 0, process_request=self._upgrade, close_timeout=1, compression=None)
        )
        self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        if self._faults and error is None:
            raise ExceptionGroup("the client or the script was wrong", self._faults)

    async def visit(self, number: int = 0) -> Visit:
        """Return a connection once it is set up, the oldest first."""
        async with asyncio.timeout(DEADLINE), self._came:
            await self._came.wait_for(lambda: len(self.visits) > number)
        return self.visits[number]

    async def _upgrade(self, _connection: ServerConnection, _request: Request) -> Response | None:
        self.dialled.set()
        await self._upgraded()
        return None

    async def _serve(self, connection: ServerConnection) -> None:
        visit = Visit(connection)
        recording = asyncio.create_task(visit.record(), name="recording")
        try:
            await visit.until(lambda: bool(visit.messages) or visit.over)
            if visit.over:
                return
            assert visit.messages[0].setup is not None, "the first frame is no set-up"
            await self._set_up()
            async with self._came:
                self.visits.append(visit)
                self._came.notify_all()
            await visit.send(ServerMessage(setup_complete=SetupComplete()))
            await self._script(visit)
            await recording
        except Exception as fault:
            self._faults.append(fault)
            raise
        finally:
            recording.cancel()
            (outcome,) = await asyncio.gather(recording, return_exceptions=True)
            if isinstance(outcome, Exception) and outcome not in self._faults:
                self._faults.append(outcome)
