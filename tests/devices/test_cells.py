from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from pydantic import JsonValue, ValidationError

from hubd.backoff import Backoff
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.catalog import Catalog
from hubd.devices.dialects import CELLS as TABLE
from hubd.devices.dialects import command_topics
from hubd.devices.expectations import KIND
from hubd.devices.kinds import KINDS
from hubd.devices.model import Command, Device, Dialect, Kind
from hubd.devices.offers import OFFERS
from hubd.devices.render import Publish, render
from hubd.devices.state import StateStore
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.events import Call
from hubd.ports import InboundMessage
from hubd.tools import Toolbox
from tests.devices.house_of_cells import CELLS, Step, device
from tests.running import running

# A message behind all others: what is to come has come.
_SENT = Publish("mark/sent", b"", qos=1)
_REPORTED = Publish("mark/reported", b"", qos=1)
_WITHIN = 30.0
HOUSE = {cell: device(*cell, options) for cell, (options, _) in CELLS.items()}
STEPS = [
    pytest.param(cell, number, step, id=f"{cell[0]} {cell[1]} {number}")
    for cell, (_, steps) in CELLS.items()
    for number, step in enumerate(steps)
]
Key = tuple[tuple[Dialect, Kind], int]


@dataclass(frozen=True)
class Seen:
    """What came of a step: the messages on the broker, what is known afterwards, whether it was confirmed."""

    sent: Mapping[str, str]
    known: Mapping[str, JsonValue]
    confirmed: bool | None


def resolved(toolbox: Toolbox, device: Device, step: Step) -> Command | None:
    """Return the command that the step's function call means."""
    if step.arguments is None or device.kind is None:
        return None
    (function,) = KINDS[device.kind].functions
    found = toolbox.resolve(Call("1", function.name, {"device": device.name, **step.arguments}))
    assert isinstance(found, Command), found
    return found


@asynccontextmanager
async def connected(port: int, name: str) -> AsyncIterator[PahoBroker]:
    """Yield a client of the broker."""
    broker = PahoBroker(BrokerSettings(HOST, port, name), lambda _: None, backoff=Backoff(0.02, 0.05))
    async with running(broker.run()):
        await broker.wait_connected()
        yield broker


async def walk_through() -> dict[Key, Seen]:
    """Take every step of every cell, over one real broker: a hub that commands, a house that listens, reports."""
    seen: dict[Key, Seen] = {}
    toolbox, states = Toolbox(Catalog(HOUSE.values())), StateStore(HOUSE.values())
    async with (
        asyncio.timeout(_WITHIN),
        PrivateBroker() as mosquitto,
        connected(mosquitto.port, "hub") as hub,
        connected(mosquitto.port, "house") as house,
    ):
        commands, reports = house.messages(), hub.messages()
        topics = {topic for _, steps in CELLS.values() for step in steps for topic in step.sent}
        house.subscribe([*sorted(topics), _SENT.topic])
        hub.subscribe([*states.topics, _REPORTED.topic])
        await house.publish(_SENT, _WITHIN)
        await hub.publish(_REPORTED, _WITHIN)
        await until(commands, _SENT)
        await until(reports, _REPORTED)
        for cell, (_, steps) in CELLS.items():
            for number, step in enumerate(steps):
                command = resolved(toolbox, HOUSE[cell], step)
                order = render(command) if command is not None else None
                for publish in (*order.publishes, _SENT) if order is not None else (_SENT,):
                    await hub.publish(publish, _WITHIN)
                sent = {message.topic: message.payload.decode() for message in await until(commands, _SENT)}
                mark = states.mark()
                for topic, payload in step.reported.items():
                    await house.publish(Publish(topic, payload.encode(), qos=1), _WITHIN)
                await house.publish(_REPORTED, _WITHIN)
                for message in await until(reports, _REPORTED):
                    states.receive(message.topic, message.payload, 0.0)
                told = states.since(HOUSE[cell].id, mark, KIND)
                expectation = order.expectation if order is not None else None
                confirmed = expectation.met_by(told) if expectation is not None else None
                seen[cell, number] = Seen(sent, states.known(HOUSE[cell].id, KIND), confirmed)
    return seen


async def until(messages: AsyncIterator[InboundMessage], mark: Publish) -> list[InboundMessage]:
    """Return the messages that come before the mark."""
    found: list[InboundMessage] = []
    while (message := await anext(messages)).topic != mark.topic:
        found.append(message)
    return found


@pytest.fixture(scope="module")
def seen() -> dict[Key, Seen]:
    """Return what came of every step."""
    return asyncio.run(walk_through())


@pytest.mark.parametrize(("cell", "number", "step"), STEPS)
def test_a_call_becomes_the_dialects_messages(
    seen: Mapping[Key, Seen], cell: tuple[Dialect, Kind], number: int, step: Step
) -> None:
    """What a function call asks is on a real broker as the dialect has it, and nothing else is."""
    assert seen[cell, number].sent == step.sent


@pytest.mark.parametrize(("cell", "number", "step"), STEPS)
def test_a_report_is_read_in_peoples_units(
    seen: Mapping[Key, Seen], cell: tuple[Dialect, Kind], number: int, step: Step
) -> None:
    """What the device reports over a real broker is known in the front's units, and confirms what it should."""
    known = seen[cell, number].known
    assert {name: known.get(name) for name in step.known} == pytest.approx(step.known)
    if step.arguments is not None:
        assert seen[cell, number].confirmed == (step.confirms if step.reported else None)


def test_every_topic_of_commands_is_known_beforehand() -> None:
    """What is sent for a command goes to the topics that are known as the device's, in each cell."""
    for cell, (_, steps) in CELLS.items():
        assert {topic for step in steps for topic in step.sent} <= command_topics(HOUSE[cell]), cell


def test_every_cell_is_tested() -> None:
    """There is a row for each kind in each dialect that offers it, a reason for each that is not offered."""
    assert set(CELLS) == {(dialect, kind) for dialect, cells in TABLE.items() for kind in cells}
    for dialect in Dialect:
        assert set(OFFERS[dialect]) == set(Kind)
        for kind, offer in OFFERS[dialect].items():
            assert isinstance(offer, str) == (kind not in TABLE[dialect])
            if isinstance(offer, str):
                with pytest.raises(ValidationError, match="does not offer"):
                    device(dialect, kind, {"topic": "x"})
            else:
                assert offer <= {row.name for row in TABLE[dialect][kind].rows}
