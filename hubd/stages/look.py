"""A look at the devices from beside the hub: their reports, one command at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from hubd.allowance import Allowance
from hubd.devices.model import Command, Device
from hubd.devices.state import StateStore
from hubd.events import Call
from hubd.ledger import Ledger
from hubd.outcomes import Outcome
from hubd.ports import Broker, InboundMessage
from hubd.reports import ReportSink
from hubd.stages.errand import Errand, Means
from hubd.stages.filters import Filters
from hubd.stages.reach import told

# Of very many retained messages the last come after that, one after the other, s.
_QUIET: Final = 0.4
# However many more come, the look is over after so long, s.
_LONGEST: Final = 2.0


class Look:
    """The stage that takes reports, and carries a command out.

    states: fed here. report: the public event stream. heard: takes each report of the device that a command is for.
    clock: monotonic, s, in step with the event loop's.
    """

    def __init__(
        self,
        broker: Broker,
        states: StateStore,
        report: ReportSink,
        heard: Callable[[InboundMessage], None],
        clock: Callable[[], float],
    ) -> None:
        self._means = Means(broker, states, Ledger(), Allowance(), report, clock)
        self._heard = heard
        self._filters = Filters(broker)
        self._errand: Errand | None = None
        self._came = asyncio.Event()

    async def run(self) -> None:
        """Take reports until cancelled."""
        inbox = self._means.broker.messages()
        self._filters.need(self._means.states.topics)
        async for message in inbox:
            self._take(message)

    def watch(self, devices: Iterable[Device]) -> None:
        """Take the reports of these devices from now on."""
        fresh = self._means.states.watch(devices)
        self._filters.need(self._means.states.topics, anew=fresh)

    async def quiet(self) -> None:
        """Return when the broker has told what it had kept."""
        await told(self._means.broker)
        loop = asyncio.get_running_loop()
        end = loop.time() + _LONGEST
        while True:
            self._came.clear()
            try:
                async with asyncio.timeout_at(min(end, loop.time() + _QUIET)):
                    await self._came.wait()
            except TimeoutError:
                return

    async def carry_out(self, call: Call, command: Command, label: str) -> Outcome | None:
        """Send the command, wait for its device; label: the device's spoken name."""
        asked = self._means.clock()
        self._means.ledger.enter(call, asked)
        self._errand = Errand(self._means, call, command, label=label, asked=asked, sent_within=None)
        try:
            return await self._errand.run()
        finally:
            self._errand = None

    def _take(self, message: InboundMessage) -> None:
        states = self._means.states
        devices = states.receive(message.topic, message.payload, self._means.clock(), stored=message.retained)
        self._came.set()
        if self._errand is not None and self._errand.command.device.id in devices:
            self._heard(message)
            self._errand.heed(devices)
