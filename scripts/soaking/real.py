"""The daemon with real sound, at the pace of real time; usage: real.py MINUTES; prints what was found as JSON."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from scripts.benches.measuring import grown_kb
from tests.edges.sound_system import VirtualAudio
from tests.end_to_end.daemon import Daemon, daemon, ready
from tests.end_to_end.program import CHECKOUT

_SETTINGS: Final = """
include = ["{house}"]
[hub]
state_dir = "{folder}/state"
[live]
backend = "offline"
[mqtt]
host = "{host}"
port = {port}
[conversation]
chime = false
follow_up = "2s"
"""
# What is said in turn, with the topic and the payload that follow from it.
_REQUESTS: Final = (
    ("turn on the kitchen lights", "zigbee2mqtt/kitchen_lights/set", {"state": "ON"}),
    ("turn off the kitchen lights", "zigbee2mqtt/kitchen_lights/set", {"state": "OFF"}),
    ("set the heater to twenty one degrees", "home/heater/set", {"temperature": 21}),
)
_TRIES: Final = 3
# What was said to its end, and did not wake the hub by then, was not heard, s.
_HEARD: Final = 12.0
_RESTART_EVERY: Final = 20
_UNPLUG_EVERY: Final = 15


class Evening:
    """The daemon, with somebody who talks to it."""

    def __init__(self, running: Daemon, sound: VirtualAudio, broker: PrivateBroker) -> None:
        self._running = running
        self._sound = sound
        self._broker = broker
        self.told: Counter[tuple[str, str]] = Counter()
        self._found: Counter[str] = Counter()
        self._wrong: list[str] = []

    async def run(self, seconds: float) -> dict[str, Any]:
        """Ask again and again for so many s; return what was found."""
        until = time.monotonic() + seconds
        first: dict[str, int] = {}
        place = 0
        await ready(self._running)
        while time.monotonic() < until:
            number = self._found["requests"]
            text, topic, payload = _REQUESTS[number % len(_REQUESTS)]
            place = await self._disturb(number, place)
            before = self.told[topic, json.dumps(payload)]
            place = await self._ask(text, place)
            times = self.told[topic, json.dumps(payload)] - before
            if times != 1:
                self._wrong.append(f"request {number}: {text!r} was published {times} times")
            self._found["requests"] += 1
            if number == len(_REQUESTS):
                first = _size(self._running.process)
        return {
            "minutes": seconds / 60,
            **self._found,
            "after the first requests": first,
            "at the end": _size(self._running.process),
            "wrong": self._wrong,
        }

    async def _ask(self, text: str, place: int) -> int:
        """Say it until it is answered; return the place after the end of the conversation."""
        for _ in range(_TRIES):
            await self._sound.do("say", "--speed", "130", "--pad", "1600", f"hey jarvis, {text}")
            try:
                async with asyncio.timeout(_HEARD):
                    place = await self._running.event("woke", place)
            except TimeoutError:
                self._found["said again"] += 1
                continue
            self._found["wakes"] += 1
            woke, place = place, await self._running.event("state", place, state="idle")
            if any(event["event"] == "answered" for event in self._running.events[woke:place]):
                return place
            self._found["said again"] += 1
        self._wrong.append(f"{text!r} was not carried out")
        return place

    async def _disturb(self, number: int, place: int) -> int:
        if number % _RESTART_EVERY == _RESTART_EVERY // 2:
            await self._broker.kill()
            place = await self._running.event("trouble", place, part="mqtt", cleared=False)
            await self._broker.start()
            place = await self._running.event("trouble", place, part="mqtt", cleared=True)
            self._found["broker restarts"] += 1
        if number % _UNPLUG_EVERY == _UNPLUG_EVERY // 3:
            await self._sound.do("unplug")
            place = await self._running.event("trouble", place, part="microphone", cleared=False)
            await self._sound.do("replug")
            place = await self._running.event("trouble", place, part="microphone", cleared=True)
            self._found["microphone unplugged"] += 1
        return place


def _size(process: int) -> dict[str, int]:
    """Return how large the daemon is without its children, which come and go."""
    return {"memory_kb": grown_kb(process), "files": len(list(Path(f"/proc/{process}/fd").iterdir()))}


async def _main(seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with VirtualAudio(folder / "sound") as sound, PrivateBroker() as broker:
            file = folder / "hubd.toml"
            house = CHECKOUT / "hubd" / "demo" / "house.toml"
            file.write_text(_SETTINGS.format(house=house, folder=folder, host=HOST, port=broker.port))
            async with daemon(file, sound.environment) as running, asyncio.TaskGroup() as tasks:
                evening = Evening(running, sound, broker)
                listening = tasks.create_task(_listen(broker.port, evening.told))
                found = await evening.run(seconds)
                listening.cancel()
                return found


async def _listen(port: int, told: Counter[tuple[str, str]]) -> None:
    broker = PahoBroker(BrokerSettings(HOST, port, "soak-ear"), lambda _report: None)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(broker.run())
        inbox = broker.messages()
        broker.subscribe(["+/+/set"])
        async for message in inbox:
            told[message.topic, json.dumps(json.loads(message.payload))] += 1


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_main(float(sys.argv[1]) * 60))))
