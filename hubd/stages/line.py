"""One Live connection after the other, both ways."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from hubd.access import Access, End
from hubd.budget import Allowance
from hubd.effects import Manner, Source
from hubd.events import Answer, Backend
from hubd.guesses import Guesses
from hubd.hunches import FellBack, Hunch, Rising
from hubd.live.failures import THREE_ATTEMPTS, NextAttempt, Phase, Stamina, classify
from hubd.live.mouth import Mouth
from hubd.reports import ReportSink
from hubd.stages.briefing import Briefing
from hubd.stages.carry_over import CarryOver
from hubd.stages.connection import Calls, Connection, Post, Server, Worth
from hubd.stages.head_start import HeadStart, starting_point
from hubd.wishes import Fact

# With another server at hand there is a second attempt only if the first failed for its handle's sake.
_WITH_ANOTHER: Final = Stamina((0.0, 0.5), after=frozenset({NextAttempt.RETRY_FRESH}))
# A handle comes right after the turn's end, or 1.2 s later at most (``live-protocol.md`` 9), s.
_LAST_HANDLE: Final = 1.5

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Wish:
    """What was asked for: who takes the events, how the model is told the news, what was opened for it ahead."""

    post: Post
    manner: Manner
    ahead: HeadStart | None


class Line:
    """Holds at most one Live connection; used by the conversation's stage.

    servers: the preferred one first. carry_over: what one connection leaves to the next.
    report: takes trouble with reaching a server. announce: says a text aloud, without a server. allowance: what a
    conversation may cost; None for whatever it does. prepare: called before a conversation's first connection.
    """

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        servers: Sequence[Server],
        *,
        carry_over: CarryOver,
        report: ReportSink,
        announce: Callable[[str], None],
        allowance: Allowance | None = None,
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self._servers = {server.backend: server for server in servers}
        self._access = Access(tuple(self._servers), report=report, announce=announce, allowance=allowance)
        self._carry_over = carry_over
        self._announce = announce
        self._prepare = prepare
        self._guesses = Guesses()
        self._ahead: HeadStart | None = None
        self._briefing = Briefing(carry_over)
        self._wanted: _Wish | None = None
        self._asked = asyncio.Event()
        self._holding: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._mouth: Mouth | None = None
        self._backend = self._access.preferred
        self._begun_with: Backend | None = None
        self._left_off: int | None = None

    async def run(self) -> None:
        """Hold connections as they are wanted, one at a time, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if self._wanted is None and self._ahead is None:
                continue
            async with asyncio.TaskGroup() as tasks:
                self._holding = tasks.create_task(self._hold_ahead(), name="connection")
            self._holding = None

    def adopt(self, servers: Sequence[Server]) -> None:
        """Open the next conversation with these, of the same backends; called between conversations."""
        self._servers = {server.backend: server for server in servers}
        self.hear(FellBack())

    def hear(self, hunch: Hunch) -> None:
        """Open a connection ahead of the wake word that may follow; close it in silence if none did.

        Nobody is told of it. It is the preferred server's, and only if a conversation would be begun with that.
        """
        if self._ahead is not None:
            self._ahead.hear(hunch)
        elif isinstance(hunch, Rising) and self._may_guess():
            self._prepare()
            self._ahead = HeadStart(self._servers[self._access.preferred], self._carry_over)
            self._asked.set()

    def open(self, post: Post, manner: Manner = Manner.NOTE) -> None:
        """Connect; post takes the connection's events, LinkReady or LinkLost first. The one before is closed first.

        manner: how the model is told what it could not be told before, ahead of everything else.
        """
        self._leave()
        if self._begun_with is None:
            self._prepare()
            self._guesses.right()
        if self._ahead is not None:
            self._ahead.take()
        self._wanted = _Wish(post, manner, self._ahead)
        self._asked.set()

    def close(self) -> None:
        """End the connection, with the conversation; nothing more is said over it. The handle is kept.

        If a handle for what was said last is still to come it is waited for, up to 1.5 s: the next conversation goes
        on from it.
        """
        connection, holding = self._connection, self._holding
        if connection is not None and holding is not None and connection.worth is Worth.UNSETTLED:
            connection.end()
            self._wanted = self._mouth = self._connection = None
            asyncio.get_running_loop().call_later(_LAST_HANDLE, holding.cancel)
        else:
            self._leave()
        self._begun_with = self._left_off = None
        for text in self._briefing.unsaid():
            self._announce(text)
        self._access.conversation_ended()

    async def closed(self) -> None:
        """Return when the last handle that close() waits for is there, or does not come."""
        if self._holding is not None and self._ahead is None:
            await asyncio.wait({self._holding})

    def feed(self, source: Source, start: int | None) -> None:
        """Send this from now on; start as in hubd.effects.Feed."""
        if self._mouth is not None:
            self._mouth.feed(source, start)
            self._stir()

    def begin_activity(self) -> None:
        """Mark the start of the person's speech."""
        if self._mouth is not None:
            self._mouth.begin()
            self._stir()

    def end_activity(self, position: int) -> None:
        """Mark the end of the person's speech, once all up to this position is sent."""
        if self._mouth is not None:
            self._mouth.end_at(position)
            self._stir()

    def nudge(self) -> None:
        """Say that the person has finished."""
        if self._mouth is not None:
            self._mouth.nudge()
            self._stir()

    def respond(self, answers: Sequence[Answer]) -> None:
        """Tell the model what became of its calls; what it can't be told so waits for brief()."""
        unheard = tuple(answers)
        if self._mouth is not None:
            asked = {call.id for call in self._mouth.session.open_calls}
            unheard = self._mouth.session.respond(answers)
            self._carry_over.answered((each for each in answers if each.call.id in asked), sent=True)
            self._stir()
        self._carry_over.answered(unheard, sent=False)

    def brief(self, manner: Manner) -> None:
        """Tell the model in a text what it could not be told as the answer to a call (``live-protocol.md`` 8.5)."""
        if self._mouth is not None:
            self._briefing.brief(self._mouth, self._backend, manner)
            self._stir()

    def learn(self, facts: Sequence[Fact]) -> None:
        """Tell the model what others told; without a connection the next one is told at its opening."""
        self._briefing.learn(self._mouth, facts)
        self._stir()

    def sound_arrived(self) -> None:
        """Note that the uplink holds more than before."""
        self._stir()

    def _stir(self) -> None:
        if self._connection is not None:
            self._connection.stir()

    def _leave(self) -> None:
        """End the connection; where it left off is kept for the next one."""
        if self._mouth is not None:
            self._left_off = self._mouth.position
        self._wanted = self._mouth = None
        if self._connection is not None:
            self._connection.end()
            self._connection = None
        if self._ahead is not None and self._ahead.taken:
            self._ahead = None
        if self._holding is not None and self._ahead is None:
            self._holding.cancel()
            self._holding = None

    def _may_guess(self) -> bool:
        """Return whether a connection may be opened on a mere guess."""
        between = self._begun_with is None and self._wanted is None and self._holding is None
        server, now = self._servers[self._access.preferred], self._now()
        return between and server.ahead and self._access.at_once(now) and self._guesses.guess(now)

    async def _hold_ahead(self) -> None:
        """Hold what is opened ahead of a conversation, then the conversation, if there is one."""
        ahead = self._ahead
        try:
            if ahead is not None and not await ahead.hold():
                self._guesses.refused()
            self._ahead = None
            if (wish := self._wanted) is not None:
                self._wanted = None
                await self._hold(wish)
        finally:
            if ahead is not None:
                await ahead.close()

    async def _hold(self, wish: _Wish) -> None:
        order, lost = self._access.whom(self._begun_with, self._now())
        for backend in order:
            another = backend is not order[-1]
            end = await self._visit(self._servers[backend], wish, _WITH_ANOTHER if another else THREE_ATTEMPTS)
            lost = self._access.ended(backend, end, self._now(), another=another)
            if end.phase is Phase.OPEN:
                break
        await wish.post(lost)
        self._access.lost(lost)

    async def _visit(self, server: Server, wish: _Wish, stamina: Stamina) -> End:
        """Try to talk to a server until it works, and then to the end; return how the last attempt ended."""
        for failures, pause in enumerate(stamina.pauses, start=1):
            await asyncio.sleep(pause)
            end = await self._attempt(server, wish, failures)
            if end.verdict.next is not NextAttempt.RETRY_WITH_HANDLE:
                self._carry_over.spent(server.backend)
            if stamina.ends(end.phase, end.verdict):
                break
        return end

    async def _attempt(self, server: Server, wish: _Wish, failures: int) -> End:
        backend = server.backend
        server, handle, fingerprint = await starting_point(server, self._carry_over, wish.ahead)

        def ready(mouth: Mouth) -> None:
            if handle is not None:
                self._carry_over.good(backend, handle, fingerprint)
            self._mouth, self._backend, self._begun_with = mouth, backend, backend
            self._access.opened(backend, self._now())
            self.brief(wish.manner)

        def issued(secret: str) -> None:
            self._carry_over.issued(backend, secret, fingerprint)
            if self._connection is not connection and self._holding is not None:
                self._holding.cancel()

        calls = Calls(
            # It gets one attempt: it is spent, unless the server takes it (``live-protocol.md`` 9).
            sent=lambda: self._carry_over.spent(backend),
            ready=ready,
            handle=issued,
            turn_over=self._carry_over.turn_over,
            post=wish.post,
        )
        self._connection = connection = Connection(server, handle, self._left_off, calls)
        try:
            failure = await connection.hold()
        finally:
            if connection.phase is Phase.OPEN:
                self._carry_over.ended(backend)
                if connection.worth is not Worth.BARREN:
                    self._carry_over.of_use(backend)
            if self._connection is connection:
                self._left_off = self._mouth.position if self._mouth is not None else self._left_off
                self._connection = self._mouth = None
        barren = connection.phase is Phase.OPEN and connection.worth is Worth.BARREN
        if handle is not None and barren:
            self._carry_over.in_vain(backend)
        verdict = classify(
            failure.code, failure.reason, phase=connection.phase, failures=failures, handle_used=handle is not None
        )
        # A server may repeat the handle that it refuses.
        shown = str(failure) if handle is None else str(failure).replace(handle, "(handle)")
        logger.info("the Live connection ended: %s (%s)", shown, verdict.next)
        return End(connection.phase, verdict, barren=barren)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
