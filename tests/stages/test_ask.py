from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pytest

from hubd.errors import LocalProtocolError
from hubd.events import (
    Answer,
    Backend,
    Call,
    CallsCancelled,
    CallStatus,
    EndAsked,
    LinkReady,
    SaidText,
    Scheduling,
    TokensUsed,
    ToolsAsked,
    ToolsDone,
    TurnComplete,
)
from hubd.question import Question
from hubd.question_states import State
from hubd.reports import Report, SaidReport, UsageReport
from hubd.stages.ask import Ask
from hubd.usage import TokenCount
from tests.virtual_time import now, run, settle

READY: Final = LinkReady(Backend.OFFLINE, resumed=False)
LAMP, HEATER = Call("c1", "set_light"), Call("c2", "set_heater")
DONE: Final = Answer(LAMP, CallStatus.DONE, Scheduling.SILENT, {"device": "lamp", "message": "It is on."})


@dataclass
class Desk:
    """A stage with everything around it faked; deeds is what it had done, in order."""

    deeds: list[object] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.question = Question("turn on the lamp", 0.0, patience=60.0)
        self.stage = Ask(
            self.question,
            line=self,
            hands=_Hands(self.deeds),
            usage=TokenCount(lambda: date(2026, 11, 23)),
            report=self.reports.append,
            clock=now,
        )

    def say(self, text: str) -> None:
        """Keep the text."""
        self.deeds.append(text)

    def respond(self, answers: Sequence[Answer]) -> None:
        """Keep the answers."""
        self.deeds.append(answers)


class _Hands:
    def __init__(self, deeds: list[object]) -> None:
        self._deeds = deeds

    def ask(self, calls: Iterable[Call]) -> None:
        self._deeds.append(("ask", *calls))

    def cancel(self, ids: Iterable[str]) -> None:
        self._deeds.append(("cancel", *ids))


def at_the_desk(scenario: Callable[[Desk], Coroutine[None, None, None]]) -> Desk:
    """Run the scenario beside the stage, in virtual time; return the desk when the question has ended."""
    desks: list[Desk] = []

    async def main() -> None:
        desks.append(desk := Desk())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.stage.run())
            await scenario(desk)

    run(main())
    assert desks[0].question.ended
    return desks[0]


def test_what_is_wanted_is_done() -> None:
    """Text and answers go to the line, calls to the hands, reports to the stream, in the order of the events."""

    async def scenario(desk: Desk) -> None:
        for event in (READY, ToolsAsked((LAMP, HEATER)), CallsCancelled(("c2",)), TurnComplete()):
            await desk.stage.post_from_connection(event)
        await settle()
        desk.stage.post(ToolsDone((DONE,)))

    desk = at_the_desk(scenario)
    assert desk.deeds == ["turn on the lamp", ("ask", LAMP, HEATER), ("cancel", "c2"), (DONE,)]
    assert desk.question.state is State.ANSWERED


def test_tokens_are_counted() -> None:
    """Each turn's tokens are reported, with the sum of the day."""

    async def scenario(desk: Desk) -> None:
        for event in (READY, TokensUsed(30, 20, 10), SaidText("Yes."), TokensUsed(3, 2, 1), TurnComplete()):
            await desk.stage.post_from_connection(event)

    reports = at_the_desk(scenario).reports
    assert [report for report in reports if isinstance(report, UsageReport | SaidReport)] == [
        UsageReport(30, 20, 10, 30),
        UsageReport(3, 2, 1, 33),
        SaidReport("Yes.", interrupted=False),
    ]


def test_time_passes() -> None:
    """A server that says nothing is waited for as long as the question's patience lasts, no longer."""

    async def scenario(desk: Desk) -> None:
        await desk.stage.post_from_connection(READY)

    async def main() -> None:
        desk = Desk()
        await scenario(desk)
        await desk.stage.run()
        assert (now(), desk.question.state) == (60.0, State.FAILED)

    run(main())


def test_a_flood_waits() -> None:
    """A connection that says more than is read waits for room, and the hub's own events find theirs."""

    async def scenario(desk: Desk) -> None:
        flood = asyncio.create_task(_flood(desk))
        await settle()
        assert not flood.done()
        desk.stage.post(EndAsked())
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(desk.stage.run())
            await flood
            await desk.stage.post_from_connection(TurnComplete())

    async def main() -> None:
        desk = Desk()
        await scenario(desk)
        assert desk.question.state is State.ANSWERED

    run(main())


async def _flood(desk: Desk) -> None:
    await desk.stage.post_from_connection(READY)
    for _ in range(1000):
        await desk.stage.post_from_connection(SaidText("."))


def test_an_inbox_that_nobody_reads() -> None:
    """More events of the hub's own than a request can have is a bug."""

    async def main() -> None:
        desk = Desk()
        for _ in range(1000):
            desk.stage.post(EndAsked())

    with pytest.raises(LocalProtocolError, match="inbox is full"):
        run(main())
