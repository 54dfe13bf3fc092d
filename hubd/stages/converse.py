"""The inbox, the conversation, its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Protocol, assert_never

from hubd import effects
from hubd.conversation import Conversation
from hubd.errors import LocalProtocolError
from hubd.events import Answer, Call, DeadlinePassed, Event, TokensUsed
from hubd.reports import ReportSink
from hubd.states import State
from hubd.usage import TokenCount

# Bounded, but never full while the hub is well: the busiest source, the Live connection, waits for a place.
_INBOX = 1000


class Line(Protocol):
    """The Live connection."""

    def open(self, post: Callable[[Event], Awaitable[None]]) -> None:
        """Connect; post takes the events that follow."""
        ...

    def close(self) -> None:
        """End the connection."""
        ...

    def feed(self, source: effects.Source, start: int | None) -> None:
        """Send this from now on."""
        ...

    def begin_activity(self) -> None:
        """Mark the start of the person's speech."""
        ...

    def end_activity(self, position: int) -> None:
        """Mark its end, at a position in the uplink."""
        ...

    def nudge(self) -> None:
        """Say that the person has finished."""
        ...

    def respond(self, answers: Sequence[Answer]) -> None:
        """Answer calls."""
        ...


class Voice(Protocol):
    """The speaker's stage."""

    def play(self, pcm: bytes, rate: int) -> None:
        """Queue speech."""
        ...

    def flush(self) -> None:
        """Fall silent."""
        ...

    def sign(self, sign: effects.Sign) -> None:
        """Queue a sign."""
        ...


class Hands(Protocol):
    """The stage that carries out calls."""

    def ask(self, calls: Iterable[Call]) -> None:
        """Start to carry calls out."""
        ...

    def cancel(self, ids: Iterable[str]) -> None:
        """Answer these calls no more."""
        ...


class Converse:
    """The one writer of the conversation's state.

    clock: monotonic, s, in step with the event loop's.
    """

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        *,
        conversation: Conversation,
        line: Line,
        voice: Voice,
        hands: Hands,
        usage: TokenCount,
        report: ReportSink,
        clock: Callable[[], float],
    ) -> None:
        self._conversation = conversation
        self._line = line
        self._voice = voice
        self._hands = hands
        self._usage = usage
        self._report = report
        self._clock = clock
        self._inbox: asyncio.Queue[tuple[int | None, Event]] = asyncio.Queue(_INBOX)
        self._connection = 0

    @property
    def muted(self) -> bool:
        """Whether the microphone is muted."""
        return self._conversation.state is State.MUTED

    def post(self, event: Event) -> None:
        """Put an event into the inbox; raises LocalProtocolError if the conversation does not get to it at all."""
        try:
            self._inbox.put_nowait((None, event))
        except asyncio.QueueFull:
            raise LocalProtocolError("the conversation's inbox is full") from None

    async def run(self) -> None:
        """Take event after event until cancelled."""
        while True:
            connection, event = await self._next()
            if connection is not None and connection != self._connection:
                continue
            if isinstance(event, TokensUsed):
                self._report(self._usage.add(event))
            for effect in self._conversation.step(event, self._clock()):
                self._carry_out(effect)

    async def _next(self) -> tuple[int | None, Event]:
        try:
            async with asyncio.timeout_at(self._conversation.deadline):
                return await self._inbox.get()
        except TimeoutError:
            return None, DeadlinePassed()

    def _carry_out(self, effect: effects.Effect) -> None:  # noqa: C901, PLR0912 -- one case an effect
        match effect:
            case effects.OpenLine():
                self._connection += 1
                self._line.open(self._poster(self._connection))
            case effects.CloseLine():
                self._connection += 1
                self._line.close()
            case effects.Feed(source, start):
                self._line.feed(source, start)
            case effects.BeginActivity():
                self._line.begin_activity()
            case effects.EndActivity(position):
                self._line.end_activity(position)
            case effects.Nudge():
                self._line.nudge()
            case effects.Play(pcm, rate):
                self._voice.play(pcm, rate)
            case effects.Flush():
                self._voice.flush()
            case effects.Signal(sign):
                self._voice.sign(sign)
            case effects.Act(calls):
                self._hands.ask(calls)
            case effects.Abandon(ids):
                self._hands.cancel(ids)
            case effects.Respond(answers):
                self._line.respond(answers)
            case effects.Tell(report):
                self._report(report)
            case _:
                assert_never(effect)

    def _poster(self, connection: int) -> Callable[[Event], Awaitable[None]]:
        """Return what a connection posts with: its words are passed over once it is closed."""

        async def post(event: Event) -> None:
            await self._inbox.put((connection, event))

        return post
