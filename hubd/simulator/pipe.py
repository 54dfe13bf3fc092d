"""A connection without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from hubd.errors import LinkError
from hubd.offline.connection import Gone

_BROKEN: Final = (1006, "the connection broke off")
_NORMAL: Final = (1000, "")

# The end of what comes, as the client sees it: close code, reason.
_Closing = tuple[int, str]


class Pipe:
    """Both ends of a connection: the server's by ``connection.End``, the client's by ``ports.LiveLink`` as ``link``."""

    def __init__(self) -> None:
        self._up: asyncio.Queue[str | None] = asyncio.Queue()
        self._down: asyncio.Queue[bytes | _Closing] = asyncio.Queue()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._held = False
        self.closing: _Closing | None = None
        self.link = PipeLink(self)

    @property
    def open(self) -> bool:
        """Whether neither side has closed it."""
        return self.closing is None

    async def frames(self) -> AsyncIterator[str | bytes]:
        """Yield what the client sends, until it is gone."""
        while True:
            await self._flowing.wait()
            frame = await self._up.get()
            if frame is None:
                return
            await self._flowing.wait()
            yield frame

    async def send(self, text: str) -> None:
        """Send a binary frame to the client."""
        if self.closing is not None:
            raise Gone
        self._down.put_nowait(text.encode())

    async def close(self, code: int, reason: str) -> None:
        """Close with a close frame."""
        self.end((code, reason))

    def cut(self) -> None:
        """Close without one."""
        self.end(_BROKEN)

    def hold(self, seconds: float | None) -> None:
        """Read nothing for so long."""
        self._flowing.clear()
        if seconds is None:
            self._held = True
        else:
            asyncio.get_running_loop().call_later(seconds, self._flow)

    def end(self, closing: _Closing) -> None:
        """Let both sides know that it is over; what was sent before still arrives."""
        if self.closing is None:
            self.closing = closing
            self._down.put_nowait(closing)
            self._up.put_nowait(None)
            self._flow()

    def from_client(self, text: str) -> None:
        """Take a frame of the client; raises LinkError if the connection is gone."""
        if self.closing is not None:
            raise _error(self.closing)
        self._up.put_nowait(text)

    async def to_client(self) -> bytes:
        """Return the next frame; raises LinkError when the connection is gone."""
        frame = await self._down.get()
        if isinstance(frame, tuple):
            self._down.put_nowait(frame)
            raise _error(frame)
        return frame

    def _flow(self) -> None:
        if not self._held or self.closing is not None:
            self._flowing.set()


class PipeLink:
    """The client's end, as ``ports.LiveLink`` wants it."""

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def send(self, text: str) -> None:
        """Send one text frame; raises LinkError if the connection is gone."""
        self._pipe.from_client(text)

    async def messages(self) -> AsyncIterator[str | bytes]:
        """Yield frames; raises LinkError with the close code when the connection ends."""
        while True:
            yield await self._pipe.to_client()

    async def close(self) -> None:
        """Close with code 1000."""
        self._pipe.end(_NORMAL)


def _error(closing: _Closing) -> LinkError:
    code, reason = closing
    return LinkError(reason, code)
