"""Requests, one after the other, each judged by what it led to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from hubd.events import CallStatus, Event, Scheduling, StopAsked
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

# The wake word's score comes up to 0.7 s after the word; past this, nothing was heard.
_WAKES_WITHIN: Final = 4.0
_LONGEST: Final = 120.0
# An outcome of which the model is to speak takes it a while; past this, it has nothing to say.
_SPEAKS_WITHIN: Final = 10.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is said to the hub.

    title: for people. sound: signed 16-bit mono at 16 kHz, or None to wait for a person at the microphone.
    wanted: what the calls that it leads to should come to; at least one call is wanted.
    """

    title: str
    sound: bytes | None
    wanted: CallStatus = CallStatus.DONE


@dataclass(slots=True)
class Course:
    """What a request has led to so far; untold: whether the model is still to speak of an outcome."""

    woke: bool = False
    failed: bool = False
    untold: bool = False
    state: PublicState = PublicState.IDLE
    open: set[str] = field(default_factory=set)
    answered: list[CallStatus] = field(default_factory=list)

    def take(self, report: Report) -> None:
        """Note a report."""
        match report:
            case WokeReport():
                self.woke = True
            case StateReport(state):
                self.state = state
                self.untold = self.untold and state is not PublicState.SPEAKING
            case SessionReport(change=SessionChange.FAILED):
                self.failed = True
            case CalledReport(call):
                self.open.add(call)
            case AnsweredReport(status=CallStatus.ON_ITS_WAY):
                pass
            case AnsweredReport(call, status, scheduling):
                self.untold = self.untold or scheduling is not Scheduling.SILENT
                self.open.discard(call)
                self.answered.append(status)

    @property
    def resting(self) -> bool:
        """Whether the hub has nothing left to do but wait for the person."""
        return not self.open and self.state in {PublicState.IDLE, PublicState.FOLLOWING_UP}

    def disappointment(self, wanted: CallStatus) -> str:
        """Return what went otherwise than wanted, in words; empty if every call came to it, and there was one."""
        if not self.woke:
            return "no wake word was heard"
        if self.failed:
            return "there was no session with the Live server"
        if not self.answered:
            return "no command was understood"
        others = {status for status in self.answered if status is not wanted}
        return f"wanted {wanted}, came to {', '.join(sorted(others))}" if others else ""


class Screen(Protocol):
    """Where a demo is shown."""

    def begin(self, request: Request) -> None:
        """Show that a request is about to be said."""
        ...

    def tell(self, report: Report) -> None:
        """Show a report of the hub."""
        ...

    def end(self, disappointment: str) -> None:
        """Show that the request is dealt with, and what went otherwise than wanted; empty for nothing."""
        ...


class Show:
    """Says requests to a hub and watches its reports.

    quiet: for so many seconds nothing may happen before a request counts as dealt with.
    """

    def __init__(self, screen: Screen, *, quiet: float) -> None:
        self._screen = screen
        self._quiet = quiet
        self._course = Course()
        self._changed = asyncio.Event()

    def take(self, report: Report) -> None:
        """Watch a report of the hub, and show it."""
        self._screen.tell(report)
        self._course.take(report)
        self._changed.set()

    async def run(
        self,
        requests: Sequence[Request],
        *,
        speak: Callable[[bytes], Awaitable[None]],
        post: Callable[[Event], None],
    ) -> bool:
        """Say the requests; return whether each came to what was wanted.

        speak: says sound into the hub's microphone, returns when it is said. post: the hub's inbox.
        """
        disappointments = []
        for request in requests:
            self._course = Course()
            self._screen.begin(request)
            if request.sound is not None:
                await speak(request.sound)
            await self._follow(self._course, request)
            if self._course.state is not PublicState.IDLE:
                post(StopAsked())
                await self._until(lambda: self._course.state is PublicState.IDLE, _LONGEST)
            disappointments.append(self._course.disappointment(request.wanted))
            self._screen.end(disappointments[-1])
        return not any(disappointments)

    async def _follow(self, course: Course, request: Request) -> None:
        """Return when the request is dealt with, or has not woken the hub."""
        patience = _WAKES_WITHIN if request.sound is not None else None
        if not await self._until(lambda: course.woke, patience):
            return
        await self._until(lambda: course.resting, _LONGEST)
        while await self._changes_within(max(self._quiet, _SPEAKS_WITHIN) if course.untold else self._quiet):
            await self._until(lambda: course.resting, _LONGEST)

    async def _until(self, condition: Callable[[], bool], patience: float | None) -> bool:
        """Wait for a condition on the course; return whether it came."""
        try:
            async with asyncio.timeout(patience):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _changes_within(self, seconds: float) -> bool:
        if self._course.state is PublicState.IDLE:
            return False
        self._changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True
