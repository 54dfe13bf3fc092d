"""What becomes of a command in which nobody is interested any more."""

from __future__ import annotations

import asyncio

import pytest

from hubd.devices.render import Publish
from tests.edges.mqtt_parts import ACCEPTED_5, Visit, fake_broker, running


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_publish_that_is_cancelled_before_the_socket_took_it_is_withdrawn(qos: int) -> None:
    """A command that paho still holds when its call is cancelled never reaches the broker, also if it reads again."""
    go_on = asyncio.Event()
    everything: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    door = b"open the garage door"

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        if go_on.is_set():
            await visit.reader.read()
            return
        visit.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can be paused
        await go_on.wait()
        visit.writer.transport.resume_reading()  # type: ignore[attr-defined]  # the same
        data = bytearray()
        try:
            while more := await visit.reader.read(2**20):
                data += more
        except ConnectionError:
            pass  # the cut
        everything.set_result(bytes(data))

    async with fake_broker(handle) as broker, running(broker) as edge:
        assert edge.broker._connection is not None
        client = edge.broker._connection._client
        while not client.want_write():
            client.publish("filler", bytes(20_000))
            client.loop_write()
        publishing = asyncio.create_task(edge.broker.publish(Publish("door/set", door, qos), 60.0))
        await asyncio.wait({publishing}, timeout=0.05)
        assert client.want_write()
        publishing.cancel()
        await asyncio.wait({publishing})
        go_on.set()
        assert door not in await everything
        assert publishing.cancelled()
