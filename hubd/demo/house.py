"""The devices of a house, on a broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from hubd.config import load
from hubd.demo.stand_in import ANSWER_AFTER, Report, StandIn
from hubd.devices.model import Device
from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.ports import Broker

# What is otherwise in the demo house than a device of its kind usually is.
_AT_FIRST: Final = {"bedroom_window": {"on": True}}
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
        self._stand_in = StandIn(devices, _AT_FIRST)
        self._broker = broker
        self._jammed = jammed
        self._moving: dict[str, asyncio.Task[None]] = {}  # by topic
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Be at home until cancelled; ready is set once commands are heard."""
        self._broker.subscribe(self._stand_in.topics)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._broker.run(), name="house broker")
            tasks.create_task(self._begin(), name="house state")
            async for message in self._broker.messages():
                reports = self._stand_in.take(message.topic, message.payload)
                for report in reports:
                    # What is told to do something else does not end where it would have.
                    if (moving := self._moving.pop(report.topic, None)) is not None:
                        moving.cancel()
                for report in reports:
                    if report.device in self._jammed:
                        continue
                    task = tasks.create_task(self._report(report), name=f"report of {report.device}")
                    if report.after > ANSWER_AFTER:
                        self._moving[report.topic] = task

    async def _begin(self) -> None:
        async with asyncio.timeout(_READY_WITHIN):
            while not self._broker.connected:  # noqa: ASYNC110 -- the port has no event for it, nobody else waits
                await asyncio.sleep(_LOOK_AGAIN)
        for report in self._stand_in.beginning():
            await self._report(report)
        self.ready.set()

    async def _report(self, report: Report) -> None:
        await asyncio.sleep(report.after)
        message = Publish(report.topic, report.payload.encode(), qos=1, retain=True)
        try:
            await self._broker.publish(message, _READY_WITHIN)
        except BrokerError as error:
            # As with a real device: the report is lost, and the house stands.
            logger.warning("the report of %s is lost: %s", report.device, error)
