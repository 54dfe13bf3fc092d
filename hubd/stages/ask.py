"""One typed request: its inbox, its question, its effects."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol, assert_never

from hubd import effects
from hubd.events import Answer, Call, Event, TokensUsed
from hubd.question import Effect, Question, SayText
from hubd.reports import ReportSink
from hubd.stages.inbox import Inbox
from hubd.usage import TokenCount

# As many events wait at most; the connection leaves half of the room to the outcomes of calls.
_INBOX: Final = 400
_CONNECTION_SHARE: Final = _INBOX // 2
# There is but one connection at a time, which is told apart by whoever holds it.
_CONNECTION: Final = 1


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
        self._inbox = Inbox(asyncio.Queue(_INBOX), _CONNECTION_SHARE)

    def post(self, event: Event) -> None:
        """Put an event of the hub's own into the inbox; raises LocalProtocolError if nobody takes any out."""
        self._inbox.post(event)

    async def run(self) -> None:
        """Return when the question has ended."""
        while not self._question.ended:
            event = (await self._inbox.next(self._question.deadline)).event
            if isinstance(event, TokensUsed):
                self._report(self._usage.add(event))
            for effect in self._question.step(event, self._clock()):
                self._carry_out(effect)

    async def post_from_connection(self, event: Event) -> None:
        """Put an event of the Live connection into the inbox; waits for room in its share."""
        await self._inbox.post_from(_CONNECTION, event)

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
