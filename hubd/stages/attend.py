"""What the daemon says of itself to those who look after it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final, Protocol

from hubd.chronicle import Chronicle, Entry
from hubd.ports import Notifier
from hubd.reports import Part, Report, TroubleReport
from hubd.standing import Phase, Standing
from hubd.vitals import WORDS, Proof, Signs, missing

# A microphone that neither brings sound nor is known to be missing by then delays the start no longer, s.
_PATIENCE: Final = 3.0
# How often the hub is looked at where no watchdog says how often it wants to know, s.
_INTERVAL: Final = 5.0
# A loop that was held up reads what has come meanwhile before it is called deaf, s.
_SECOND_LOOK: Final = 0.05

logger = logging.getLogger(__name__)
_story = logging.getLogger("hubd")


class Hub(Protocol):
    """Whoever is looked after."""

    @property
    def connected(self) -> bool:
        """Whether the broker is connected."""
        ...

    def signs(self) -> Signs:
        """Return what shows whether the hub hears."""
        ...

    async def warmed_up(self) -> None:
        """Return when the next wake word would be heard."""
        ...

    async def newer_connection(self, than: int) -> int:
        """Return the number of the broker's connection, as ``ports.Broker`` does."""
        ...


class Attend:
    """Tells systemd how the hub is, the log what happens.

    standing: makes the status line. clock: monotonic, s, in step with the event loop's. report() takes the event
    stream, from before run() on.
    """

    def __init__(self, notifier: Notifier, standing: Standing, *, clock: Callable[[], float]) -> None:
        self._notifier = notifier
        self._standing = standing
        self._clock = clock
        self._chronicle = Chronicle()
        self._hub: Hub | None = None
        self._settled = asyncio.Event()
        self._lacking: tuple[Proof, ...] = ()
        self._status = ""
        self._tell()

    def report(self, report: Report) -> None:
        """Take a report; what must not be seen by others has been left out of it."""
        self._log(*self._chronicle.take(report, self._clock()))
        self._standing.take(report)
        if isinstance(report, TroubleReport) and report.part is Part.MICROPHONE and not report.cleared:
            self._settled.set()
        self._tell()

    def reloading(self) -> None:
        """Say that the configuration is being changed; reloaded() has to follow."""
        if self._standing.phase is Phase.SERVING:
            self._notifier.reloading()

    def reloaded(self, refusal: str = "", waiting: tuple[str, ...] = ()) -> None:
        """Say that the configuration was changed, or why it was not; waiting: what of it waits for the next start."""
        self._standing.reloaded(refusal, waiting)
        self._tell()
        if self._standing.phase is Phase.SERVING:
            self._notifier.ready()

    def stopping(self) -> None:
        """Say that the hub has begun to stop."""
        self._standing.phase = Phase.STOPPING
        self._notifier.stopping()
        self._tell()

    async def run(self, hub: Hub) -> None:
        """Say when the hub serves, then vouch for it as long as it is not deaf, until cancelled."""
        self._hub = hub
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_broker(hub), name="attend: broker")
            tasks.create_task(self._follow_microphone(hub), name="attend: microphone")
            if not hub.signs().unwanted:
                await self._microphone_settled()
            if self._standing.phase is Phase.STARTING:
                self._standing.phase = Phase.SERVING
                self._tell()
                logger.info("ready: %s", self._status)
                # Last: whoever waits for it finds the rest told.
                self._notifier.ready()
            while True:
                await self._look(hub)
                await asyncio.sleep(self._notifier.interval or _INTERVAL)

    async def _microphone_settled(self) -> None:
        """Return when the hub hears, or is known not to: nothing that is missing delays the start."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._settled.wait()
        except TimeoutError:
            pass  # the status says that it is still waited for

    async def _look(self, hub: Hub) -> None:
        self._log(*self._chronicle.due(self._clock()))
        lacking = missing(hub.signs(), self._clock())
        if lacking:
            await asyncio.sleep(_SECOND_LOOK)
            lacking = missing(hub.signs(), self._clock())
        if lacking and lacking != self._lacking:
            logger.error("the hub is not vouched for any more: %s", ", ".join(WORDS[proof] for proof in lacking))
        self._lacking = lacking
        self._tell()
        if not lacking:
            self._notifier.alive()

    async def _follow_microphone(self, hub: Hub) -> None:
        await hub.warmed_up()
        self._settled.set()

    async def _follow_broker(self, hub: Hub) -> None:
        connection = 0
        while True:
            connection = await hub.newer_connection(connection)
            self._tell()

    def _tell(self) -> None:
        """Say how things stand, if that has changed."""
        hears, connected = (False, False) if self._hub is None else (self._hub.signs().hears, self._hub.connected)
        status = self._standing.line(hears=hears, connected=connected, lacking=self._lacking)
        if status != self._status:
            self._status = status
            self._notifier.status(status)

    @staticmethod
    def _log(*entries: Entry) -> None:
        for entry in entries:
            _story.log(entry.level, "%s", entry.text, extra={"fields": entry.fields})
