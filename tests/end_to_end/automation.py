"""Somebody else on the broker: gives a hub commands, reads what it publishes; and an ear at its speaker."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from pydantic import JsonValue

from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.ports import InboundMessage
from tests.edges.mqtt_parts import running
from tests.end_to_end.house import Room
from tests.live_server import DEADLINE

Body = dict[str, JsonValue]


class Automation:
    """A client of the broker that has seen all that the hub has published since it came."""

    def __init__(self, broker: PahoBroker, hub: str) -> None:
        self._broker = broker
        self._hub = hub
        self._more = asyncio.Condition()
        self.seen: list[InboundMessage] = []

    async def follow(self, messages: AsyncIterator[InboundMessage]) -> None:
        """Read until cancelled."""
        async for message in messages:
            async with self._more:
                self.seen.append(message)
                self._more.notify_all()

    async def give(self, command: str, payload: JsonValue = "") -> None:
        """Give a command."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        await self._broker.publish(Publish(f"hubd/{self._hub}/cmd/{command}", text.encode(), 1), DEADLINE)

    async def ask(self, command: str, payload: JsonValue = "") -> Body:
        """Give a command; return its result."""
        since = len(self.seen)
        await self.give(command, payload)
        return await self.result(command, since)

    async def result(self, command: str, since: int = 0) -> Body:
        """Return the first result of a command, from a place in what was seen on."""
        return await self.message(f"hubd/{self._hub}/result/{command}", since=since)

    async def message(self, topic: str, is_it: Callable[[Body], bool] = lambda _: True, since: int = 0) -> Body:
        """Return the first message on a topic that is the one looked for, from a place in what was seen on."""

        def find() -> Body | None:
            for message in self.seen[since:]:
                if message.topic == topic and is_it(body := _body(message)):
                    return body
            return None

        async with asyncio.timeout(DEADLINE), self._more:
            while (found := find()) is None:
                await self._more.wait()
        return found


def _body(message: InboundMessage) -> Body:
    text = message.payload.decode()
    body: JsonValue = json.loads(text) if text.startswith("{") else {"text": text}
    assert isinstance(body, dict)
    return body


@asynccontextmanager
async def automation(port: int, hub: str = "hub") -> AsyncIterator[Automation]:
    """Come to the broker; yield when the hub is online."""
    async with running(BrokerSettings(HOST, port, "automation")) as edge:
        messages = edge.broker.messages()
        edge.broker.subscribe([f"hubd/{hub}/#", "homeassistant/#"])
        somebody = Automation(edge.broker, hub)
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(somebody.follow(messages))
            await somebody.message(f"hubd/{hub}/availability", lambda body: body["text"] == "online")
            yield somebody
            following.cancel()


@dataclass(slots=True)
class Ear:
    """What the speaker was given, piece by piece; None where it was told to fall silent."""

    heard: list[bytes | None] = field(default_factory=list)

    def place(self, pcm: bytes) -> int:
        """Return where this sound was given, as part of a piece; -1 if it was not."""
        return next((n for n, piece in enumerate(self.heard) if piece is not None and pcm in piece), -1)


def ear_at(room: Room, monkeypatch: pytest.MonkeyPatch) -> Ear:
    """Listen to a room's speaker from now on."""
    ear = Ear()
    play, flush = room.play, room.flush

    def heard(pcm: bytes) -> None:
        ear.heard.append(pcm)
        play(pcm)

    def silenced() -> None:
        ear.heard.append(None)
        flush()

    monkeypatch.setattr(room, "play", heard)
    monkeypatch.setattr(room, "flush", silenced)
    return ear
