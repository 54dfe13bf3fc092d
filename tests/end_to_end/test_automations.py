"""Automations of the configuration, in a whole hub on a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest

from hubd.audio.level import scaled
from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.events import MuteChanged, Scheduling
from hubd.live.messages import ServerContent, ServerMessage, Transcription
from hubd.offline.espeak_voice import EspeakVoice
from hubd.reports import PublicState, PublishedReport, SaidReport, ToldReport
from tests.end_to_end.house import Home, Room, home
from tests.live_server import LiveServer, Visit
from tests.running import running

pytestmark = pytest.mark.real_time

FINISHED: Final = "The washing machine has finished."
SETTINGS: Final = f"""
[wake]
words = []
[speaker]
volume = 60
[[automation]]
id = "washing_machine"
when = {{ topic = "washer", json = "power", below = 5, for = "300ms" }}
then = {{ tell = "{FINISHED}", publish = {{ topic = "washed", payload = {{ watts = "{{{{ value }}}}" }}, qos = 1 }} }}
"""
QUESTION: Final = "Shall the window stay open?"
ANSWERED: Final = f"""
[wake]
words = []
[conversation]
chime = false
[[automation]]
id = "window"
when = {{ topic = "window" }}
then = {{ ask = "{QUESTION}", answer_topic = "answers/window" }}
[[automation]]
id = "door"
when = {{ topic = "door" }}
then = {{ ask = "{QUESTION}", answer_topic = "answers/door" }}
"""


def record(room: Room) -> bytearray:
    """Return what takes all that the room's speaker is given from now on."""
    played, play = bytearray(), room.play

    def keep(pcm: bytes) -> None:
        played.extend(pcm)
        play(pcm)

    room.play = keep  # type: ignore[method-assign]  # the speaker of this one room is listened to
    return played


@asynccontextmanager
async def thing(inside: Home) -> AsyncIterator[PahoBroker]:
    """Yield the broker as something in the house has it, once the hub is there too."""
    await inside.hub._broker.wait_connected()
    broker = PahoBroker(BrokerSettings(HOST, inside.port, "thing"), lambda _: None)
    async with running(broker.run()):
        await broker.wait_connected()
        yield broker


async def test_the_washing_machine_has_finished(tmp_path: Path) -> None:
    """Little power for a while after a run: the speaker says so, a message goes out, no Live session is opened."""
    async with LiveServer() as server, home(tmp_path, server.url, SETTINGS, speed=4) as inside:
        played = record(inside.room)
        async with thing(inside) as machine:
            messages = machine.messages()
            machine.subscribe(["washed"])
            # Retained, so that it is known however late the hub subscribes: only what follows is a change.
            for power, retain in ((1900, True), (2, False)):
                await machine.publish(Publish("washer", json.dumps({"power": power}).encode(), 1, retain), 5)
            told = await inside.diary.until(lambda report: isinstance(report, ToldReport))
            await inside.diary.until(lambda report: report == SaidReport(FINISHED, interrupted=False), told)
            message = await anext(messages)
        assert not server.dialled.is_set()
    told_reports = [report for report in inside.diary.reports if isinstance(report, ToldReport)]
    assert told_reports == [ToldReport("washing machine", FINISHED, Scheduling.WHEN_IDLE)]
    assert json.loads(message.payload) == {"watts": 2}
    assert PublishedReport(None, "washed", '{"watts":2}', 1) in inside.diary.reports
    assert scaled(await asyncio.to_thread(EspeakVoice().speak, FINISHED), 60) in bytes(played)


async def test_a_question_with_its_answer(tmp_path: Path) -> None:
    """The question is spoken, what the person says to it is published; muted, nobody is asked, and that is told."""

    async def person(visit: Visit) -> None:
        said = Transcription(text="Yes, please.", finished=True)
        await visit.send(ServerMessage(server_content=ServerContent(input_transcription=said)))
        await visit.end_turn()
        await visit.until(lambda: visit.over)

    async with (
        LiveServer(person) as server,
        home(tmp_path, server.url, ANSWERED, speed=4) as inside,
        thing(inside) as window,
    ):
        answers = window.messages()
        window.subscribe(["answers/#"])
        await window.publish(Publish("window", b"open", 1), 5)
        first = await anext(answers)
        inside.hub.post(MuteChanged(muted=True))
        await inside.diary.state(PublicState.MUTED)
        await window.publish(Publish("door", b"open", 1), 5)
        second = await anext(answers)
    assert (first.topic, json.loads(first.payload)) == (
        "answers/window",
        {"automation": "window", "ok": True, "status": "done", "text": "Yes, please.", "detail": ""},
    )
    assert (second.topic, json.loads(second.payload)["status"]) == ("answers/door", "refused")
    assert SaidReport(QUESTION, interrupted=False) in inside.diary.reports
    assert len(server.visits) == 1
    assert any(QUESTION in frame for frame in server.visits[0].frames)
