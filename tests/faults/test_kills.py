"""A hub that is killed at any moment of a conversation, and started again."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from pydantic import TypeAdapter

from hubd.continuation import Continuation
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.live.messages import FunctionCall
from hubd.usage import TokenCount
from tests.edges.mqtt_parts import running as client
from tests.end_to_end.program import CHECKOUT, COMMAND
from tests.end_to_end.test_harm import wiretap
from tests.faults.ward import Ears, at, on
from tests.live_server import DEADLINE, LiveServer, Visit
from tests.running import running

pytestmark = pytest.mark.real_time

_KILLS: Final = 4
_ALL_KILLS: Final = 100
# How long a hub lives at the most once it talks, s; and how often it is killed before.
_LIVES: Final = 0.6
_STILLBORN: Final = 0.1
_COUNTER: Final = """
[[device]]
id = "counter"
name = "counter"
[[device.function]]
name = "count"
description = "Count."
publish = { topic = "counter/set", payload = "{{ number }}" }
parameters.number = { type = "integer", minimum = 1, maximum = 1000000, description = "The number." }
"""


@dataclass(slots=True)
class Service:
    """A Live server that asks for one number after the other, and again for those that it has no answer to."""

    asked: dict[str, FunctionCall] = field(default_factory=dict)
    repeated: int = 0
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    async def talk(self, visit: Visit) -> None:
        """Ask, without end; a session that goes on from a handle knows what it has asked for before."""
        if visit.handle:
            self.repeated += len(self.asked)
            await visit.call(*self.asked.values())
        else:
            self.asked.clear()
        while not visit.over:
            for response in visit.tool_responses:
                self.asked.pop(str(response["id"]), None)
            number = next(self._numbers)
            call = FunctionCall(id=f"call {number}", name="count", args={"number": number})
            self.asked[call.id] = call
            await visit.issue(f"handle {number}")
            await visit.call(call)
            await visit.until(partial(_answered, visit, call))


def _answered(visit: Visit, call: FunctionCall) -> bool:
    return visit.over or call.id in {each["id"] for each in visit.tool_responses}


class Hub:
    """One life of a hub."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.events: list[Mapping[str, object]] = []

    @classmethod
    async def born(cls, config: Path, variables: Mapping[str, str]) -> Hub:
        """Start it."""
        command = (*COMMAND, "run", "--json", "--config", str(config))
        return cls(
            await asyncio.create_subprocess_exec(
                *command, cwd=CHECKOUT, env=variables, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        )

    async def until_talking(self) -> None:
        """Return when it has been asked for something."""
        assert self._process.stdout is not None
        async with asyncio.timeout(DEADLINE):
            async for line in self._process.stdout:
                self.events.append(json.loads(line))
                if self.events[-1]["event"] == "called":
                    return
        raise AssertionError(f"it ended by itself after {self.events}")

    async def survive(self, seconds: float) -> None:
        """Let it live so much longer, then kill it."""
        if self._process.stdout is not None:
            try:
                async with asyncio.timeout(seconds):
                    await self._process.stdout.read()
            except TimeoutError:
                pass  # this is how long it was to live
        self._process.kill()
        await self._process.wait()


def unreadable(folder: Path) -> list[str]:
    """Return the names of the state files that a hub could not take over."""
    read: Mapping[str, Callable[[str], object]] = {
        "session-hub.json": lambda text: Continuation().restore(text, 0.0),
        "tokens-hub.json": lambda text: TokenCount(date.today).restore(text),
        "timers-hub.json": lambda text: isinstance(TypeAdapter(list[object]).validate_json(text), list),
    }
    return [name for name, takes in read.items() if (folder / name).exists() and not takes((folder / name).read_text())]


async def wake(broker: PahoBroker) -> None:
    """Have the hub listen, as soon as it can hear of it."""
    hears = (message async for message in broker.messages() if message.payload == b"online" and not message.retained)
    broker.subscribe(["hubd/hub/availability"])
    async for _ in hears:
        await broker.publish(Publish("hubd/hub/cmd/listen", b"", 1), DEADLINE)


async def test_killed_at_any_moment(tmp_path: Path, tell: Callable[[str], None], *, thorough: bool) -> None:
    """However often, and whenever: it starts again, carries no command out twice, and can read what it kept."""
    chance, service, config = random.Random(5), Service(), tmp_path / "hubd.toml"  # noqa: S311 -- to be repeated
    kills = _ALL_KILLS if thorough else _KILLS
    state = tmp_path / ".local" / "state" / "hubd"
    async with LiveServer(service.talk) as server, PrivateBroker() as broker:
        config.write_text(
            f"""
[live]
{at(server)}
[mqtt]
{on(broker.port)}
[speaker]
device = "none"
[limits]
messages_per_second = 100
messages_per_device = 100
{_COUNTER}"""
        )
        variables = Ears(tmp_path).environment
        async with (
            wiretap(broker.port) as seen,
            client(BrokerSettings(HOST, broker.port, "somebody")) as somebody,
            running(wake(somebody.broker)),
        ):
            for _ in range(kills):
                hub = await Hub.born(config, variables)
                if chance.random() >= _STILLBORN:
                    await hub.until_talking()
                await hub.survive(chance.uniform(0.0, _LIVES))
                # A busy computer may be too slow for the wake word.
                assert {event["part"] for event in hub.events if event["event"] == "trouble"} <= {"wake"}
                assert unreadable(state) == []
    carried_out = Counter(payload for topic, payload in seen if topic == "counter/set")
    assert [number for number, times in carried_out.items() if times > 1] == []
    assert len(carried_out) > kills
    tell(f"{kills} times killed: {len(carried_out)} commands, {service.repeated} asked for again, none twice")
