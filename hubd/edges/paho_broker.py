"""The MQTT broker: one connection after the other, for as long as the hub runs."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from typing import Final, Self
from weakref import WeakSet

from hubd.backoff import Backoff
from hubd.devices.fields import topic_problem
from hubd.devices.render import Publish
from hubd.edges.paho_connection import PahoConnection
from hubd.edges.paho_dialling import Version
from hubd.errors import BrokerError
from hubd.mqtt import faults
from hubd.mqtt.backlog import Backlog
from hubd.mqtt.faults import Fault
from hubd.mqtt.filters import filter_problem
from hubd.mqtt.settings import BrokerSettings, LastWill
from hubd.ports import InboundMessage, Wanted
from hubd.reports import Part, ReportSink, TroubleReport

__all__ = ["BrokerSettings", "LastWill", "PahoBroker"]

# Delays between attempts (``mqtt-devices.md`` 4, connection), s.
FIRST_DELAY: Final = 1.0
LONGEST_DELAY: Final = 60.0
# A connection that lasted so long was a success; two clients with one id throw each other out long before, s.
LASTING: Final = 60.0
# More than a house's retained states, which all come at once.
INBOX_LIMIT: Final = 4096
# A reader for whom many messages wait gives way to others after so long, s.
TURN: Final = 0.005
# ``mqtt-devices.md`` 4, topic safety.
OUTBOUND_LIMIT: Final = 64 * 1024

logger = logging.getLogger(__name__)


class _Inbox:
    """Messages for one reader; some are dropped when it does not keep up."""

    def __init__(self) -> None:
        self._messages = Backlog(INBOX_LIMIT)
        self._arrived = asyncio.Event()
        self._gives_way_at = 0.0

    def put(self, message: InboundMessage) -> None:
        before = self._messages.dropped
        self._messages.put(message)
        self._arrived.set()
        if self._messages.dropped > before and before % INBOX_LIMIT == 0:
            logger.warning("MQTT messages come faster than they are read; %d were dropped so far", before + 1)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> InboundMessage:
        loop = asyncio.get_running_loop()
        if not self._messages or loop.time() >= self._gives_way_at:
            self._arrived.clear()
            if self._messages:
                # In a flood as well everybody else has a turn before the next message.
                loop.call_soon(self._arrived.set)
            await self._arrived.wait()
            self._gives_way_at = loop.time() + TURN
        return self._messages.take()


class PahoBroker:
    """hubd.ports.Broker on paho-mqtt: MQTT 5, or 3.1.1 where that is refused.

    settings: the broker. report: gets trouble, once for each problem that differs from the one before, and its end.
    backoff: the delays between attempts.
    """

    def __init__(self, settings: BrokerSettings, report: ReportSink, *, backoff: Backoff | None = None) -> None:
        self._settings = settings
        self._report = report
        self._backoff = backoff or Backoff(FIRST_DELAY, LONGEST_DELAY)
        self._connection: PahoConnection | None = None
        self._up = asyncio.Event()
        self._up_since: float | None = None
        self._topics: dict[str, Wanted] = {}
        # How many keep each of them.
        self._keepers: Counter[str] = Counter()
        self._connections = 0
        self._inboxes: WeakSet[_Inbox] = WeakSet()
        self._trouble: Fault | None = None
        self._failures = 0
        self._brief_ones = 0
        self._rests_until = 0.0

    @property
    def acts_by(self) -> float:
        """By when run(), once it runs, does something more, on the loop's clock, unless it hangs."""
        return max(self._rests_until, self._connection.acts_by if self._connection is not None else 0.0)

    @property
    def connected(self) -> bool:
        """Whether a connection is up and accepted."""
        return self._connection is not None and self._connection.up

    async def run(self) -> None:
        """Hold the connection until cancelled; faults are reported as trouble and retried, never raised."""
        while True:
            self._complain(self._judge(await self._hold()))
            delay = self._backoff.next(random.random())  # noqa: S311 - spreads attempts, hides nothing
            self._rests_until = asyncio.get_running_loop().time() + delay
            await asyncio.sleep(delay)

    async def wait_connected(self) -> None:
        """Return when a connection is up; its subscriptions are on their way to the broker then."""
        await self.newer_connection(0)

    async def newer_connection(self, than: int) -> int:
        """Return the number of the connection that is up, once it is higher than this one; the first has number 1.

        Its subscriptions are on their way to the broker then.
        """
        while not self.connected or self._connections <= than:
            self._up.clear()
            await self._up.wait()
        return self._connections

    async def publish(self, publish: Publish, valid_for: float) -> None:
        """Hand one message to the broker; returns when it is written (QoS 0) or acknowledged (QoS 1).

        Raises BrokerError at once if there is no connection or the message can't be sent, and after valid_for seconds
        if the broker has not taken it, which is then withdrawn: it is never sent later. What the broker's computer has
        received by then is out of reach: a broker that hung for a while may carry it out.
        """
        await self.hand_over(publish, valid_for)()

    def hand_over(self, publish: Publish, valid_for: float) -> Callable[[], Awaitable[None]]:
        """Do the first part of publish() at once: write the message, unless 20 others are under way.

        Returns the rest, to be called once, and awaited. Raises BrokerError as publish() does at once.
        """
        if (problem := topic_problem(publish.topic)) is not None:
            raise BrokerError(f"the message can't be sent: {problem}")
        if len(publish.payload) > OUTBOUND_LIMIT:
            raise BrokerError(f"the message can't be sent: {len(publish.payload)} bytes are too many for one message")
        if self._connection is None or not self._connection.up:
            raise BrokerError("there is no connection to the MQTT broker")
        if valid_for <= 0:
            raise BrokerError("the message came too late to be sent")
        return self._connection.hand_over(publish, valid_for)

    def subscribe(self, topics: Sequence[str], wanted: Wanted = Wanted.EVERYTHING) -> None:
        """Keep these topic filters subscribed, now and after every reconnect; raises ValueError for what is none.

        What the broker has stored comes with each of them, also if somebody else keeps it already: to all readers then.
        It has to be unsubscribed as often as it was subscribed.
        """
        for topic in topics:
            if (problem := filter_problem(topic)) is not None:
                raise ValueError(problem)
        each_once = list(dict.fromkeys(topics))
        for topic in each_once:
            self._topics.setdefault(topic, wanted)
        self._keepers.update(each_once)
        self._ask_for(each_once)

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Do without these topic filters, each of which was subscribed; one that somebody else keeps stays."""
        each_once = list(dict.fromkeys(topics))
        self._keepers.subtract(each_once)
        gone = [topic for topic in each_once if self._keepers[topic] <= 0]
        for topic in gone:
            del self._keepers[topic], self._topics[topic]
        if self._connection is not None and self._connection.up:
            self._connection.unsubscribe(gone)

    def messages(self) -> AsyncIterator[InboundMessage]:
        """Yield messages of all subscriptions until the hub stops; each iterator gets all that come from now on."""
        inbox = _Inbox()
        self._inboxes.add(inbox)
        return inbox

    async def _hold(self) -> Fault:
        """Connect, in the other version if the better one does not work; return why there is no connection any more."""
        fault = await self._hold_one(Version.MQTT5)
        if self._wants_other_version:
            second = await self._hold_one(Version.MQTT311)
            # Neither version: what the better one led to says more.
            return fault if self._wants_other_version else second
        return fault

    @property
    def _wants_other_version(self) -> bool:
        return self._connection is not None and self._connection.wants_other_version

    async def _hold_one(self, version: Version) -> Fault:
        self._connection = PahoConnection(
            self._settings,
            version,
            on_up=self._came_up,
            on_message=self._deliver,
            on_unreadable=self._complain,
        )
        return await self._connection.run()

    def _judge(self, fault: Fault) -> Fault:
        """Return the fault as people should hear it, by how long the connection had been up."""
        up_since, self._up_since = self._up_since, None
        if up_since is None:
            return fault
        if asyncio.get_running_loop().time() - up_since > LASTING:
            self._backoff.reset()
            self._brief_ones = 0
            return fault
        if fault != faults.broke_off(self._settings.where):
            return fault
        self._brief_ones += 1
        return fault if self._brief_ones == 1 else faults.thrown_out(self._settings.where)

    def _came_up(self) -> None:
        if self._connection is None:
            return
        self._failures = 0
        self._up_since = asyncio.get_running_loop().time()
        self._connections += 1
        self._up.set()
        self._ask_for(self._topics)
        logger.info("connected to the MQTT broker at %s", self._settings.where)
        if self._trouble is not None:
            self._report(TroubleReport(Part.MQTT, self._trouble.problem, self._trouble.advice, cleared=True))
            self._trouble = None

    def _ask_for(self, topics: Collection[str]) -> None:
        if self._connection is not None and self._connection.up:
            for wanted in Wanted:
                self._connection.subscribe([topic for topic in topics if self._topics[topic] is wanted], wanted)

    def _deliver(self, message: InboundMessage) -> None:
        for inbox in self._inboxes:
            inbox.put(message)

    def _complain(self, fault: Fault) -> None:
        self._failures += 1
        if fault != self._trouble:
            self._trouble = fault
            self._report(TroubleReport(Part.MQTT, fault.problem, fault.advice))
        elif self._failures % 10 == 0:
            logger.warning("%s, after %d attempts", fault.problem, self._failures)
