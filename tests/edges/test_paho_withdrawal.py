"""What becomes of a command in which nobody is interested any more."""

from __future__ import annotations

import asyncio

import pytest

from hubd.devices.render import Publish
from tests.edges.mqtt_parts import Jam, fake_broker, running


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_publish_that_is_cancelled_before_the_socket_took_it_is_withdrawn(qos: int) -> None:
    """A command that paho still holds when its call is cancelled never reaches the broker, also if it reads again."""
    jam, door = Jam(), b"open the garage door"
    async with fake_broker(jam.serve) as broker, running(broker) as edge:
        assert edge.broker._connection is not None
        client = edge.broker._connection._client
        client.publish("filler", bytes(2**25))  # more than the buffers of both sockets can grow to
        client.loop_write()
        publishing = asyncio.create_task(edge.broker.publish(Publish("door/set", door, qos), 60.0))
        await asyncio.wait({publishing}, timeout=0.05)
        assert client.want_write()
        publishing.cancel()
        await asyncio.wait({publishing})
        assert door not in await jam.cleared()
        assert publishing.cancelled()
