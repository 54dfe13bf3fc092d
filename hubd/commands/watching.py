"""A hub that runs, as the broker tells of it, for as long as somebody watches."""

from __future__ import annotations

import asyncio
from secrets import token_hex
from typing import Final, Protocol

from hubd.config import Config
from hubd.edges.paho_broker import PahoBroker
from hubd.fittings import guest_broker, tree_of
from hubd.mirror import HubState, hub_state
from hubd.presence import ONLINE
from hubd.reports import Report, TroubleReport
from hubd.secrets import Secrets
from hubd.stages.reach import told

_UNKNOWN: Final = "the broker knows no hub of this name; start it, or correct hub.id"
_OFFLINE: Final = "it is offline"


class Audience(Protocol):
    """Who watches. None of its methods waits."""

    def notice(self, text: str) -> None:
        """Take why the hub can't be seen; an empty text if it can be seen again."""
        ...

    def state(self, how: HubState) -> None:
        """Take what the hub says of itself."""
        ...

    def event(self, payload: bytes) -> None:
        """Take an event as it was published."""
        ...


async def watch(config: Config, secrets: Secrets, audience: Audience) -> None:
    """Let the audience watch the hub of this configuration until cancelled; a broker that is away is tried again."""
    tree, sight = tree_of(config), _Sight(audience)
    broker = guest_broker(f"hubd-watch-{token_hex(4)}", config, secrets, sight.report)
    inbox = broker.messages()
    broker.subscribe([tree.availability, tree.state, tree.event("+")])
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(broker.run(), name="broker")
        tasks.create_task(_look_for_hub(broker, sight), name="look for hub")
        async for message in inbox:
            if message.topic == tree.availability:
                sight.available(message.payload)
            elif message.topic != tree.state:
                audience.event(message.payload)
            elif (how := hub_state(message.payload)) is not None:
                audience.state(how)


async def _look_for_hub(broker: PahoBroker, sight: _Sight) -> None:
    """Note after each connection whether the broker has ever heard of the hub."""
    connection = 0
    while True:
        connection = await broker.newer_connection(connection)
        await told(broker)
        sight.told_all()


class _Sight:
    """Whether the hub can be seen: the broker has to be there, and the hub has to be with it."""

    def __init__(self, audience: Audience) -> None:
        self._audience = audience
        self._trouble = ""
        self._absence = ""
        self._availability: bytes | None = None
        self._told = ""

    def report(self, report: Report) -> None:
        """Take a report of the way to the broker."""
        if isinstance(report, TroubleReport):
            self._trouble = "" if report.cleared else f"{report.problem.rstrip('.')}. {report.advice}"
            self._tell()

    def available(self, payload: bytes) -> None:
        """Take the hub's availability."""
        self._availability = payload
        self._absence = "" if payload == ONLINE else _OFFLINE
        self._tell()

    def told_all(self) -> None:
        """Note that the broker has told what it had kept."""
        if self._availability is None:
            self._absence = _UNKNOWN
            self._tell()

    def _tell(self) -> None:
        notice = self._trouble or self._absence
        if notice != self._told:
            self._told = notice
            self._audience.notice(notice)
