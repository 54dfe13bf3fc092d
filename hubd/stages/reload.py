"""A changed configuration, taken over by the hub that runs."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from hubd.control import Reply, refused
from hubd.errors import ConfigError, HubdError

# With a thousand devices the event loop then waits for 7 ms at a time, with the usual 5 ms for 46 ms (measured), s.
_SWITCH_WITHIN: Final = 0.001
# The journal takes some hundred lines at a time (``operations.md`` 6).
_LOGGED: Final = 20
# What the entries can be looked for by (``operations.md`` 6).
_FIELDS: Final = {"fields": {"HUBD_EVENT": "reload"}}

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """A configuration that was read, and found to be right, made into what the hub needs of it.

    waiting: the changed options that take effect at the next start. take: puts all others in force, from the event
    loop's thread; it does not raise.
    """

    waiting: tuple[str, ...]
    take: Callable[[], None]


class Overseer(Protocol):
    """Who is told about it."""

    def reloading(self) -> None:
        """Take note that the configuration is being changed."""
        ...

    def reloaded(self, refusal: str, waiting: tuple[str, ...]) -> None:
        """Take note that it was changed, or why it was not; waiting: as in Change, empty for a refusal."""
        ...


class Reload:
    """Changes the configuration when it is asked to; one that has a mistake changes nothing.

    Whoever asks while it is being read may have written something since: the next reading is for them, and one is
    enough for all of them.
    """

    def __init__(self, overseer: Overseer) -> None:
        self._overseer = overseer
        self._asked = asyncio.Event()
        self._replies: list[asyncio.Future[Reply]] = []

    def ask(self) -> None:
        """Have it done; the log, and the overseer, tell what came of it."""
        self._asked.set()

    async def answer(self) -> Reply:
        """Have it done; return what came of it."""
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies.append(reply)
        self.ask()
        return await reply

    async def run(self, prepare: Callable[[], Change]) -> None:
        """Do what is asked for, or was asked for before, until cancelled.

        prepare: reads the configuration, in a thread beside the event loop's; raises HubdError.
        """
        while True:
            await self._asked.wait()
            self._asked.clear()
            waiting, self._replies = self._replies, []
            reply = await self._reload(prepare)
            for each in waiting:
                if not each.done():
                    each.set_result(reply)

    async def _reload(self, prepare: Callable[[], Change]) -> Reply:
        self._overseer.reloading()
        try:
            with _often_switched():
                change = await asyncio.to_thread(prepare)
        except ConfigError as error:
            reply = refused(error.complaints)
        except HubdError as error:
            reply = Reply(problem=str(error))
        else:
            change.take()
            reply = Reply(waiting=change.waiting)
        _log(reply)
        self._overseer.reloaded(reply.problem, reply.waiting)
        return reply


@contextmanager
def _often_switched() -> Iterator[None]:
    """Have the event loop's thread wait less for another one that computes."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_WITHIN)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _log(reply: Reply) -> None:
    if not reply.problem:
        logger.info("the changed configuration is in force", extra=_FIELDS)
        if reply.waiting:
            logger.warning("these changes take effect at the next start: %s", ", ".join(reply.waiting), extra=_FIELDS)
        return
    logger.error("the changed configuration was refused, the old one stays: %s", reply.problem, extra=_FIELDS)
    for complaint in reply.complaints[1:_LOGGED]:
        logger.error("%s", complaint, extra=_FIELDS)
