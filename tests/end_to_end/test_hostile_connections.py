"""Promise P6 over real connections: whatever either side sends, the other ends the connection or goes on."""

from __future__ import annotations

import asyncio
import gc
import json
import pathlib
import random
import resource
from collections.abc import AsyncIterator
from typing import Final, Self

import pytest
from websockets.asyncio.client import connect as dial
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from hubd.edges.websockets_link import connect
from hubd.errors import LinkError, RemoteProtocolError
from hubd.events import Backend
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings
from hubd.offline.server import OfflineServer
from hubd.simulator.server import Simulator
from tests.live.mutation import SERVER_FRAMES, Mutator, client_corpus
from tests.offline.hosting import set_up

SERVICE: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
FRAMES: Final = 2_000
ANSWERS: Final = 'otherwise:\n  say "Well." for 1s\n  call set_light {"device": "lamp"}\n  call lock\n'
# What the allocator keeps for itself; every connection's buffers would make far more.
MOST_GROWTH: Final = 24 * 2**20
_STATM: Final = pathlib.Path("/proc/self/statm")


def resident() -> int:
    """Return how much memory this process has now, bytes."""
    gc.collect()
    return int(_STATM.read_text().split()[1]) * resource.getpagesize()


class HostileServer:
    """A server that sets up every connection, then sends it mutated frames until it goes; counts them."""

    def __init__(self) -> None:
        self.url = ""
        self._mutator = Mutator(SERVER_FRAMES, seed=8)
        self._random = random.Random(8)  # noqa: S311 -- to be repeated, not to be secret

    async def __aenter__(self) -> Self:
        self._server = await serve(self._serve, "127.0.0.1", 0, compression=None, close_timeout=1)
        self.url = f"ws://127.0.0.1:{next(iter(self._server.sockets)).getsockname()[1]}{SERVICE}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, connection: ServerConnection) -> None:
        try:
            await connection.recv()
            await connection.send(b'{"setupComplete":{}}')
            while True:
                # As text it need not even be UTF-8.
                await connection.send(self._mutator.frame(), text=self._random.random() < 0.2)
                await (await connection.ping())
                if self._random.random() < 0.01:
                    connection.transport.abort()
        except ConnectionClosed:
            pass


async def heard(url: str) -> AsyncIterator[bool]:
    """Talk to a server for one connection: yield for each frame whether it was read."""
    link = await connect(url, None)
    session = LiveSession(Opening(SessionSettings(model="gemini-3.8-live"), ()), None, Backend.GEMINI)
    try:
        for frame in session.data_to_send():
            await link.send(frame)
        async for received in link.messages():
            try:
                session.receive(received)
            except (RemoteProtocolError, LinkError):
                yield False
                return
            yield True
    except LinkError:
        pass  # the server cut the connection, or sent text that is none
    finally:
        await link.close()


async def test_a_client_survives_a_hostile_server() -> None:
    """2,000 mutated frames over real connections end in events or in an error of ours, and leave nothing behind."""
    frames = refused = connections = 0
    before = resident()
    async with HostileServer() as server:
        while frames < FRAMES:
            connections += 1
            async for read in heard(server.url):
                frames += 1
                refused += not read
            if frames < FRAMES // 5:
                before = resident()
    assert 100 < refused <= connections
    assert resident() - before < MOST_GROWTH


async def misbehave(url: str, mutator: Mutator, count: int, key: str = "") -> int:
    """Send mutated frames to a server, over as many connections as it takes; return how many of those it closed.

    Each close is one of the protocol's, with words, and after the last one good clients are still served.
    """
    draw = random.Random(9)  # noqa: S311 -- to be repeated, not to be secret
    sent = closes = 0
    while sent < count:
        link = await dial(
            url,
            additional_headers={"x-goog-api-key": key},
            max_size=None,
            compression=None,
            close_timeout=1,
            ping_interval=None,
        )
        try:
            await link.send(json.dumps(set_up()))
            await link.recv()
            while sent < count:
                await link.send(mutator.frame(), text=draw.random() < 0.8)
                sent += 1
                await (await link.ping())
        except ConnectionClosed as closed:
            closes += 1
            code, reason = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd is not None else (1006, "")
            assert code in (1007, 1008), (code, reason)
            assert reason.isprintable()
        finally:
            await link.close()
    async with dial(url, additional_headers={"x-goog-api-key": key}) as link:
        await link.send(json.dumps(set_up()))
        assert await link.recv() == b'{"setupComplete":{}}'
    return closes


async def test_the_simulator_survives_hostile_clients(caplog: pytest.LogCaptureFixture) -> None:
    """2,000 mutated frames: closed with the service's code or taken, and no error but in words."""
    async with Simulator(ANSWERS, pace=50) as simulator:
        await misbehave(simulator.url + SERVICE, Mutator(client_corpus(), seed=10), FRAMES // 4)
        before = resident()
        simulator.record.visits.clear()
        closes = await misbehave(simulator.url + SERVICE, Mutator(client_corpus(), seed=11), FRAMES)
        simulator.record.visits.clear()
        assert resident() - before < MOST_GROWTH
    assert closes > 500
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]


async def test_the_offline_server_survives_hostile_clients(caplog: pytest.LogCaptureFixture) -> None:
    """The same for the server that homes rely on: 500 of them, with its recogniser behind it."""
    async with asyncio.timeout(100), OfflineServer() as server:
        closes = await misbehave(
            server.url + SERVICE, Mutator(client_corpus(), seed=12), FRAMES // 4, server.key.get_secret_value()
        )
    assert closes > 100
    assert not [record for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")]
