"""One typed request: its inbox, its question, its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, assert_never

from hubd import effects
from hubd.errors import LocalProtocolError
from hubd.events import Answer, Call, DeadlinePassed, Event, TokensUsed
from hubd.question import Effect, Question, SayText
from hubd.reports import ReportSink
from hubd.usage import TokenCount

# As many events wait at most; the connection leaves half of the room to the outcomes of calls.
_INBOX: Final = 400
_CONNECTION_SHARE: Final = _INBOX // 2


class Line(Protocol):
    """The Live connection, which connects by itself."""

    def say(self, text: str) -> None:
        """Say text as the person's input."""
        ...

    def respond(self, answers: Sequence[Answer]) -> None:
        """Answer calls."""
        ...


class Hands(Protocol):
    """The stage that carries out calls."""

    def ask(self, calls: Iterable[Call]) -> None:
        """Start to carry calls out."""
        ...

    def cancel(self, ids: Iterable[str]) -> None:
        """Answer these calls no more."""
        ...


@dataclass(frozen=True, slots=True)
class _Letter:
    """An event on its way; whether it came over the connection."""

    event: Event
    from_connection: bool


class Ask:
    """Brings one question to its end. clock: monotonic, s, in step with the event loop's."""

    def __init__(  # noqa: PLR0913 -- a stage is given everything that it connects
        self,
        question: Question,
        *,
        line: Line,
        hands: Hands,
        usage: TokenCount,
        report: ReportSink,
        clock: Callable[[], float],
    ) -> None:
        self._question = question
        self._line = line
        self._hands = hands
        self._usage = usage
        self._report = report
        self._clock = clock
        self._inbox: asyncio.Queue[_Letter] = asyncio.Queue(_INBOX)
        self._room = asyncio.Semaphore(_CONNECTION_SHARE)

    def post(self, event: Event) -> None:
        """Put an event of the hub's own into the inbox; raises LocalProtocolError if nobody takes any out."""
        try:
            self._inbox.put_nowait(_Letter(event, from_connection=False))
        except asyncio.QueueFull:
            raise LocalProtocolError("the request's inbox is full") from None

    async def run(self) -> None:
        """Return when the question has ended."""
        while not self._question.ended:
            event = await self._next()
            if isinstance(event, TokensUsed):
                self._report(self._usage.add(event))
            for effect in self._question.step(event, self._clock()):
                self._carry_out(effect)

    async def post_from_connection(self, event: Event) -> None:
        """Put an event of the Live connection into the inbox; waits for room in its share."""
        await self._room.acquire()
        self._inbox.put_nowait(_Letter(event, from_connection=True))

    async def _next(self) -> Event:
        try:
            async with asyncio.timeout_at(self._question.deadline):
                letter = await self._inbox.get()
        except TimeoutError:
            return DeadlinePassed()
        if letter.from_connection:
            self._room.release()
        return letter.event

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case SayText(text):
                self._line.say(text)
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
