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
        self._settled = asyncio.Event()
        self._unwatched = 0
        self._next: Catalog | None = None

    async def run(self) -> None:
        """Take messages until cancelled."""
        loop = asyncio.get_running_loop()
        inbox = self._broker.messages()
        self._broker.subscribe(self._discovery.filters)
        # Also a house that nobody announces is told once.
        latest: float | None = loop.time() + _LONGEST
        deadline: float | None = loop.time() + _QUIET
        while True:
            try:
                async with asyncio.timeout_at(deadline):
                    message = await anext(inbox)
            except TimeoutError:
                changed = False
            else:
                changed = self._discovery.receive(message.topic, message.payload)
                if changed:
                    await asyncio.sleep(0)  # a thousand retained messages come at once: others have their turn between
            if changed:
                latest = latest or loop.time() + _LONGEST
                deadline = min(latest, loop.time() + _QUIET)
            # In a flood of other messages there is no pause in which the time could run out.
            if deadline is not None and loop.time() >= deadline:
                self._tell()
                latest = deadline = None

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
