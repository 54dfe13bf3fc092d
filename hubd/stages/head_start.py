"""A Live connection that is opened before anybody is sure to want it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import Enum, auto
from typing import Final, TypeVar, assert_never

from hubd.continuation import Handle
from hubd.errors import LinkError, RemoteProtocolError
from hubd.events import LinkReady
from hubd.hunches import FellBack, Hunch, Rising
from hubd.live.session import LiveSession
from hubd.ports import LiveLink
from hubd.stages.carry_over import CarryOver
from hubd.stages.connection import Server

_T = TypeVar("_T")
# A wake word is certain or forgotten long before, s.
KEPT: Final = 10.0
# A server to which nobody speaks answers the set-up, issues a handle, and is silent.
_MOST_FRAMES: Final = 100


class _Stage(Enum):
    """How far a head start is; SENDING is the set-up on its way, OVER is whatever came to an end by itself."""

    DIALLING = auto()
    SENDING = auto()
    SETTING_UP = auto()
    OPEN = auto()
    OVER = auto()


class _Wanted(Enum):
    """Whether anybody wants the connection."""

    PERHAPS = auto()
    YES = auto()
    NO = auto()


class HeadStart:
    """One connection ahead of its conversation; used once.

    Nothing but the set-up goes over it. It is closed when it is dropped, or after 10 s. But a set-up that goes on from
    a handle is waited for to the end: a handle gets one attempt, and without an answer nobody could tell whether it is
    still good (``live-protocol.md`` 9). If the server takes it, it is as good as before.
    """

    def __init__(self, server: Server, carry_over: CarryOver) -> None:
        self._server = server
        self._carry_over = carry_over
        self._fingerprint = ""
        self._wanted = _Wanted.PERHAPS
        self._stage = _Stage.DIALLING
        self._forgotten_at = _now() + KEPT
        self._answered_by = 0.0
        self._patience: asyncio.Timeout | None = None
        self._heard: list[str | bytes] = []
        self._reached: LiveLink | LinkError | None = None
        self.handle: str | None = None

    @property
    def taken(self) -> bool:
        """Whether a conversation has taken it."""
        return self._wanted is _Wanted.YES

    def hear(self, hunch: Hunch) -> None:
        """Keep it for a little longer, or close it as soon as that does no harm; unless it was taken."""
        if self.taken:
            return
        match hunch:
            case Rising():
                self._wanted = _Wanted.PERHAPS
                self._forgotten_at = _now() + KEPT
            case FellBack():
                self._wanted = _Wanted.NO
            case _:
                assert_never(hunch)
        self._aim()

    def take(self) -> None:
        """Have a conversation go on with it from where it is, if it is not over."""
        if self._stage is not _Stage.OVER:
            self._wanted = _Wanted.YES
            self._aim()

    async def hold(self) -> bool:
        """Open the connection, and hold it until it is taken or closed; return False if it failed before it was."""
        backend = self._server.backend
        self._fingerprint = self._server.fingerprint()
        self.handle = self._carry_over.handle(backend, self._fingerprint)
        try:
            self._reached = await self._reach()
        except LinkError as error:
            if not self.taken:
                return False
            self._reached = error
        return True

    def fits(self, server: Server, fingerprint: str) -> bool:
        """Return whether it was taken in time, and is what a conversation with this server would open."""
        return self._reached is not None and server is self._server and fingerprint == self._fingerprint

    async def dial(self) -> LiveLink:
        """Return the link, once; raises the LinkError with which dialling ended after it was taken."""
        reached, self._reached = self._reached, None
        if reached is None:
            raise LinkError("the connection was closed")
        if isinstance(reached, LinkError):
            raise reached
        return reached

    async def close(self) -> None:
        """Close the link if nobody has dialled it."""
        reached, self._reached = self._reached, None
        if reached is not None and not isinstance(reached, LinkError):
            await reached.close()

    async def _reach(self) -> LiveLink | None:
        """Return the link when it is taken, None when it is closed."""
        link = await self._in_time(self._server.dial())
        if link is not None and not self.taken:
            return await self._set_up_and_keep(link)
        self._stage = _Stage.OVER
        return link

    async def _set_up_and_keep(self, link: LiveLink) -> LiveLink | None:
        """Return the link when it is taken, with its set-up sent; None when it is closed."""
        async with AsyncExitStack() as at_the_end:
            at_the_end.push_async_callback(link.close)
            try:
                sent = await self._set_up(link)
            finally:
                self._stage = _Stage.OVER
            if self.taken:
                at_the_end.pop_all()
                return _SetUpLink(link, sent, self._heard)
        return None

    async def _set_up(self, link: LiveLink) -> list[str]:
        """Set the session up, and listen for as long as that makes sense; return what was sent."""
        self._stage = _Stage.SENDING
        mouth = self._server.make_mouth(self.handle)
        lent = self._carry_over.lend(self._server.backend)
        sent = mouth.frames()
        for text in sent:
            await link.send(text)
        self._stage, self._answered_by = _Stage.SETTING_UP, _now() + self._server.setup_timeout
        await self._in_time(self._listen(link, mouth.session, lent))
        return sent

    async def _listen(self, link: LiveLink, session: LiveSession, lent: Handle | None) -> None:
        """Keep what the server says; raises LinkError when it is gone, or says what nobody can have asked for."""
        async for frame in link.messages():
            self._heard.append(frame)
            try:
                events = session.receive(frame)
            except RemoteProtocolError as error:
                raise LinkError(str(error)) from None
            if any(isinstance(event, LinkReady) for event in events):
                if lent is not None:
                    self._carry_over.give_back(self._server.backend, lent)
                self._stage = _Stage.OPEN
                self._aim()
            if len(self._heard) >= _MOST_FRAMES:
                break
        raise LinkError("the connection ended, or the server talks to nobody")

    async def _in_time(self, wait: Awaitable[_T]) -> _T | None:
        """Wait for as long as that makes sense; return None if it came to nothing until then."""
        try:
            async with asyncio.timeout(None) as self._patience:
                self._aim()
                return await wait
        except TimeoutError:
            return None
        finally:
            self._patience = None

    def _aim(self) -> None:
        """Have the waiting end when it has to."""
        if self._patience is not None:
            self._patience.reschedule(self._over_at())

    def _over_at(self) -> float | None:
        """Return when the waiting ends; None for not at all."""
        match self._wanted:
            case _Wanted.YES:
                return None if self._stage is _Stage.DIALLING else _now()
            case _Wanted.PERHAPS | _Wanted.NO if self._stage is _Stage.SETTING_UP and self.handle is not None:
                return self._answered_by
            case _Wanted.PERHAPS:
                return self._forgotten_at
            case _Wanted.NO:
                return _now()
            case _:
                assert_never(self._wanted)


class _SetUpLink:
    """A link over which the set-up went ahead: it is not sent again; what was heard since is heard first."""

    def __init__(self, link: LiveLink, sent: list[str], heard: list[str | bytes]) -> None:
        self._link = link
        self._sent = sent
        self._heard = heard

    async def send(self, text: str) -> None:
        """Send one text frame, as hubd.ports.LiveLink; what was sent ahead is passed over."""
        if self._sent and text == self._sent[0]:
            del self._sent[0]
        else:
            await self._link.send(text)

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield frames, as hubd.ports.LiveLink."""
        for frame in self._heard:
            yield frame
        async for frame in self._link.messages():
            yield frame

    async def close(self) -> None:
        """Close the link."""
        await self._link.close()


async def starting_point(
    server: Server, carry_over: CarryOver, ahead: HeadStart | None
) -> tuple[Server, str | None, str]:
    """Return what an attempt to open a conversation begins with: the server, the handle to go on from, the fingerprint.

    The head start is where it begins, if it is a connection to this server that is set up alike; else that is closed
    first: two sockets on one session end it (``live-protocol.md`` 13, pitfall 10).
    """
    fingerprint = server.fingerprint()
    if ahead is not None and ahead.fits(server, fingerprint):
        return replace(server, dial=ahead.dial), ahead.handle, fingerprint
    if ahead is not None:
        await ahead.close()
    return server, carry_over.handle(server.backend, fingerprint), fingerprint


def _now() -> float:
    return asyncio.get_running_loop().time()
