"""One connection of a Live server, carried out."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from typing import Final, Protocol, assert_never

from hubd.live import codec
from hubd.offline.effects import Break, Close, Ending, HoldPongs, Hush, Prepare, Recognise, Send, SendText, Speak
from hubd.offline.host import Host

_logger = logging.getLogger(__name__)

# A minute of speech is 300 frames; a client that lets more pile up reads nothing.
_MOST_UNSENT: Final = 2_000
_LONGEST_REASON: Final = 123  # bytes (RFC 6455, 5.5)

Outgoing = Send | SendText | HoldPongs | Ending
Sense = Prepare | Recognise | Speak


class Gone(Exception):  # noqa: N818 -- no error: clients go
    """The client is gone."""


class End(Protocol):
    """The server's end of a transport; open: whether it still stands."""

    @property
    def open(self) -> bool:
        """Whether neither side has closed it."""
        ...

    def frames(self) -> AsyncIterator[str | bytes]:
        """Yield what the client sends, until it is gone."""
        ...

    async def send(self, text: str) -> None:
        """Send a frame; raises Gone."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close it with a close frame."""
        ...

    def cut(self) -> None:
        """Close it without."""
        ...

    def hold(self, seconds: float | None) -> None:
        """Read nothing for so many seconds, None for ever."""
        ...


class Connection:
    """Runs a host over a transport until it ends.

    clock: the monotonic time, s, as the host is to see it; pace: how many of its seconds are one of the loop's. sense:
    takes what the host wants to know from speech, or have spoken. dress: turns each frame into what is sent instead.
    on_received, on_sent: take each frame that came or went; what they return happens right after it. on_ending: takes
    how the server ends the connection, if it does.
    """

    def __init__(  # noqa: PLR0913 -- the seams that a server needs
        self,
        end: End,
        host: Host,
        *,
        clock: Callable[[], float],
        pace: float = 1.0,
        sense: Callable[[Sense], None] | None = None,
        dress: Callable[[str], str] = str,
        on_received: Callable[[str | bytes], Outgoing | None] = lambda _frame: None,
        on_sent: Callable[[str], Outgoing | None] = lambda _text: None,
        on_ending: Callable[[Ending], None] = lambda _ending: None,
    ) -> None:
        self._end = end
        self._host = host
        self._clock = clock
        self._pace = pace
        self._sense = sense
        self._dress = dress
        self._on_received = on_received
        self._on_sent = on_sent
        self._on_ending = on_ending
        self._unsent: asyncio.Queue[Outgoing] = asyncio.Queue(_MOST_UNSENT)
        self._moved = asyncio.Event()
        self._over = False  # whether nothing is read or sent any more

    async def run(self) -> None:
        """Serve until the transport ends."""
        async with asyncio.TaskGroup() as tasks:
            helpers = [tasks.create_task(each) for each in (self._send(), self._wait())]
            try:
                async for frame in self._end.frames():
                    await self._receive(frame)
            except Gone:
                _logger.debug("the client is gone without a word")
            finally:
                self._over = True
                self._host.lost(self._clock())
                for helper in helpers:
                    helper.cancel()

    def carry_out(self) -> None:
        """Do what the host asks for; to be called after each call of the host."""
        for effect in self._host.effects():
            match effect:
                case Prepare() | Recognise() | Speak():
                    if self._sense is not None:
                        self._sense(effect)
                case _:
                    self._queue(effect)
        self._moved.set()

    async def _receive(self, frame: str | bytes) -> None:
        if self._over:
            return
        self._host.receive(frame, self._clock())
        fault = self._on_received(frame)
        if fault is not None:
            await self._do(fault)
        self.carry_out()

    def _queue(self, outgoing: Outgoing) -> None:
        try:
            self._unsent.put_nowait(outgoing)
        except asyncio.QueueFull:
            self._end.cut()

    async def _send(self) -> None:
        while True:
            outgoing: Outgoing | None = await self._unsent.get()
            while outgoing is not None and not self._over:
                outgoing = await self._do(outgoing)

    async def _do(self, outgoing: Outgoing) -> Outgoing | None:
        """Do it; return what happens right after it."""
        match outgoing:
            case Send() | SendText():
                text = self._dress(codec.encode(outgoing.message)) if isinstance(outgoing, Send) else outgoing.text
                try:
                    await self._end.send(text)
                except Gone:
                    self._over = True
                    return None
                return self._on_sent(text)
            case Close() | Break() | Hush():
                await self._leave(outgoing)
            case HoldPongs(seconds):
                self._end.hold(seconds / self._pace)
            case _:
                assert_never(outgoing)
        return None

    async def _leave(self, ending: Ending) -> None:
        self._over = True
        self._host.lost(self._clock())
        self._on_ending(ending)
        match ending:
            case Close(code, reason):
                await self._end.close(code, reason.encode()[:_LONGEST_REASON].decode(errors="ignore"))
            case Break():
                self._end.cut()
            case Hush():
                self._end.hold(None)
            case _:
                assert_never(ending)

    async def _wait(self) -> None:
        """Wake the host at its deadline, which every effect may move."""
        while True:
            deadline = self._host.deadline
            self._moved.clear()
            wait = None if deadline is None else max(0.0, deadline - self._clock()) / self._pace
            try:
                async with asyncio.timeout(wait):
                    await self._moved.wait()
            except TimeoutError:
                self._host.wake(self._clock())
                self.carry_out()
