"""The end of what is being said, before the hub stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

# An open answer may be finished for so long, s: with the rest, and with the 2 s in which a connection that hangs is
# closed, the hub has stopped within 5 s.
_ANSWER: Final = 2.3
# So long for the conversation's last handle, and for word to the broker, s.
_REST: Final = 0.3


class Talk(Protocol):
    """The conversation's stage."""

    async def at_rest(self) -> None:
        """Return when nobody waits for an answer, or for its end."""
        ...

    async def end(self) -> None:
        """End the conversation, if there is one."""
        ...


async def wind_up(
    talk: Talk,
    *,
    played: Callable[[], Awaitable[None]],
    closed: Callable[[], Awaitable[None]],
    farewell: Callable[[], Awaitable[None]],
) -> None:
    """Have the open answer finished, or cut it; end the conversation; take leave. Takes 2.6 s at most.

    played: returns when the speaker is silent. closed: returns when a connection that was closed has left its last
    handle. farewell: tells the house that the hub goes.
    """
    loop = asyncio.get_running_loop()
    cut = loop.time() + _ANSWER
    await _by(cut, talk.at_rest, played)
    # What is left of the time is for the handle: it comes up to 1.5 s after the answer.
    end = cut + _REST
    await asyncio.gather(_by(end, talk.end, closed), _by(end, farewell))


async def nothing() -> None:
    """Take leave of nobody."""


async def _by(deadline: float, *steps: Callable[[], Awaitable[None]]) -> None:
    """Do one step after the other; what is not done by the deadline is left undone."""
    try:
        async with asyncio.timeout_at(deadline):
            for step in steps:
                await step()
    except TimeoutError:
        pass  # the hub stops all the same
