"""Devices that announce themselves: from the broker's messages to a house that is offered."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from typing import Final

from hubd.devices.catalog import Catalog
from hubd.devices.discovery import Discovery
from hubd.devices.model import Device
from hubd.ports import Broker
from hubd.stages.filters import Filters
from hubd.tools import Toolbox

# Retained messages come within a fraction of it (``mqtt-devices.md`` 2: 500 in 20 ms), s.
_QUIET: Final = 0.5
# However many more come, the house is told after so long, s.
_LONGEST: Final = 3.0
# A house that grew by so much is worth to be taken out of the garbage collector's sight again; a factor.
_GROWN: Final = 2

logger = logging.getLogger(__name__)


class Discover:
    """The stage that keeps the house as it announces itself.

    discovery: what is known. configured: the devices of the configuration. watch: takes the devices whose reports are
    to be read, each time that they have changed, once things are quiet. toolbox: is given them by prepare().
    """

    def __init__(
        self,
        discovery: Discovery,
        broker: Broker,
        configured: tuple[Device, ...],
        watch: Callable[[tuple[Device, ...]], None],
        toolbox: Toolbox,
    ) -> None:
        self._discovery = discovery
        self._broker = broker
        self._configured = configured
        self._watch = watch
        self._toolbox = toolbox
        self._filters = Filters(broker)
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._unwatched = 0
        self._next: Catalog | None = None

    async def run(self) -> None:
        """Take messages until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._take(), name="discover: take")
            tasks.create_task(self._follow(), name="discover: follow")

    def adopt(self, configured: tuple[Device, ...], toolbox: Toolbox, discovery: Discovery | None) -> None:
        """Take other devices of the configuration, offered by another toolbox, from now on; between conversations.

        discovery: looks by other rules, from the beginning. Until it has, the house is as it was announced.
        """
        self._configured, self._toolbox = configured, toolbox
        self._tell()
        if discovery is not None:
            self._discovery = discovery
            self._filters.need(discovery.filters, anew=discovery.filters)
            self._changed.set()

    async def _take(self) -> None:
        inbox = self._broker.messages()
        self._filters.need(self._discovery.filters)
        async for message in inbox:
            if self._discovery.receive(message.topic, message.payload):
                self._changed.set()

    async def _follow(self) -> None:
        """Tell the house after each change, once things are quiet; at first also one that nobody announces."""
        loop = asyncio.get_running_loop()
        while True:
            latest = loop.time() + _LONGEST
            quiet = False
            while not quiet and loop.time() < latest:
                self._changed.clear()
                try:
                    async with asyncio.timeout_at(min(latest, loop.time() + _QUIET)):
                        await self._changed.wait()
                except TimeoutError:
                    quiet = True
            self._tell()
            await self._changed.wait()

    def prepare(self) -> None:
        """Offer the house as it is now; called before a conversation, during which it stays as it is."""
        if self._next is not None:
            self._toolbox.furnish(self._next)
            self._next = None

    async def settled(self) -> None:
        """Return when the house has been told for the first time."""
        await self._settled.wait()

    def _tell(self) -> None:
        house = self._discovery.house(self._configured)
        problems = len(self._discovery.problems)
        logger.info(
            "%d devices, %d of them discovered; %d entities are not offered, %d messages of discovery have a problem",
            len(house.devices),
            len(house.devices) - len(self._configured),
            len(house.left),
            problems,
        )
        self._watch(house.devices)
        self._next = Catalog(house.devices)
        self._leave_uncollected(len(house.devices))
        self._settled.set()

    def _leave_uncollected(self, devices: int) -> None:
        """Spare the garbage collector the house: to look at a thousand devices stops everything for 0.3 s on a Pi.

        They stay as long as the hub runs. Done again for a much larger house only, as garbage that waits stays as well.
        """
        if devices > _GROWN * self._unwatched:
            gc.freeze()
            self._unwatched = devices
