"""The devices of a house, on a broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from hubd.config import load
from hubd.demo.stand_in import Report, StandIn
from hubd.devices.model import Device
from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.ports import Broker

# Zigbee answers within 50 to 300 ms (``mqtt-devices.md`` 1), s.
_ANSWER_AFTER: Final = 0.08
_READY_WITHIN: Final = 10.0
_LOOK_AGAIN: Final = 0.02

logger = logging.getLogger(__name__)


def demo_devices() -> tuple[Device, ...]:
    """Return the devices of the demo house."""
    with resources.as_file(resources.files("hubd.demo") / "house.toml") as path:
        return load(Path(path)).devices


class House:
    """Plays the devices: takes commands from the broker, reports a little later.

    broker: a connection of its own, run here. jammed: ids of devices that take commands, and then do nothing.
    """

    def __init__(self, devices: Sequence[Device], broker: Broker, *, jammed: Collection[str] = frozenset()) -> None:
        self._stand_in = StandIn(devices)
        self._broker = broker
        self._jammed = jammed
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Be at home until cancelled; ready is set once commands are heard."""
        self._broker.subscribe(self._stand_in.topics)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._broker.run(), name="house broker")
            tasks.create_task(self._begin(), name="house state")
            async for message in self._broker.messages():
                for report in self._stand_in.take(message.topic, message.payload):
                    if report.device not in self._jammed:
                        tasks.create_task(self._report(report, _ANSWER_AFTER), name=f"report of {report.device}")

    async def _begin(self) -> None:
        async with asyncio.timeout(_READY_WITHIN):
            while not self._broker.connected:  # noqa: ASYNC110 -- the port has no event for it, nobody else waits
                await asyncio.sleep(_LOOK_AGAIN)
        for report in self._stand_in.beginning():
            await self._report(report, 0.0)
        self.ready.set()

    async def _report(self, report: Report, delay: float) -> None:
        await asyncio.sleep(delay)
        message = Publish(report.topic, report.payload.encode(), qos=1, retain=True)
        try:
            await self._broker.publish(message, _READY_WITHIN)
        except BrokerError as error:
            # As with a real device: the report is lost, and the house stands.
            logger.warning("the report of %s is lost: %s", report.device, error)
