"""A house with a broker of its own, for a hub to be tried in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import replace

from hubd.config import Config
from hubd.demo.house import House
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.reports import Report


@asynccontextmanager
async def at_home(config: Config, *, jammed: Collection[str] = frozenset()) -> AsyncIterator[Config]:
    """Have the configuration's devices at home while the block lasts; yield the configuration of a hub among them.

    jammed: ids of devices that take commands, and then do nothing. Raises MissingPartError without mosquitto.
    """
    async with PrivateBroker() as broker, asyncio.TaskGroup() as tasks:
        settings = BrokerSettings(host=HOST, port=broker.port, client_id="hubd-demo-house")
        house = House(config.devices, PahoBroker(settings, _unheard), jammed=jammed)
        living = tasks.create_task(house.run(), name="house")
        await house.ready.wait()
        mqtt = config.mqtt.model_copy(update={"host": HOST, "port": broker.port, "tls": False, "username": ""})
        yield replace(config, mqtt=mqtt)
        living.cancel()


def _unheard(_report: Report) -> None:
    """Drop a report: the house has no event stream."""
