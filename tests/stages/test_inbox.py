from __future__ import annotations

import asyncio

import pytest

from hubd.errors import LocalProtocolError
from hubd.events import DeadlinePassed, EndAsked, StopAsked, TurnComplete
from hubd.stages.inbox import Inbox, Origin
from tests.virtual_time import now, pass_time, run, settle


def test_the_hubs_own_first() -> None:
    """Where the queue sorts, the hub's own events come before those of a connection; each kind keeps its order."""

    async def main() -> None:
        inbox = Inbox(asyncio.PriorityQueue(10), 5)
        await inbox.post_from(7, TurnComplete())
        inbox.post(EndAsked())
        inbox.post(StopAsked())
        letters = [await inbox.next(None) for _ in range(3)]
        assert [letter.event for letter in letters] == [EndAsked(), StopAsked(), TurnComplete()]
        assert [letter.connection for letter in letters] == [None, None, 7]

    run(main())


def test_connection_waits_for_room() -> None:
    """A connection that has used up its share waits until something of it is taken out; the hub does not."""

    async def main() -> None:
        inbox = Inbox(asyncio.Queue(10), 1)
        await inbox.post_from(1, TurnComplete())
        second = asyncio.create_task(inbox.post_from(1, TurnComplete()))
        await settle()
        inbox.post(EndAsked())
        assert not second.done()
        await inbox.next(None)
        await second

    run(main())


def test_deadline() -> None:
    """After the deadline the event is that it has passed."""

    async def main() -> None:
        letter = await Inbox(asyncio.Queue(1), 1).next(5.0)
        assert (letter.event, letter.origin, now()) == (DeadlinePassed(), Origin.HUB, 5.0)

    run(main())


def test_another_deadline() -> None:
    """Who waits can be given another deadline, later or earlier; then the inbox is waited for, until it comes."""

    async def main() -> None:
        inbox = Inbox(asyncio.Queue(1), 1)
        seen = [inbox.waited_for]
        for deadline, other in ((5.0, 7.0), (None, 9.0)):
            waiting = asyncio.create_task(inbox.next(deadline))
            await settle()
            seen.append(inbox.waited_for)
            inbox.wait_until(other)
            await waiting
            seen.append(inbox.waited_for)
            assert now() == other
        assert seen == [False, True, False, True, False]

    run(main())


def test_waited_for_until_something_comes() -> None:
    """With an event or the deadline there nobody waits any more, even before it is taken out."""

    async def main() -> None:
        inbox = Inbox(asyncio.Queue(1), 1)
        waiting = asyncio.create_task(inbox.next(None))
        await settle()
        inbox.post(EndAsked())
        seen = [inbox.waited_for]
        await waiting
        waiting = asyncio.create_task(inbox.next(None))
        await settle()
        inbox.wait_until(now())
        asyncio.get_running_loop().call_soon(lambda: seen.append(inbox.waited_for))
        await waiting
        assert seen == [False, False]

    run(main())


def test_full() -> None:
    """More events of the hub's own than anybody takes out are a bug."""

    async def main() -> None:
        inbox = Inbox(asyncio.Queue(1), 1)
        inbox.post(EndAsked())
        inbox.post(EndAsked())

    with pytest.raises(LocalProtocolError, match="inbox is full"):
        run(main())


def test_an_inbox_that_stands_still_is_seen() -> None:
    """It is known since when nothing was taken out though something waits; an empty inbox stands still for nobody."""

    async def main() -> None:
        inbox = Inbox(asyncio.PriorityQueue(10), 5)
        seen = [inbox.unread_since]
        await pass_time(3)
        inbox.post(EndAsked())
        await pass_time(2)
        inbox.post(StopAsked())
        seen.append(inbox.unread_since)
        for _ in range(2):
            await inbox.next(None)
            seen.append(inbox.unread_since)
        assert seen == [None, 3, 5, None]

    run(main())
