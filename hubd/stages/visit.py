"""One Live connection for one typed request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

from hubd.errors import HubdError, LinkError, RemoteProtocolError
from hubd.events import Answer, Backend, Event, LinkLost, LinkReady
from hubd.live.failures import NextAttempt, Phase, classify
from hubd.live.session import LiveSession
from hubd.ports import LiveLink

Post = Callable[[Event], Awaitable[None]]
_E = TypeVar("_E", bound=HubdError)

# With somebody waiting: three attempts, so many seconds before each (``live-protocol.md`` 12).
_PAUSES: Final = (0.0, 0.5, 1.0)
_PROTOCOL_ERROR: Final = 1002

logger = logging.getLogger(__name__)


class Visit:
    """Opens a session, holds it to its end, and never goes on from an earlier one.

    dial: opens a link. make_session: a fresh session to say over it. backend: whom dial reaches. setup_timeout: s.
    """

    def __init__(
        self,
        *,
        dial: Callable[[], Awaitable[LiveLink]],
        make_session: Callable[[], LiveSession],
        backend: Backend,
        setup_timeout: float,
    ) -> None:
        self._dial = dial
        self._make_session = make_session
        self._backend = backend
        self._setup_timeout = setup_timeout
        self._session: LiveSession | None = None
        self._phase = Phase.CONNECTING
        self._stir = asyncio.Event()

    async def run(self, post: Post) -> None:
        """Connect, and stay until the connection ends or this is cancelled; the connection is closed then.

        post takes the session's events: LinkReady first, LinkLost last. Only an attempt that did not get so far as
        LinkReady is followed by another: after that, commands may have been given.
        """
        failure, verdict = LinkError(""), classify(None, "")
        for failures, pause in enumerate(_PAUSES, start=1):
            await asyncio.sleep(pause)
            failure = await self._connection(post)
            verdict = classify(failure.code, failure.reason, phase=self._phase, failures=failures)
            logger.info("live connection: %s, next: %s", failure, verdict.next)
            if self._phase is Phase.OPEN or verdict.next is NextAttempt.FATAL or verdict.wait:
                break
        # Somebody sits at a terminal who may mend it, so where there is no code the details are told as well.
        words = f"{verdict.words} ({failure.reason})" if failure.code is None and failure.reason else verdict.words
        await post(LinkLost(self._backend, words, fatal=verdict.next is NextAttempt.FATAL))

    def say(self, text: str) -> None:
        """Say text as the person's input; after LinkReady."""
        if self._session is not None:
            self._session.send_text(text)
            self._stir.set()

    def respond(self, answers: Sequence[Answer]) -> None:
        """Answer calls; what the model listens to no more is left out: the person reads it."""
        if self._session is not None:
            self._session.respond(answers)
            self._stir.set()

    async def _connection(self, post: Post) -> LinkError:
        """Hold one connection to its end; return why it ended."""
        self._phase = Phase.CONNECTING
        try:
            link = await self._dial()
        except LinkError as error:
            return error
        self._phase = Phase.SETTING_UP
        self._session = session = self._make_session()
        try:
            async with asyncio.timeout(self._setup_timeout) as patience:
                return await self._talk(link, session, patience, post)
        except TimeoutError:
            return LinkError(f"no session within {self._setup_timeout:g} s")
        finally:
            self._session = None
            await link.close()

    async def _talk(self, link: LiveLink, session: LiveSession, patience: asyncio.Timeout, post: Post) -> LinkError:
        failures: list[LinkError] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._say(link, session), name="uplink")
                tasks.create_task(self._hear(link, session, patience, post), name="downlink")
        except* LinkError as group:
            failures += _leaves(group)
        except* RemoteProtocolError as group:
            failures += [LinkError(str(error), _PROTOCOL_ERROR) for error in _leaves(group)]
        return failures[0]

    async def _hear(self, link: LiveLink, session: LiveSession, patience: asyncio.Timeout, post: Post) -> None:
        async for frame in link.messages():
            for event in session.receive(frame):
                if isinstance(event, LinkReady):
                    if patience.expired():
                        return
                    patience.reschedule(None)
                    self._phase = Phase.OPEN
                await post(event)
        raise LinkError("the connection ended")

    async def _say(self, link: LiveLink, session: LiveSession) -> None:
        while True:
            self._stir.clear()
            for text in session.data_to_send():
                await link.send(text)
            await self._stir.wait()


def _leaves(group: BaseExceptionGroup[_E]) -> list[_E]:
    """Return the errors themselves, whatever groups they came in."""
    return [
        leaf
        for error in group.exceptions
        for leaf in (_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    ]
