from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from hubd.demo.show import Request, Show
from hubd.events import Backend, CallStatus, Event, Scheduling, StopAsked
from hubd.reports import (
    AnsweredReport,
    CalledReport,
    PublicState,
    Report,
    SessionChange,
    SessionReport,
    StateReport,
    WokeReport,
)

WOKE = WokeReport("hey_jarvis", 0.9, 700)


def called(call: str) -> Report:
    """Return the report of a call."""
    return CalledReport(call, "set_light", "lamp", {})


def answered(call: str, status: CallStatus) -> AnsweredReport:
    """Return the report of its answer."""
    return AnsweredReport(call, status, Scheduling.SILENT, {}, 5)


class ScriptedHub:
    """Answers each utterance with reports; falls idle when it is told to stop."""

    def __init__(self, *scripts: Sequence[Report]) -> None:
        self._scripts = list(scripts)
        self.stopped = 0
        self.ends: list[str] = []
        self.show = Show(self, quiet=0.001)

    async def run(self, *requests: Request) -> bool:
        """Run the show with this hub, which is its screen as well."""
        return await self.show.run(requests, speak=self.speak, post=self.post)

    def begin(self, request: Request) -> None:
        """Take the beginning of a request."""

    def tell(self, report: Report) -> None:
        """Take a report."""

    def end(self, disappointment: str) -> None:
        """Take the end of a request."""
        self.ends.append(disappointment)

    async def speak(self, pcm: bytes) -> None:
        """Hear an utterance."""
        for report in self._scripts.pop(0):
            self.show.take(report)

    def post(self, event: Event) -> None:
        """Take an event into the inbox."""
        assert event == StopAsked()
        self.stopped += 1
        asyncio.get_running_loop().call_soon(self.show.take, StateReport(PublicState.IDLE))


FOLLOWING = StateReport(PublicState.FOLLOWING_UP)
GOOD = (WOKE, called("1"), answered("1", CallStatus.DONE), FOLLOWING)


@pytest.mark.parametrize(
    ("reports", "disappointment"),
    [
        (GOOD, ""),
        (
            (WOKE, called("1"), called("2"), answered("2", CallStatus.DONE), answered("1", CallStatus.DONE), FOLLOWING),
            "",
        ),
        ((WOKE, called("1"), answered("1", CallStatus.FAILED), FOLLOWING), "wanted done, came to failed"),
        (
            (WOKE, called("1"), called("2"), answered("1", CallStatus.DONE), answered("2", CallStatus.LATE), FOLLOWING),
            "wanted done, came to late",
        ),
        ((WOKE, FOLLOWING), "no command was understood"),
        (
            (WOKE, SessionReport(SessionChange.FAILED, Backend.GEMINI, "no network"), StateReport(PublicState.IDLE)),
            "there was no session with the Live server",
        ),
    ],
)
async def test_verdict(reports: Sequence[Report], disappointment: str) -> None:
    """A request is a success if it led to calls, and each was done; else it is said what went wrong."""
    hub = ScriptedHub(reports)
    assert await hub.run(Request("", b"\0\0")) is (not disappointment)
    assert hub.ends == [disappointment]


async def test_every_request_counts() -> None:
    """One request that came to nothing spoils the whole."""
    hub = ScriptedHub(GOOD, (WOKE, FOLLOWING), GOOD)
    assert await hub.run(*[Request("", b"\0\0")] * 3) is False
    assert hub.stopped == 3


async def test_wanted_failure() -> None:
    """A request that is meant to fail is a success when it fails."""
    hub = ScriptedHub((WOKE, called("1"), answered("1", CallStatus.FAILED), FOLLOWING))
    assert await hub.run(Request("", b"\0\0", CallStatus.FAILED))


async def test_no_wake_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that does not wake the hub is a failure, and the demo goes on."""
    monkeypatch.setattr("hubd.demo.show._WAKES_WITHIN", 0.01)
    hub = ScriptedHub(())
    assert await hub.run(Request("", b"\0\0")) is False
    assert hub.ends == ["no wake word was heard"]


async def test_waits_for_the_words() -> None:
    """An outcome that is to be spoken of keeps the request open until that is over."""
    outcome = replace(answered("1", CallStatus.DONE), scheduling=Scheduling.WHEN_IDLE)
    hub = ScriptedHub((WOKE, called("1"), outcome, FOLLOWING))
    told: list[int] = []

    def speak() -> None:
        told.append(hub.stopped)
        hub.show.take(StateReport(PublicState.SPEAKING))
        hub.show.take(FOLLOWING)

    asyncio.get_running_loop().call_later(0.05, speak)
    assert await hub.run(Request("", b"\0\0"))
    assert (told, hub.stopped) == ([0], 1)


async def test_waits_for_the_outcome() -> None:
    """A call that is still open keeps the request open."""
    hub = ScriptedHub((WOKE, called("1"), FOLLOWING))
    asyncio.get_running_loop().call_later(0.05, hub.show.take, answered("1", CallStatus.DONE))
    assert await hub.run(Request("", b"\0\0"))
