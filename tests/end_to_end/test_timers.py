"""Timers in a whole hub."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.level import scaled
from hubd.audio.pcm import UPLINK_RATE
from hubd.audio.tones import render
from hubd.live.messages import FunctionCall
from hubd.offline.espeak_voice import EspeakVoice
from hubd.reports import SaidReport
from hubd.wishes import ListenAsked, Sign
from tests.end_to_end.house import Tape, home, saying, speech
from tests.end_to_end.test_automations import record
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

SECOND: Final = UPLINK_RATE
# However slow the machine is, it rings until it is told to stop.
SETTINGS: Final = """
[wake]
words = []
[speaker]
volume = 60
[timers]
ring_for = "10m"
"""


async def test_a_timer_survives_a_restart_and_rings_until_somebody_says_stop(tmp_path: Path) -> None:
    """What the model sets in one hub the next one rings, with no session open; "stop", said in a pause, ends it."""

    async def set_timer(visit: Visit) -> None:
        await visit.call(FunctionCall(id="c1", name="set_timer", args={"seconds": 3, "name": "eggs"}))

    file = tmp_path / "timers.json"
    async with LiveServer(set_timer) as server:
        async with home(tmp_path, server.url, SETTINGS, timers=file) as inside:
            inside.hub.post(ListenAsked("test"))
            visit = await server.visit()
            await visit.until(lambda: bool(visit.tool_responses))
        assert "eggs" in file.read_text()
        async with home(tmp_path, server.url, SETTINGS, speed=2, timers=file) as inside:
            played, quiet = record(inside.room), asyncio.Event()
            ring = inside.hub._ring

            def stop() -> None:
                ring.quiet()
                quiet.set()

            inside.hub.converse._quiet = stop
            await inside.diary.until(lambda report: isinstance(report, SaidReport) and "eggs" in report.text)
            async with saying(
                inside.room, Tape(*[piece for _ in range(20) for piece in (speech("stop"), 6 * SECOND)]).pcm
            ):
                await quiet.wait()
    (answer,) = visit.tool_responses
    assert "The eggs timer rings in 3 seconds." in str(answer["response"])
    assert scaled(render(Sign.RING), 60) in played
    assert scaled(EspeakVoice().speak("The eggs timer is done."), 60) in played
    assert file.read_text() == "[]"
    assert len(server.visits) == 1
