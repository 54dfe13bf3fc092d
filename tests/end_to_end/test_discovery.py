"""Devices that announce themselves, to ``hubd ask`` as a user runs it, to a whole hub while it runs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.live.messages import FunctionCall
from tests.devices.announcements import LAMP
from tests.end_to_end.house import WARM_UP, Tape, home, saying, speech
from tests.end_to_end.program import Outcome, run
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

ON: Final = '[mqtt]\nhost = "{host}"\nport = {port}\n[live]\nbackend = "offline"\n[discovery]\nenabled = true\n'


@asynccontextmanager
async def lamp(port: int, retained: Mapping[str, bytes]) -> AsyncIterator[list[str]]:
    """Have these messages retained, with a lamp that reports what it is told; yield what it is told."""
    broker, told = PahoBroker(BrokerSettings(HOST, port, "lamp"), lambda _: None), []

    async def obey() -> None:
        async for message in broker.messages():
            told.append(message.payload.decode())
            topic = message.topic.removesuffix("/set")
            await broker.publish(Publish(topic, message.payload, 1, retain=True), 5.0)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run()), tasks.create_task(obey())]
        await broker.wait_connected()
        broker.subscribe(["+/+/set"])
        for topic, payload in retained.items():
            await broker.publish(Publish(topic, payload, 1, retain=True), 5.0)
        yield told
        for task in running:
            task.cancel()


async def ask(home: Path, port: int, text: str, more: str = "") -> Outcome:
    """Run ``hubd ask`` in a house of which nothing is configured but that it announces itself."""
    file = home / "hubd.toml"
    file.write_text(ON.format(host=HOST, port=port) + more)
    outcome = await asyncio.to_thread(run, "ask", "--timeout", "50", "--config", file, text, home=home)
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


async def test_a_lamp_of_which_no_file_tells(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """A retained discovery message is all that it takes: the lamp is told, and its report is waited for."""
    retained = {"homeassistant/light/lamp_1/config": json.dumps(LAMP).encode()}
    async with lamp(mosquitto.port, retained) as told:
        outcome = await ask(tmp_path, mosquitto.port, "set the reading lamp to 40 percent")
    assert outcome.stdout == "The Reading lamp is on at 40 percent.\n"
    assert [json.loads(payload) for payload in told] == [{"state": "ON", "brightness": 102}]


async def test_a_lamp_of_the_bridge(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """Zigbee2MQTT's list of devices is enough as well; an alias of the configuration is understood."""
    features = [{"name": "state", "property": "state", "access": 7}, {"name": "brightness", "access": 7}]
    bulb = {
        "ieee_address": "0x01",
        "friendly_name": "bulb",
        "definition": {"exposes": [{"type": "light", "features": features}]},
    }
    alias = '[[discovery.device]]\nunique_id = "0x01"\naliases = ["lamp by the door"]\n'
    async with lamp(mosquitto.port, {"zigbee2mqtt/bridge/devices": json.dumps([bulb]).encode()}) as told:
        outcome = await ask(tmp_path, mosquitto.port, "turn on the lamp by the door", alias)
    assert outcome.stdout == "The bulb is on.\n"
    assert [json.loads(payload) for payload in told] == [{"state": "ON"}]


@pytest.mark.parametrize("more", ['exclude = ["lamp_1"]\n', 'include = ["switch"]\n'])
async def test_a_lamp_that_is_left_out(tmp_path: Path, mosquitto: PrivateBroker, more: str) -> None:
    """What the patterns leave out can't be commanded."""
    retained = {"homeassistant/light/lamp_1/config": json.dumps(LAMP).encode()}
    async with lamp(mosquitto.port, retained) as told:
        outcome = await ask(tmp_path, mosquitto.port, "turn on the reading lamp", more)
    assert "is on" not in outcome.stdout
    assert told == []


class Noted(logging.Handler):
    """Waits for a line of the log."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.seen = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line."""
        if self._text in record.getMessage():
            self.seen.set()


@contextmanager
def noting(text: str) -> Iterator[asyncio.Event]:
    """Yield what is set once the stage has logged the text."""
    logger, noted = logging.getLogger("hubd.stages.discover"), Noted(text)
    level = logger.level
    logger.addHandler(noted)
    logger.setLevel(logging.INFO)
    try:
        yield noted.seen
    finally:
        logger.removeHandler(noted)
        logger.setLevel(level)


async def test_the_next_conversation_knows_a_lamp_that_came(tmp_path: Path) -> None:
    """A lamp that announces itself while the hub runs is offered in the next conversation, and obeys there."""
    pcm = Tape(WARM_UP, speech("hey jarvis"), WARM_UP).pcm

    async def script(visit: Visit) -> None:
        if any(each["name"] == "set_light" for each in visit.declarations):
            await visit.call(FunctionCall(id="l", name="set_light", args={"device": "Reading lamp", "on": True}))
            await visit.until(lambda: len(visit.tool_responses) == 1 or visit.over)
        await visit.call(FunctionCall(id="e", name="end_conversation"))
        await visit.end_turn()
        await visit.until(lambda: visit.over)

    settings = "[discovery]\nenabled = true\n"
    async with LiveServer(script) as server, home(tmp_path, server.url, settings, speed=3) as inside:
        async with saying(inside.room, pcm):
            first = await server.visit()
        await first.until(lambda: first.over)
        with noting("1 of them discovered") as found:
            retained = {"homeassistant/light/lamp_1/config": json.dumps(LAMP).encode()}
            async with lamp(inside.port, retained) as told:
                await found.wait()
                async with saying(inside.room, pcm):
                    second = await server.visit(1)
                await second.until(lambda: second.over)
    assert "set_light" not in [each["name"] for each in first.declarations]
    assert "set_light" in [each["name"] for each in second.declarations]
    assert [json.loads(payload) for payload in told] == [{"state": "ON"}]
    response = second.tool_responses[0]["response"]
    assert isinstance(response, dict)
    assert response["status"] == "done"
