"""What is around the hub of the bench: devices that flood the broker, a Live server that speaks without pause.

Usage: house_world.py PORT DEVICES RATE SECONDS; prints the server's URL, waits for a line, prints what it saw as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from hubd.audio.pcm import DOWNLINK_RATE, bytes_of
from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.live.content import Blob, Content, Part
from hubd.live.messages import FunctionCall, ServerContent, ServerMessage
from scripts.benches.house_devices import BenchDevice, house
from tests.live_server import LiveServer, Visit

_TICK: Final = 0.01
_PIECE_MS: Final = 40
# So much sound is ahead of the speaker; with the service it is more, as that sends faster than one hears.
_LEAD_MS: Final = 500
_TIMEOUT: Final = 5.0


class World:
    """Devices on the broker; sent counts their reports."""

    def __init__(self, devices: Sequence[BenchDevice], port: int) -> None:
        self.devices = devices
        self.broker = PahoBroker(BrokerSettings(HOST, port, "bench-world"), lambda _: None)
        self._by_topic = {f"{device.topic}/set": device for device in devices}
        self._random = Random(7)  # noqa: S311 -- the same flood each time
        self.sent = 0
        self.told: dict[str, float] = {}

    async def announce(self) -> None:
        """Have every device announced and its state known, by retained messages."""
        await self._retain("zigbee2mqtt/bridge/state", b'{"state":"online"}')
        for device in self.devices:
            await self._retain(*device.discovery)
            await self._retain(device.topic, device.report(self._random))

    async def obey(self) -> None:
        """Do what the devices are told, for ever."""
        inbox = self.broker.messages()
        self.broker.subscribe(["zigbee2mqtt/+/set"])
        async for message in inbox:
            device = self._by_topic[message.topic]
            self.told[device.name] = time.monotonic()
            device.state |= json.loads(message.payload)
            await self._report(device)

    async def flood(self, rate: int) -> None:
        """Have devices report so often a second, for ever."""
        loop = asyncio.get_running_loop()
        began, due = loop.time(), 0
        while True:
            await asyncio.sleep(_TICK)
            now = round((loop.time() - began) * rate)
            for device in self._random.choices(self.devices, k=now - due):
                await self._report(device)
            due = now

    async def _report(self, device: BenchDevice) -> None:
        await self.broker.publish(Publish(device.topic, device.report(self._random)), _TIMEOUT)
        self.sent += 1

    async def _retain(self, topic: str, payload: bytes) -> None:
        await self.broker.publish(Publish(topic, payload, 1, retain=True), _TIMEOUT)


class Talk:
    """The Live server's part: speaks all the time, commands a light every second."""

    def __init__(self, world: World, seconds: float) -> None:
        self._world = world
        self._seconds = seconds
        self.found: dict[str, Any] = {}
        self.over = asyncio.Event()

    async def script(self, visit: Visit) -> None:
        """Talk with one visitor."""
        loop = asyncio.get_running_loop()
        began, sent, sound_ms, late_ms = loop.time(), self._world.sent, 0, 0.0
        asked: dict[str, tuple[str, float]] = {}
        lights = iter(device for device in self._world.devices if device.component == "light")
        while (passed := loop.time() - began) < self._seconds:
            late_ms = max(late_ms, passed * 1000 + _LEAD_MS - sound_ms if sound_ms else 0.0)
            while sound_ms < passed * 1000 + _LEAD_MS:
                await visit.send(_sound())
                sound_ms += _PIECE_MS
            if len(asked) < passed:
                light = next(lights)
                call = f"bench-{len(asked)}"
                asked[call] = (light.name, time.monotonic())
                await visit.call(FunctionCall(id=call, name="set_light", args={"device": light.name, "on": True}))
            await asyncio.sleep(_TICK)
        self.found = {"seconds": loop.time() - began, "reports": self._world.sent - sent}
        with contextlib.suppress(TimeoutError):  # what has not come by then is missing in the count
            async with asyncio.timeout(_TIMEOUT):
                await visit.until(lambda: visit.over or len(visit.tool_responses) == len(asked))
        await visit.send(ServerMessage(server_content=ServerContent(generation_complete=True)))
        await visit.end_turn()
        done = [each["id"] for each in visit.tool_responses if _status(each) == "done"]
        delays = [(self._world.told[name] - at) * 1000 for name, at in asked.values() if name in self._world.told]
        self.found |= {
            "asked": len(asked),
            "done": len(done),
            "delays_ms": sorted(delays),
            "late_ms": late_ms,
            "setup": len(visit.frames[0]),
        }
        await visit.call(FunctionCall(id="bench-end", name="end_conversation"))
        await visit.end_turn()
        await visit.until(lambda: visit.over)
        self.over.set()


def _status(response: Any) -> str:
    return str(response["response"]["status"])


def _sound() -> ServerMessage:
    pcm = bytes((n * 7919) % 251 for n in range(bytes_of(_PIECE_MS, DOWNLINK_RATE)))
    blob = Blob(mime_type=f"audio/pcm;rate={DOWNLINK_RATE}", data=pcm)
    return ServerMessage(
        server_content=ServerContent(model_turn=Content(role="model", parts=(Part(inline_data=blob),)))
    )


async def main(port: int, count: int, rate: int, seconds: float) -> None:
    """Play all this until the conversation is over."""
    world = World(house(count), port)
    talk = Talk(world, seconds)
    async with asyncio.TaskGroup() as tasks, LiveServer(talk.script) as server:
        running = [tasks.create_task(world.broker.run())]
        await world.broker.wait_connected()
        await world.announce()
        running.append(tasks.create_task(world.obey()))
        print(server.url, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        running.append(tasks.create_task(world.flood(rate)))
        await talk.over.wait()
        for task in running:
            task.cancel()
    print(json.dumps(talk.found), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
