"""What the tests of the act stage need: a broker without a network, a small house."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial

from pydantic import JsonValue

from hubd.confirmation import Confirmations
from hubd.devices.catalog import Catalog
from hubd.devices.model import Device
from hubd.devices.render import Publish
from hubd.devices.state import StateStore
from hubd.errors import BrokerError
from hubd.events import Answer, Call, Event, Scheduling, ToolsDone
from hubd.ledger import Ledger
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.outcomes import Outcome, nobody
from hubd.own_functions import OwnCall, OwnFunction
from hubd.ports import InboundMessage, Wanted
from hubd.reports import AnsweredReport, CalledReport, PublishedReport, Report
from hubd.stages.act import Act
from hubd.tools import Toolbox
from tests.running import running
from tests.virtual_time import pass_time, run

DEVICES: list[dict[str, JsonValue]] = [
    {
        "id": "kitchen_lights",
        "name": "kitchen lights",
        "kind": "light",
        "dialect": "zigbee2mqtt",
        "topic": "zigbee2mqtt/kitchen_lights",
    },
    {
        "id": "coffee_machine",
        "name": "coffee machine",
        "kind": "switch",
        "dialect": "plain",
        "command_topic": "coffee/set",
        "state_topic": "coffee/state",
    },
    {
        "id": "fan",
        "name": "fan",
        "kind": "switch",
        "dialect": "plain",
        "command_topic": "fan/set",
    },
    {
        "id": "garage_door",
        "name": "garage door",
        "scheduling": "INTERRUPT",
        "function": [
            {
                "name": "open_garage_door",
                "description": "Open the garage door.",
                "publish": {"topic": "garage/set", "payload": "OPEN", "qos": 1},
                "expect": {"topic": "garage", "json": {"state": "open"}, "within": "3s"},
            },
            {
                "name": "set_heater",
                "description": "Set the heater.",
                "parameters": {"temperature": {"type": "number", "minimum": 5, "maximum": 30}},
                "publish": {"topic": "heater/set", "payload": "{{ 1 / (temperature - 20) }}"},
            },
        ],
    },
]


def in_virtual_time(
    scenario: Callable[[House], Coroutine[None, None, None]], build: Callable[[], House] | None = None
) -> None:
    """Run the scenario with a running stage; every wait takes no time but moves the clock."""

    async def main() -> None:
        house = House() if build is None else build()
        async with running(house.act.run()):
            await house.settle()
            await scenario(house)

    run(main())


@dataclass
class FakeBroker:
    """A broker without a network: what is published is kept, and may be answered at once or refused."""

    connected: bool = True
    handed: list[Publish] = field(default_factory=list)
    published: list[Publish] = field(default_factory=list)
    valid_for: list[float] = field(default_factory=list)
    topics: list[str] = field(default_factory=list)
    asked_for: list[str] = field(default_factory=list)
    refuses: bool = False
    on_publish: Callable[[Publish], None] | None = None
    gate: asyncio.Event | None = None
    inbound: asyncio.Queue[InboundMessage] = field(default_factory=asyncio.Queue)

    async def run(self) -> None:
        """Do nothing."""

    async def publish(self, publish: Publish, valid_for: float) -> None:
        """Keep the message; raises BrokerError after valid_for if the broker takes nothing."""
        if self.refuses:
            await pass_time(valid_for)
            raise BrokerError("the broker did not take it in time")
        if self.gate is not None:
            await self.gate.wait()
        self.published.append(publish)
        self.valid_for.append(valid_for)
        if self.on_publish is not None:
            self.on_publish(publish)

    def hand_over(self, publish: Publish, valid_for: float) -> Callable[[], Awaitable[None]]:
        """Keep the message later, and that it was handed over."""
        self.handed.append(publish)
        return partial(self.publish, publish, valid_for)

    async def newer_connection(self, than: int) -> int:
        """Return 1 if that is newer: there is never another connection."""
        return 1 if than < 1 else await asyncio.get_running_loop().create_future()

    def subscribe(self, topics: Sequence[str], wanted: Wanted = Wanted.EVERYTHING) -> None:
        """Keep the topics."""
        self.topics += topics
        self.asked_for += topics

    def unsubscribe(self, topics: Sequence[str]) -> None:
        """Keep them no longer."""
        for topic in topics:
            self.topics.remove(topic)

    async def messages(self) -> AsyncIterator[InboundMessage]:
        """Yield what say() was given."""
        while True:
            yield await self.inbound.get()

    def say(self, topic: str, payload: JsonValue, *, retained: bool = False) -> None:
        """Let a device report something."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.inbound.put_nowait(InboundMessage(topic, text.encode(), retained))


class House:
    """A stage with its broker, its reports and its inbox."""

    def __init__(  # noqa: PLR0913 -- each has its default
        self,
        tables: Sequence[dict[str, JsonValue]] = DEVICES,
        takes: Capabilities = COMMON_SUBSET,
        *,
        together: bool = False,
        own: Sequence[OwnFunction] = (),
        carry_out: Callable[[OwnCall], Outcome] = nobody,
        deaf: bool = False,
    ) -> None:
        devices = tuple(Device.model_validate(table) for table in tables)
        self.broker = FakeBroker()
        self.ledger = Ledger()
        self.confirmations = Confirmations()
        self.kept: dict[str, tuple[str, Scheduling]] = {}
        self.reports: list[Report] = []
        self.inbox: list[Event] = []
        self.arrived = asyncio.Event()
        self.act = Act(
            toolbox=Toolbox(Catalog(devices), takes, own=own),
            broker=self.broker,
            states=StateStore(devices),
            ledger=self.ledger,
            report=self.reports.append,
            post=self._post,
            together=together,
            keeper=self,
            confirmations=None if deaf else self.confirmations,
            own=carry_out,
            clock=asyncio.get_running_loop().time,
        )

    def _post(self, event: Event) -> None:
        self.inbox.append(event)
        self.arrived.set()

    def begun(self, call: Call, label: str, scheduling: Scheduling) -> None:
        """Keep what a call that is being carried out is about."""
        self.kept[call.id] = (label, scheduling)

    def dropped(self, call_id: str) -> None:
        """Forget a call of which nothing was sent."""
        del self.kept[call_id]

    def ask(self, name: str, call_id: str = "1", **arguments: JsonValue) -> None:
        """Let the model call a function."""
        self.act.ask((Call(call_id, name, arguments),))

    def ask_for(self, *calls: Call) -> None:
        """Let the model call several functions in one frame."""
        self.act.ask(calls)

    def batches(self) -> list[tuple[Answer, ...]]:
        """Return the answers that are there, as they were posted."""
        return [event.answers for event in self.inbox if isinstance(event, ToolsDone)]

    async def answers(self, count: int = 1) -> list[Answer]:
        """Return the answers once there are so many."""
        while len(found := self.given()) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return found

    def given(self) -> list[Answer]:
        """Return the answers that are there."""
        return [answer for event in self.inbox if isinstance(event, ToolsDone) for answer in event.answers]

    async def settle(self) -> None:
        """Let every task do what it can do now."""
        for _ in range(10):
            await pass_time(0)

    def kinds(self) -> list[str]:
        """Return the kinds of the reports, in order."""
        return [report.kind for report in self.reports]

    def called(self) -> list[CalledReport]:
        """Return the reports of calls."""
        return [report for report in self.reports if isinstance(report, CalledReport)]

    def published(self) -> list[PublishedReport]:
        """Return the reports of messages."""
        return [report for report in self.reports if isinstance(report, PublishedReport)]

    def answered(self) -> list[AnsweredReport]:
        """Return the reports of answers."""
        return [report for report in self.reports if isinstance(report, AnsweredReport)]

    @property
    def now(self) -> float:
        """The time, s."""
        return asyncio.get_running_loop().time()
