"""The lamps of the house, seen from the broker: they obey, they report, they count what they were told."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from random import Random
from typing import Final

from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.errors import BrokerError

LAMPS: Final = 25
_TIMEOUT: Final = 5.0
_HERE: Final = "soak/here"
_DEVICE: Final = """
[[device]]
id = "lamp_{number}"
name = "lamp {number}"
kind = "light"
dialect = "zigbee2mqtt"
topic = "soak/lamp_{number}"
"""


def devices() -> str:
    """Return the lamps as the hub's configuration has them."""
    return "".join(_DEVICE.format(number=number) for number in range(LAMPS))


class Lamps:
    """All lamps; told: how often each was told each message. reports: how many they sent by themselves."""

    def __init__(self, port: int) -> None:
        self.broker = PahoBroker(BrokerSettings(HOST, port, "soak-lamps"), lambda _report: None)
        self._random = Random(5)  # noqa: S311 -- the same flood each time
        self.told: Counter[tuple[int, int]] = Counter()
        self.reports = 0
        self._came = asyncio.Event()

    async def run(self) -> None:
        """Obey until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.broker.run())
            inbox = self.broker.messages()
            self.broker.subscribe(["soak/+/set", _HERE])
            async for message in inbox:
                if message.topic == _HERE:
                    self._came.set()
                else:
                    await self._obey(message.topic, json.loads(message.payload))

    async def _obey(self, topic: str, wanted: dict[str, int]) -> None:
        lamp = int(topic.split("/")[1].removeprefix("lamp_"))
        self.told[lamp, wanted["brightness"]] += 1
        await self._report(lamp, {"state": "ON", "brightness": wanted["brightness"]})

    async def chatter(self, count: int) -> None:
        """Have lamps report so often."""
        for _ in range(count):
            await self._report(self._random.randrange(LAMPS), {"linkquality": self._random.randrange(255)})
        self.reports += count

    async def round_trip(self) -> None:
        """Return when the broker has sent what it was given before."""
        self._came.clear()
        await self.broker.publish(Publish(_HERE, b""), _TIMEOUT)
        await self._came.wait()

    async def _report(self, lamp: int, values: dict[str, object]) -> None:
        try:
            await self.broker.publish(Publish(f"soak/lamp_{lamp}", json.dumps(values).encode()), _TIMEOUT)
        except BrokerError:
            return  # the broker is away on purpose; a lamp does not keep its reports either
