"""``hubd devices`` as a user runs it, in a house of two lamps on a real broker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from tests.end_to_end.program import Outcome, run

SETTINGS: Final = """
[mqtt]
host = "{host}"
port = {port}
[discovery]
enabled = true
[[discovery.device]]
unique_id = "plug_1"
within = "0.1s"
scheduling = "INTERRUPT"
[[device]]
id = "kitchen_lights"
name = "kitchen lights"
room = "kitchen"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/kitchen_lights"
[[device]]
id = "front_door"
name = "front door"
kind = "lock"
dialect = "zigbee2mqtt"
topic = "z/front_door"
confirm = true
"""
RETAINED: Final = {
    "z/kitchen_lights": b'{"state":"OFF"}',
    "homeassistant/switch/plug/config": b'{"name":"Fan plug","uniq_id":"plug_1","cmd_t":"plug/set","stat_t":"plug"}',
    "homeassistant/switch/odd/config": b'{"name":',
    "homeassistant/camera/cam/config": b'{"name":"Porch","uniq_id":"cam_1","t":"cam"}',
    "plug": b"ON",
}


@asynccontextmanager
async def lamps(port: int) -> AsyncIterator[list[tuple[str, bytes]]]:
    """Have a lamp at home that does what it is told; yield all that is told to anybody."""
    broker, told = PahoBroker(BrokerSettings(HOST, port, "lamps"), lambda _: None), []

    async def obey() -> None:
        async for message in broker.messages():
            told.append((message.topic, message.payload))
            if message.topic.startswith("z/kitchen"):
                await broker.publish(Publish(message.topic.removesuffix("/set"), message.payload, 1, retain=True), 5.0)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run()), tasks.create_task(obey())]
        await broker.wait_connected()
        broker.subscribe(["+/+/set", "+/set"])
        for topic, payload in RETAINED.items():
            await broker.publish(Publish(topic, payload, 1, retain=True), 5.0)
        yield told
        for task in running:
            task.cancel()


async def devices(home: Path, port: int, *arguments: str) -> Outcome:
    """Run ``hubd devices`` in that house."""
    (home / "hubd.toml").write_text(SETTINGS.format(host=HOST, port=port))
    outcome = await asyncio.to_thread(run, "devices", *arguments, home=home, HUBD_CONFIG=str(home / "hubd.toml"))
    assert "Traceback" not in outcome.stderr, outcome.stderr
    return outcome


async def test_the_house_is_listed(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """Devices of files as well as those that announced themselves, with what the broker had kept of their states."""
    async with lamps(mosquitto.port) as told:
        table, lines, problems = await asyncio.gather(
            devices(tmp_path, mosquitto.port),
            devices(tmp_path, mosquitto.port, "--json"),
            devices(tmp_path, mosquitto.port, "--problems"),
        )
        assert told == []
    assert [each.status for each in (table, lines, problems)] == [0, 0, 0]
    heads, kitchen, _, plug, *_, note = table.stdout.splitlines()
    assert heads.split()[-3:] == ["FROM", "STATE", "AGE"]
    assert kitchen.split()[:4] == ["kitchen", "lights", "kitchen", "light"]
    assert kitchen.split()[-4:] == ["SILENT/WHEN_IDLE/INTERRUPT", "hubd.toml", "off", "kept"]
    assert plug.split()[-5:] == ["INTERRUPT", "discovery", "plug_1", "on", "kept"]
    assert note == "1 topic has broken discovery messages; --problems names them."
    assert [json.loads(line)["id"] for line in lines.stdout.splitlines()] == ["kitchen_lights", "front_door", "plug_1"]
    assert "homeassistant/switch/odd/config  1      the message is no JSON" in problems.stdout
    assert "Porch  camera     camera is no kind of device that is offered to the voice  cam_1" in problems.stdout


async def test_a_device_is_tried(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """What is sent, what the device reports, what came of it; a misspelt name, a door without --yes send nothing."""
    async with lamps(mosquitto.port) as told:
        lamp, misspelt, door, silent = await asyncio.gather(
            devices(tmp_path, mosquitto.port, "try", "kitchen_lights", "40%"),
            devices(tmp_path, mosquitto.port, "try", "kitchen lihgts", "on"),
            devices(tmp_path, mosquitto.port, "try", "front door", "unlock"),
            devices(tmp_path, mosquitto.port, "try", "--json", "fan plug", "off"),
        )
    assert [each.status for each in (lamp, misspelt, door, silent)] == [0, 2, 2, 1]
    published, reported, done = (line.split(" ms  ") for line in lamp.stdout.splitlines())
    assert published[1] == 'published: z/kitchen_lights/set {"state":"ON","brightness":102}'
    assert reported[1] == 'reported: z/kitchen_lights {"state":"ON","brightness":102}'
    assert done[1] == "done: The kitchen lights are on at 40 percent."
    assert int(published[0]) <= int(reported[0]) <= int(done[0])
    assert misspelt.stderr == 'hubd: There is no device called "kitchen lihgts"; there are: kitchen lights.\n'
    assert door.stderr == "hubd: front door wants a person to say yes: add --yes.\n"
    assert [(each["event"], each.get("status")) for each in silent.events] == [
        ("published", None),
        ("answered", "failed"),
    ]
    assert sorted(told) == [("plug/set", b"OFF"), ("z/kitchen_lights/set", b'{"state":"ON","brightness":102}')]


async def test_without_a_broker(tmp_path: Path) -> None:
    """The devices of files are listed without states; why, and that a command can't be sent, is told with status 1."""
    async with PrivateBroker() as gone:
        port = gone.port
    table, trial = await asyncio.gather(devices(tmp_path, port), devices(tmp_path, port, "try", "kitchen_lights", "on"))
    assert (table.status, trial.status) == (1, 1)
    assert [line.split()[-1] for line in table.stdout.splitlines()] == ["FROM", "hubd.toml", "hubd.toml"]
    assert table.stderr == trial.stderr
    assert table.stderr.startswith(f"hubd: no MQTT broker listens at {HOST}:{port}. ")
