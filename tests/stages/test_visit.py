from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final

import pytest

from hubd.audio.buffers import Uplink
from hubd.errors import LinkError
from hubd.events import (
    Answer,
    Backend,
    Call,
    CallStatus,
    LinkLost,
    LinkReady,
    SaidText,
    Scheduling,
    ToolsAsked,
)
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.ports import LiveLink
from hubd.reports import Part, Report, TroubleReport
from hubd.stages.connection import Server
from hubd.stages.visit import Visit
from tests.running import running
from tests.stages.line_fakes import BAD_KEY, BUSY, GONE, QUOTA, READY, SETUP_TIMEOUT, FakeLink
from tests.virtual_time import now, pass_time, run, settle

SAID: Final = '{"serverContent":{"outputTranscription":{"text":"Yes."}}}'
ASKED: Final = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp","args":{}}]}}'


class Street(Visit):
    """A visit in virtual time: what it dials comes from links, in order; what it posts is kept in posted.

    standby: the link to another server, if there is one.
    """

    def __init__(self, *links: FakeLink | Exception, standby: FakeLink | None = None) -> None:
        servers = [_server(Backend.GEMINI, self._take)]
        if standby is not None:
            servers.append(_server(Backend.OFFLINE, self._take))
        self.posted: list[object] = []
        self.reported: list[Report] = []
        self.dialled: list[float] = []
        super().__init__(servers, report=self.reported.append)
        self._links: list[FakeLink | Exception] = [*links, *([standby] if standby is not None else ())]

    async def post(self, event: object) -> None:
        """Keep an event."""
        self.posted.append(event)

    async def _take(self) -> FakeLink:
        self.dialled.append(now())
        link = self._links.pop(0) if self._links else LinkError("nobody is there")
        if isinstance(link, Exception):
            raise link
        link.open = True
        return link


def _server(backend: Backend, dial: Callable[[], Awaitable[LiveLink]]) -> Server:
    def make_mouth(handle: str | None) -> Mouth:
        return Mouth(LiveSession(Opening(SessionSettings(model="m"), ()), handle, backend), Uplink(), manual=False)

    return Server(backend, dial, make_mouth, lambda: "")


def visiting(
    scenario: Callable[[Street], Coroutine[None, None, None]],
    *links: FakeLink | Exception,
    standby: FakeLink | None = None,
) -> Street:
    """Run the scenario beside a visit, in virtual time; return the street afterwards."""
    streets: list[Street] = []

    async def main() -> None:
        streets.append(street := Street(*links, standby=standby))
        async with running(street.run(street.post)):
            await scenario(street)

    run(main())
    return streets[0]


async def a_minute(_street: Street) -> None:
    """Let a minute pass."""
    await pass_time(60.0)


def test_a_session() -> None:
    """The set-up is sent without a handle, then the text, then answers; what the server does is posted."""
    link = FakeLink([READY, SAID, ASKED])
    call = Call("c1", "lamp")

    async def scenario(street: Street) -> None:
        await settle()
        street.say("Is it on?")
        street.respond((Answer(call, CallStatus.DONE, Scheduling.SILENT, {"status": "done"}),))
        await settle()
        assert link.open

    street = visiting(scenario, link)
    assert street.posted == [LinkReady(Backend.GEMINI, resumed=False), SaidText("Yes."), ToolsAsked((call,))]
    setup, text, response = map(json.loads, link.sent)
    assert "handle" not in setup["setup"].get("sessionResumption", {})
    assert text == {"realtimeInput": {"text": "Is it on?"}}
    assert response["toolResponse"]["functionResponses"][0]["id"] == "c1"
    assert not link.open


def test_three_attempts() -> None:
    """A server that can't be reached is dialled three times; then the reason is posted, once, with what to do."""
    street = visiting(a_minute)
    assert street.dialled == [0.0, 0.5, 1.5]
    assert street.posted == [
        LinkLost(Backend.GEMINI, "The Live server can't be reached. Check the network. (nobody is there)")
    ]


@pytest.mark.parametrize("failure", [BUSY, GONE])
def test_a_second_attempt(failure: LinkError) -> None:
    """What failed before the session was there is tried again."""
    link = FakeLink([READY])
    street = visiting(a_minute, FakeLink([failure]), link)
    assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]


@pytest.mark.parametrize(("failure", "fatal"), [(BAD_KEY, True), (QUOTA, False)])
def test_no_second_attempt(failure: LinkError, fatal: bool) -> None:  # noqa: FBT001 -- pytest passes it
    """What can't become better within seconds is told at once."""
    street = visiting(a_minute, FakeLink([failure]), FakeLink([READY]))
    (lost,) = street.posted
    assert isinstance(lost, LinkLost)
    assert (lost.fatal, len(street.dialled)) == (fatal, 1)


def test_a_set_up_that_is_never_answered() -> None:
    """It is given up after its time, like a server that can't be reached."""
    street = visiting(a_minute, FakeLink(), FakeLink([READY]))
    assert street.dialled == [0.0, SETUP_TIMEOUT + 0.5]
    assert street.posted == [LinkReady(Backend.GEMINI, resumed=False)]


@pytest.mark.parametrize("end", [GONE, "no JSON", '{"setupComplete":{}}'])
def test_an_open_session_is_not_opened_again(end: LinkError | str) -> None:
    """Commands may have been given: what ends it, a broken frame included, is the end."""
    link = FakeLink([READY, SAID, end])
    street = visiting(a_minute, link, FakeLink([READY]))
    assert [type(event) for event in street.posted] == [LinkReady, SaidText, LinkLost]
    assert len(street.dialled) == 1
    assert not link.open


@pytest.mark.parametrize("failure", [BUSY, BAD_KEY, QUOTA, LinkError("nobody is there")])
def test_another_server(failure: LinkError) -> None:
    """Where there is one, it is gone to after one attempt, and whoever waits is told why."""
    link = FakeLink([READY])
    street = visiting(a_minute, failure, standby=link)
    assert street.dialled == [0.0, 0.0]
    assert street.posted == [LinkReady(Backend.OFFLINE, resumed=False)]
    (trouble,) = street.reported
    assert isinstance(trouble, TroubleReport)
    assert (trouble.part, bool(trouble.problem), bool(trouble.advice)) == (Part.LIVE, True, True)


def test_no_other_server_for_an_open_session() -> None:
    """What was begun with one server is not begun again with another."""
    street = visiting(a_minute, FakeLink([READY, GONE]), standby=FakeLink([READY]))
    assert [type(event) for event in street.posted] == [LinkReady, LinkLost]
    assert street.reported == []


def test_nothing_is_said_into_the_void() -> None:
    """Before and after the connection there is nobody to hear."""

    async def scenario(street: Street) -> None:
        street.say("hello")
        street.respond(())
        await pass_time(60.0)
        street.say("hello")

    link = FakeLink([READY, GONE])
    visiting(scenario, link)
    assert len(link.sent) == 1
