"""One Live connection after the other, both ways."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from hubd.effects import Source
from hubd.errors import HubdError, LinkError, RemoteProtocolError
from hubd.events import Answer, Backend, Event, HandleIssued, LinkLost, LinkReady
from hubd.live.failures import NextAttempt, Phase, classify
from hubd.live.mouth import Mouth
from hubd.ports import LiveLink
from hubd.reports import Part, ReportSink, TroubleReport

Dial = Callable[[], Awaitable[LiveLink]]
_E = TypeVar("_E", bound=HubdError)
Post = Callable[[Event], Awaitable[None]]

# With somebody waiting: three attempts, so many seconds before each (``live-protocol.md`` 12).
_PAUSES: Final = (0.0, 0.5, 1.0)
_PROTOCOL_ERROR: Final = 1002
# The microphone pauses when it brings nothing for so long (``live-protocol.md`` 4), s.
_PAUSE: Final = 1.0

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Attempt:
    """One try at a connection: the handle that it goes on from, and how far it came."""

    handle: str | None
    phase: Phase = Phase.CONNECTING


class Line:
    """Holds at most one Live connection; used by the conversation's stage.

    dial: opens a link. make_mouth: a fresh session to say over it, going on from a handle if there is one.
    backend: whom dial reaches. setup_timeout: s. report: takes trouble with reaching it.
    handle: where the next conversation goes on from; a secret.
    """

    def __init__(
        self,
        *,
        dial: Dial,
        make_mouth: Callable[[str | None], Mouth],
        backend: Backend,
        setup_timeout: float,
        report: ReportSink,
    ) -> None:
        self._dial = dial
        self._make_mouth = make_mouth
        self._backend = backend
        self._setup_timeout = setup_timeout
        self._report = report
        self._trouble: TroubleReport | None = None
        self._wanted: Post | None = None
        self._asked = asyncio.Event()
        self._holding: asyncio.Task[None] | None = None
        self._mouth: Mouth | None = None
        self._stir = asyncio.Event()
        self.handle: str | None = None

    async def run(self) -> None:
        """Hold connections as they are wanted, one at a time, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if (post := self._wanted) is None:
                continue
            self._wanted = None
            async with asyncio.TaskGroup() as tasks:
                self._holding = tasks.create_task(self._hold(post), name="connection")
            self._holding = None

    def open(self, post: Post) -> None:
        """Connect; post takes the connection's events, LinkReady or LinkLost first. The one before is closed first."""
        self.close()
        self._wanted = post
        self._asked.set()

    def close(self) -> None:
        """End the connection; nothing more is said over it. The handle is kept."""
        self._wanted = self._mouth = None
        if self._holding is not None:
            self._holding.cancel()
            self._holding = None

    def feed(self, source: Source, start: int | None) -> None:
        """Send this from now on; start as in hubd.effects.Feed."""
        if self._mouth is not None:
            self._mouth.feed(source, start)
            self._stir.set()

    def begin_activity(self) -> None:
        """Mark the start of the person's speech."""
        if self._mouth is not None:
            self._mouth.begin()
            self._stir.set()

    def end_activity(self, position: int) -> None:
        """Mark the end of the person's speech, once all up to this position is sent."""
        if self._mouth is not None:
            self._mouth.end_at(position)
            self._stir.set()

    def nudge(self) -> None:
        """Say that the person has finished."""
        if self._mouth is not None:
            self._mouth.nudge()
            self._stir.set()

    def respond(self, answers: Sequence[Answer]) -> None:
        """Tell the model what became of its calls."""
        if self._mouth is not None:
            self._mouth.session.respond(answers)
            self._stir.set()

    def sound_arrived(self) -> None:
        """Note that the uplink holds more than before."""
        self._stir.set()

    async def _hold(self, post: Post) -> None:
        for failures, pause in enumerate(_PAUSES, start=1):
            await asyncio.sleep(pause)
            attempt = _Attempt(self.handle)
            failure = await self._connection(attempt, post)
            verdict = classify(
                failure.code,
                failure.reason,
                phase=attempt.phase,
                failures=failures,
                handle_used=attempt.handle is not None,
            )
            logger.info("live connection: %s, next: %s", failure, verdict.next)
            if verdict.next is not NextAttempt.RETRY_WITH_HANDLE:
                self.handle = None
            if attempt.phase is Phase.OPEN or verdict.next is NextAttempt.FATAL or verdict.wait:
                break
        if attempt.phase is not Phase.OPEN:
            self._complain(verdict.words)
        await post(LinkLost(self._backend, verdict.words, fatal=verdict.next is NextAttempt.FATAL))

    async def _connection(self, attempt: _Attempt, post: Post) -> LinkError:
        """Hold one connection to its end; return why it ended."""
        try:
            link = await self._dial()
        except LinkError as error:
            return error
        attempt.phase = Phase.SETTING_UP
        # It gets one attempt: from now on it is spent, unless the server takes it (``live-protocol.md`` 9).
        self.handle = None
        self._mouth = mouth = self._make_mouth(attempt.handle)
        try:
            async with asyncio.timeout(self._setup_timeout) as patience:
                return await self._talk(link, mouth, attempt, patience, post)
        except TimeoutError:
            return LinkError(f"no session within {self._setup_timeout:g} s")
        finally:
            self._mouth = None
            await link.close()

    async def _talk(
        self, link: LiveLink, mouth: Mouth, attempt: _Attempt, patience: asyncio.Timeout, post: Post
    ) -> LinkError:
        failures: list[LinkError] = []
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._say(link, mouth), name="uplink")
                tasks.create_task(self._hear(link, mouth, attempt, patience, post), name="downlink")
        except* LinkError as group:
            failures += _leaves(group)
        except* RemoteProtocolError as group:
            failures += [LinkError(str(error), _PROTOCOL_ERROR) for error in _leaves(group)]
        return failures[0]

    async def _hear(
        self, link: LiveLink, mouth: Mouth, attempt: _Attempt, patience: asyncio.Timeout, post: Post
    ) -> None:
        async for frame in link.messages():
            for event in mouth.session.receive(frame):
                if isinstance(event, LinkReady):
                    if patience.expired():
                        return
                    patience.reschedule(None)
                    attempt.phase = Phase.OPEN
                    self.handle = attempt.handle
                    self._recover()
                elif isinstance(event, HandleIssued):
                    self.handle = event.handle
                await post(event)
        raise LinkError("the connection ended")

    def _complain(self, words: str) -> None:
        """Report that there is no session, once for each reason."""
        problem, _, advice = words.partition(". ")
        trouble = TroubleReport(Part.LIVE, problem, advice)
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(trouble)

    def _recover(self) -> None:
        """Report that there are sessions again."""
        if self._trouble is not None:
            self._report(replace(self._trouble, cleared=True))
            self._trouble = None

    async def _say(self, link: LiveLink, mouth: Mouth) -> None:
        while True:
            self._stir.clear()
            for text in mouth.frames():
                if self._mouth is not mouth:
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
