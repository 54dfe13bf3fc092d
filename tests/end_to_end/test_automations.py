"""Automations of the configuration, in a whole hub on a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from hubd.audio.level import scaled
from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.events import Scheduling
from hubd.offline.espeak_voice import EspeakVoice
from hubd.reports import PublishedReport, SaidReport, ToldReport
from tests.end_to_end.house import Room, home
from tests.live_server import LiveServer
from tests.running import running

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


def record(room: Room) -> bytearray:
    """Return what takes all that the room's speaker is given from now on."""
    played, play = bytearray(), room.play

    def keep(pcm: bytes) -> None:
        played.extend(pcm)
        play(pcm)

    room.play = keep  # type: ignore[method-assign]  # the speaker of this one room is listened to
    return played


@asynccontextmanager
async def washing_machine(port: int) -> AsyncIterator[PahoBroker]:
    """Yield the machine's client, which hears what is published about it."""
    machine = PahoBroker(BrokerSettings(HOST, port, "washer"), lambda _: None)
    async with running(machine.run()):
        await machine.wait_connected()
        yield machine


async def test_the_washing_machine_has_finished(tmp_path: Path) -> None:
    """Little power for a while after a run: the speaker says so, a message goes out, no Live session is opened."""
    async with LiveServer() as server, home(tmp_path, server.url, SETTINGS, speed=4) as inside:
        played = record(inside.room)
        await inside.hub._broker.wait_connected()
        async with washing_machine(inside.port) as machine:
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
