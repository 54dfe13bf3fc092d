"""One Live connection, from dialling to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeVar

from hubd.errors import HubdError, LinkError, RemoteProtocolError
from hubd.events import (
    Backend,
    Event,
    HandleIssued,
    HeardText,
    LinkReady,
    ModelAudio,
    SaidText,
    TokensUsed,
    ToolsAsked,
    TurnComplete,
)
from hubd.live.failures import Phase
from hubd.live.mouth import Mouth
from hubd.ports import LiveLink

Post = Callable[[Event], Awaitable[None]]
_E = TypeVar("_E", bound=HubdError)
_PROTOCOL_ERROR: Final = 1002
# What makes a session different from what its last handle holds.
_SAID: Final = (ModelAudio, SaidText, HeardText, ToolsAsked, TurnComplete)
# The microphone pauses when it brings nothing for so long (``live-protocol.md`` 4), s.
_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Server:
    """A Live server.

    dial: opens a link. make_mouth: a fresh session to say over it, going on from a handle if there is one.
    fingerprint: stands for what a session is set up with, as in hubd.continuation. setup_timeout: how long that may
    take once the link is open, s. ahead: whether a connection may be opened before anybody is sure to want it.
    """

    backend: Backend
    dial: Callable[[], Awaitable[LiveLink]]
    make_mouth: Callable[[str | None], Mouth]
    fingerprint: Callable[[], str]
    setup_timeout: float = 15.0
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Calls:
    """What a connection calls as it goes.

    sent: once the handle is with the server, for better or worse. ready: once the session is open, before anything else
    is said. handle: with each one that is issued. turn_over: with the end of each turn. post: with every event.
    """

    sent: Callable[[], None]
    ready: Callable[[Mouth], None]
    handle: Callable[[str], None]
    turn_over: Callable[[], None]
    post: Post


class Worth(Enum):
    """What was said over a connection: nothing yet, something that no handle holds yet, what the last handle holds."""

    BARREN = auto()
    UNSETTLED = auto()
    SETTLED = auto()


class Connection:
    """One try at a conversation with a server; used once.

    handle: where to go on from. left_off: as in Mouth. mouth: what to say things with; None while dialling.
    phase: how far it came. worth: what was said over it.
    """

    def __init__(self, server: Server, handle: str | None, left_off: int | None, calls: Calls) -> None:
        self._server = server
        self._handle = handle
        self._left_off = left_off
        self._calls = calls
        self._stir = asyncio.Event()
        self._ended = False
        self.mouth: Mouth | None = None
        self.phase = Phase.CONNECTING
        self.worth = Worth.BARREN

    def stir(self) -> None:
        """Note that there may be something to say."""
        self._stir.set()

    def end(self) -> None:
        """Say nothing more, post nothing but costs; whoever holds the connection then has to be cancelled."""
        self._ended = True

    async def hold(self) -> LinkError:
        """Hold the connection to its end; return why it ended. It is closed on return, also when cancelled."""
        try:
            link = await self._server.dial()
        except LinkError as error:
            return error
        self.phase = Phase.SETTING_UP
        self._calls.sent()
        self.mouth = mouth = self._server.make_mouth(self._handle)
        mouth.left_off = self._left_off
        try:
            async with asyncio.timeout(self._server.setup_timeout) as patience:
                return await self._talk(link, mouth, patience)
        except TimeoutError:
            return LinkError(f"no session within {self._server.setup_timeout:g} s")
        finally:
            self._ended = True
            await link.close()

    async def _talk(self, link: LiveLink, mouth: Mouth, patience: asyncio.Timeout) -> LinkError:
        failures: list[LinkError] = []
        holder = asyncio.current_task()
        cancelled = holder.cancelling() if holder is not None else 0
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._say(link, mouth), name="uplink")
                tasks.create_task(self._hear(link, mouth, patience), name="downlink")
        except* LinkError as group:
            failures += _leaves(group)
        except* RemoteProtocolError as group:
            failures += [LinkError(str(error), _PROTOCOL_ERROR) for error in _leaves(group)]
        # A group cancels its holder and does not take it back, after which no time-out of Python 3.11.2 ever ends in
        # TimeoutError: the next attempt would die without a word.
        while holder is not None and holder.cancelling() > cancelled:
            holder.uncancel()
        return failures[0]

    async def _hear(self, link: LiveLink, mouth: Mouth, patience: asyncio.Timeout) -> None:
        async for frame in link.messages():
            for event in mouth.session.receive(frame):
                if isinstance(event, LinkReady):
                    if patience.expired():
                        return
                    patience.reschedule(None)
                    self.phase = Phase.OPEN
                    self._calls.ready(mouth)
                    self.stir()
                elif isinstance(event, HandleIssued):
                    self.worth = Worth.BARREN if self.worth is Worth.BARREN else Worth.SETTLED
                    self._calls.handle(event.handle)
                elif isinstance(event, _SAID):
                    self.worth = Worth.UNSETTLED
                    if isinstance(event, TurnComplete):
                        self._calls.turn_over()
                if not self._ended or isinstance(event, TokensUsed):
                    await self._calls.post(event)
        raise LinkError("the connection ended")

    async def _say(self, link: LiveLink, mouth: Mouth) -> None:
        while True:
            self._stir.clear()
            for text in mouth.frames():
                # Frames of a connection that is closed never go anywhere (``live-protocol.md`` 13, pitfall 9).
                if self._ended:
                    return
                await link.send(text)
            try:
                async with asyncio.timeout(_PAUSE if mouth.streaming else None):
                    await self._stir.wait()
            except TimeoutError:
                mouth.pause()


def _leaves(group: BaseExceptionGroup[_E]) -> list[_E]:
    """Return the errors themselves, whatever groups they came in."""
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
