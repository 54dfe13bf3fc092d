"""The whole hub, whose connections end when they like."""

from __future__ import annotations

import json
import stat
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.audio.tones import render
from hubd.demo.house import demo_devices
from hubd.effects import Sign
from hubd.events import Backend, StopAsked
from hubd.live.messages import FunctionCall
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.server import OfflineServer
from hubd.offline.standby import Standby
from hubd.reports import (
    Part,
    PublicState,
    PublishedReport,
    Report,
    SessionChange,
    SessionReport,
    StateReport,
    TroubleReport,
)
from tests.end_to_end.house import WARM_UP, Tape, home, saying, speech
from tests.live_server import LiveServer, Mark, Visit

pytestmark = pytest.mark.real_time

SECOND: Final = UPLINK_RATE


def on_the_first(script: Callable[[Visit], Awaitable[None]]) -> Callable[[Visit], Awaitable[None]]:
    """Return the script for the first connection alone."""
    seen: list[Visit] = []

    async def once(visit: Visit) -> None:
        seen.append(visit)
        if len(seen) == 1:
            await script(visit)

    return once


@pytest.mark.parametrize("turn_end", ["server", "local"])
async def test_cut_in_the_middle_of_a_request(tmp_path: Path, turn_end: str) -> None:
    """The next connection hears the request whole, bit for bit, and goes on from the handle."""

    async def cut(visit: Visit) -> None:
        await visit.issue("h")
        await visit.until(lambda: visit.samples > SECOND)
        visit.cut()

    wake, request = speech("hey jarvis"), speech("turn on the kitchen lights and then the lamp in the living room")
    tape = Tape(WARM_UP, wake, request, 6 * SECOND)
    _, wake_ends, request_ends, _ = tape.marks
    settings = f'[conversation]\nturn_end = "{turn_end}"\n'
    async with LiveServer(on_the_first(cut)) as server, home(tmp_path, server.url, settings, speed=2) as inside:
        async with saying(inside.room, tape.pcm):
            again = await server.visit(1)
            if turn_end == "local":
                await again.until(lambda: bool(again.marks[1:]))
            else:
                await again.until(lambda: again.samples > request_ends - wake_ends + SECOND)
        heard, received = bytes(inside.room.heard), bytes(again.audio)
        changes = [report.change for report in inside.diary.reports if isinstance(report, SessionReport)]
    first = server.visits[0]
    assert again.handle == "h"
    assert changes == [SessionChange.OPENED, SessionChange.CLOSED, SessionChange.RESUMED]
    assert received[:SECOND] == bytes(first.audio)[:SECOND]
    place = heard.find(received)
    assert place >= 0, "what the server received is no stretch of what the microphone heard"
    begin = (place - heard.find(tape.pcm[: request_ends * SAMPLE_BYTES])) // SAMPLE_BYTES
    assert begin <= wake_ends
    assert begin + len(received) // SAMPLE_BYTES >= request_ends
    if turn_end == "local":
        assert again.marks == [Mark("start", 0), Mark("end", again.samples)]


def _heard_a_second_of(visit: Visit) -> bool:
    return visit.samples > SECOND


async def test_restart(tmp_path: Path) -> None:
    """A hub that is started anew goes on from where the one before it was, from a file that nobody else can read."""

    async def issue(visit: Visit) -> None:
        await visit.issue(f"secret {len(server.visits)}")

    tape = Tape(WARM_UP, speech("hey jarvis"), 4 * SECOND)
    state = tmp_path / "state" / "session.json"
    async with LiveServer(issue) as server:
        for number in range(2):
            async with home(tmp_path, server.url, speed=3, state=state) as inside:
                async with saying(inside.room, tape.pcm):
                    visit = await server.visit(number)
                    place = await inside.diary.state(PublicState.LISTENING)
                    await visit.until(partial(_heard_a_second_of, visit))
                inside.hub.post(StopAsked())
                await inside.diary.state(PublicState.IDLE, place)
    assert [visit.handle for visit in server.visits] == ["", "secret 1"]
    assert "secret 2" in state.read_text()
    assert stat.S_IMODE(state.stat().st_mode) == 0o600


async def test_restart_while_a_call_is_carried_out(tmp_path: Path) -> None:
    """The next hub tells what is true of the call, and does not carry it out again, though the server repeats it."""
    call = FunctionCall(id="c1", name="set_light", args={"device": "kitchen lights", "on": True})

    async def ask(visit: Visit) -> None:
        await visit.issue("h")
        await visit.call(call)

    def is_published(report: Report) -> bool:
        return isinstance(report, PublishedReport)

    tape = Tape(WARM_UP, speech("hey jarvis"), 4 * SECOND)
    state = tmp_path / "session.json"
    async with LiveServer(ask) as server:
        again = partial(home, tmp_path, server.url, speed=3, state=state, devices=demo_devices())
        async with again() as inside, saying(inside.room, tape.pcm):
            await inside.diary.until(is_published)
        async with again() as inside, saying(inside.room, tape.pcm):
            visit = await server.visit(1)
            await visit.until(lambda: bool(visit.tool_responses))
            published = [report for report in inside.diary.reports if is_published(report)]
    (answer,) = visit.tool_responses
    assert (visit.handle, answer["id"], answer["scheduling"], published) == ("h", "c1", "SILENT", [])
    (told,) = [frame for frame in visit.frames if "clientContent" in frame]
    for text in (told, json.dumps(answer)):
        assert "started anew before the kitchen lights had reported" in text


async def test_without_internet(tmp_path: Path, quiet_port: int) -> None:
    """With no server at its address the offline one carries the request out, in the same breath."""
    nobody = f"ws://127.0.0.1:{quiet_port}"
    standby = Standby(OfflineServer)
    tape = Tape(WARM_UP, speech("hey jarvis"), speech("turn on the kitchen lights"), 10 * SECOND)
    async with home(tmp_path, nobody, devices=demo_devices(), standby=standby) as inside, saying(inside.room, tape.pcm):
        await inside.diary.until(lambda report: isinstance(report, PublishedReport))
        reports = list(inside.diary.reports)
        inside.hub.post(StopAsked())
        await inside.diary.until(lambda report: report == StateReport(PublicState.IDLE), len(reports))
    assert SessionReport(SessionChange.OPENED, Backend.OFFLINE) in reports
    assert [report.problem for report in reports if isinstance(report, TroubleReport)] == [
        "The Live server can't be reached"
    ]
    (published,) = [report for report in reports if isinstance(report, PublishedReport)]
    assert "ON" in published.payload


async def test_bad_key_is_said_aloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that the server refuses is told by the offline voice, once, and is trouble for those who read."""
    said: list[bytes] = []
    refusal = "API key not valid. Please pass a valid API key."
    words = "The Live server refuses the API key. Check that the key is whole, valid and meant for Gemini."
    tape = Tape(WARM_UP, speech("hey jarvis"), 2 * SECOND)

    async def refuse(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.close(1007, refusal)

    async with serve(refuse, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with home(tmp_path, url, "[speaker]\nvolume = 100\n", speed=2) as inside:
            play = inside.room.play

            def listen(pcm: bytes) -> None:
                said.append(pcm)
                play(pcm)

            monkeypatch.setattr(inside.room, "play", listen)
            for _ in range(2):
                place = len(inside.diary.reports)
                async with saying(inside.room, tape.pcm):
                    place = await inside.diary.state(PublicState.OPENING, place)
                    await inside.diary.state(PublicState.IDLE, place)
                    await inside.room.listened(2 * SECOND)
            reports = list(inside.diary.reports)
    spoken, (problem, _, advice) = EspeakVoice().speak(words), words.partition(". ")
    assert said.count(spoken) == 1
    assert said.index(spoken) == said.index(render(Sign.FAILED)) + 1
    assert [report for report in reports if isinstance(report, TroubleReport) and report.part is Part.LIVE] == [
        TroubleReport(Part.LIVE, problem, advice)
    ]
