"""The connection that is opened before the wake word is certain, between a whole hub and a real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.events import MuteChanged, Woke
from hubd.reports import NearMissReport, PublicState, SessionChange, SessionReport, WokeReport
from tests.end_to_end.house import WARM_UP, Home, Tape, home, saying, speech
from tests.live_server import LiveServer

pytestmark = pytest.mark.real_time

SECOND: Final = UPLINK_RATE
SPEED: Final = 3.0
# Nobody says a wake word for two seconds: the score rises, and the hub is never certain.
IN_DOUBT: Final = '[wake]\nwords = [{ model = "hey_jarvis", patience = 25 }]\n'


def tape() -> Tape:
    """Return the wake word with three seconds of silence after it."""
    return Tape(WARM_UP, speech("hey jarvis"), 3 * SECOND)


def only_near_misses(inside: Home) -> bool:
    """Return whether nobody was told anything but that a wake word was nearly heard."""
    return all(isinstance(report, NearMissReport) for report in inside.diary.reports)


class Certainty:
    """Makes the wake word certain as soon as the set-up has arrived, if the hub was not certain before."""

    def __init__(self) -> None:
        self.inside: Home | None = None
        self.position = 0

    async def __call__(self) -> None:
        """Wake the hub."""
        assert self.inside is not None
        assert only_near_misses(self.inside)
        self.position = len(self.inside.room.heard) // SAMPLE_BYTES
        self.inside.hub.post(Woke("hey_jarvis", 0.9, end=self.position, end_ms=0))
        await self.inside.diary.until(lambda report: isinstance(report, WokeReport))


async def test_conversation_over_it(tmp_path: Path) -> None:
    """A set-up that arrived before the wake word was certain is the conversation's; no sound from before goes out."""
    certain = Certainty()
    async with LiveServer(set_up=certain) as server, home(tmp_path, server.url, IN_DOUBT, speed=SPEED) as inside:
        certain.inside = inside
        async with saying(inside.room, tape().pcm):
            visit = await server.visit()
            await visit.until(lambda: visit.samples > SECOND)
        heard, received = bytes(inside.room.heard), bytes(visit.audio)
        opened = [report.change for report in inside.diary.reports if isinstance(report, SessionReport)]
    assert opened == [SessionChange.OPENED]
    assert len(server.visits) == 1
    assert sum(message.setup is not None for message in visit.messages) == 1
    assert heard.find(received) == certain.position * SAMPLE_BYTES


@pytest.mark.parametrize("set_up", ["at once", "too late"])
async def test_nothing_came_of_it(tmp_path: Path, set_up: str) -> None:
    """It is closed in silence, and nothing but the set-up was ever sent over it."""
    answered = asyncio.Event()
    if set_up == "at once":
        answered.set()
    arrived = asyncio.Event()

    async def answer() -> None:
        arrived.set()
        await answered.wait()

    async with LiveServer(set_up=answer) as server, home(tmp_path, server.url, IN_DOUBT, speed=SPEED) as inside:
        await inside.room.speak(tape().pcm)
        assert arrived.is_set()
        answered.set()
        visit = await server.visit()
        await visit.until(lambda: visit.over)
        assert [message.setup is not None for message in visit.messages] == [True]
        assert only_near_misses(inside)


async def test_muted(tmp_path: Path) -> None:
    """Muting closes it, without a sound."""
    async with LiveServer() as server, home(tmp_path, server.url, IN_DOUBT, speed=SPEED) as inside:
        async with saying(inside.room, tape().pcm):
            visit = await server.visit()
            inside.hub.post(MuteChanged(muted=True))
            await inside.diary.state(PublicState.MUTED)
            await visit.until(lambda: visit.over)
        assert len(visit.frames) == 1


async def test_switched_off(tmp_path: Path) -> None:
    """One line of the configuration, and nobody is dialled before the wake word is certain."""
    settings = f"{IN_DOUBT}[live]\nhead_start = false\n"
    async with LiveServer() as server, home(tmp_path, server.url, settings, speed=SPEED) as inside:
        await inside.room.speak(tape().pcm)
        assert not server.dialled.is_set()
