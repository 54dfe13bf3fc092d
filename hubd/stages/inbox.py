"""Where events wait for the one who decides about them."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from enum import IntEnum, auto

from hubd.errors import LocalProtocolError
from hubd.events import DeadlinePassed, Event


class Origin(IntEnum):
    """Who posted an event, in the order in which a queue that sorts hears them.

    The hub's own events come first: they are few, a wake word or a mute does not wait behind speech, and what the hub
    itself answers to a server's calls can't pile up behind more calls.
    """

    HUB = auto()
    CONNECTION = auto()


@dataclass(frozen=True, slots=True, order=True)
class Letter:
    """An event on its way: number is its place among those of its origin, connection the one that it came over."""

    origin: Origin
    number: int
    event: Event = field(compare=False)
    connection: int | None = field(compare=False, default=None)


class Inbox:
    """A bounded queue in which the busiest source, the Live connection, has a share of its own, and waits for room.

    queue: decides about the order. share: how many of the connection's events it may hold.
    unread_since: since when nothing was taken out though something waits, on the loop's clock; None if nothing does.
    """

    def __init__(self, queue: asyncio.Queue[Letter], share: int) -> None:
        self._queue = queue
        self._room = asyncio.Semaphore(share)
        self._numbers = itertools.count()
        self._patience: asyncio.Timeout | None = None
        self.unread_since: float | None = None

    @property
    def waited_for(self) -> bool:
        """Whether next() waits, with neither an event nor the deadline there that it will return."""
        return self._patience is not None and not self._patience.expired() and self._queue.empty()

    def post(self, event: Event) -> None:
        """Put an event of the hub's own in; raises LocalProtocolError if nobody takes any out."""
        self._put(Letter(Origin.HUB, next(self._numbers), event))

    async def post_from(self, connection: int, event: Event) -> None:
        """Put an event of a connection in; waits for room in its share."""
        await self._room.acquire()
        self._put(Letter(Origin.CONNECTION, next(self._numbers), event, connection))

    async def next(self, deadline: float | None) -> Letter:
        """Take an event out; after the deadline, of the loop's clock, that is DeadlinePassed."""
        try:
            async with asyncio.timeout_at(deadline) as self._patience:
                letter = await self._queue.get()
        except TimeoutError:
            return Letter(Origin.HUB, next(self._numbers), DeadlinePassed())
        finally:
            self._patience = None
        self.unread_since = None if self._queue.empty() else asyncio.get_running_loop().time()
        if letter.origin is Origin.CONNECTION:
            self._room.release()
        return letter

    def wait_until(self, deadline: float | None) -> None:
        """Have next(), which waits, do so until another deadline."""
        if self._patience is not None:
            self._patience.reschedule(deadline)

    def _put(self, letter: Letter) -> None:
        try:
            self._queue.put_nowait(letter)
        except asyncio.QueueFull:
            raise LocalProtocolError("the inbox is full") from None
        if self.unread_since is None:
            self.unread_since = asyncio.get_running_loop().time()
