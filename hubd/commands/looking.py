"""The house as the broker tells of it, for as long as somebody looks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex

from hubd.config import Config
from hubd.config.offer import offer
from hubd.devices.discovery import Discovery
from hubd.devices.state import StateStore
from hubd.fittings import guest_broker
from hubd.ports import InboundMessage
from hubd.reports import ReportSink
from hubd.secrets import Secrets
from hubd.stages.discover import Discover
from hubd.stages.look import Look
from hubd.stages.reach import Watch, reach
from hubd.tools import Toolbox


@dataclass(frozen=True, slots=True)
class Sight:
    """What there is to be seen. failure: why the broker was not there, or nothing."""

    toolbox: Toolbox
    discovery: Discovery
    states: StateStore
    look: Look
    failure: str = ""


@asynccontextmanager
async def looking(
    config: Config, secrets: Secrets, *, report: ReportSink, heard: Callable[[InboundMessage], None]
) -> AsyncIterator[Sight]:
    """Have a connection to the broker while the block lasts; yield what it told in the first moments.

    A hub that runs beside it is left alone. heard: takes each report of a device that a command is for.
    """
    watch, toolbox, states = Watch(report), offer(config), StateStore(config.devices)
    discovery = Discovery(config.discovery.rules())
    broker = guest_broker(f"hubd-devices-{token_hex(4)}", config, secrets, watch)
    look = Look(broker, states, watch, heard, time.monotonic)
    discover = Discover(discovery, broker, config.devices, look.watch, toolbox)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run(), name="broker"), tasks.create_task(look.run(), name="look")]
        failure = await reach(broker, watch)
        if not failure and config.discovery.enabled:
            running.append(tasks.create_task(discover.run(), name="discover"))
            await look.quiet()
            await discover.settled()
        if not failure:
            await look.quiet()
            discover.prepare()
        yield Sight(toolbox, discovery, states, look, failure)
        for task in running:
            task.cancel()
