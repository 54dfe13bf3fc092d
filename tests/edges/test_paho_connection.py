"""One MQTT connection, against a server that plays the broker byte by byte."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import sys
import termios
from collections.abc import Awaitable, Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client

from hubd.devices.render import Publish
from hubd.edges import paho_connection
from hubd.errors import BrokerError
from tests.edges.mqtt_parts import ACCEPTED_5, ACCEPTED_311, PUBLISH, SUBSCRIBE, Jam, Visit, fake_broker, running

TAKEN_OVER = bytes([0xE0, 2, 0x8E, 0])


def only_311(refusal: bytes) -> Callable[[Visit], Awaitable[None]]:
    """Return a broker that answers MQTT 5 with these bytes, and knows MQTT 3.1.1."""

    async def handle(visit: Visit) -> None:
        if await visit.level() == 5:
            visit.send(refusal)
            return
        visit.send(ACCEPTED_311)
        number = (await visit.packet(PUBLISH)).body[3:5]
        visit.send(bytes([0x40, 2]) + number)
        await visit.reader.read()

    return handle


def unsent(sock: socket.socket) -> int:
    """Return how many bytes the kernel still holds: the peer has not taken them."""
    return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


async def listen(visit: Visit) -> None:
    """Accept the connection, and read until it ends."""
    await visit.level()
    visit.send(ACCEPTED_5)
    await visit.reader.read()


@pytest.mark.parametrize(
    "refusal",
    [
        pytest.param(bytes([0x20, 3, 0, 0x84, 0]), id="mqtt-5-reason"),
        pytest.param(bytes([0x20, 2, 0, 0x84]), id="mqtt-5-reason-without-properties"),
        pytest.param(bytes([0x20, 2, 0, 1]), id="mqtt-3-code"),
        pytest.param(b"", id="hangs-up"),
    ],
)
async def test_mqtt_311_is_the_second_choice(refusal: bytes) -> None:
    """A broker that refuses MQTT 5 in any of the usual ways is spoken to in 3.1.1, at once, without any trouble."""
    async with fake_broker(only_311(refusal)) as broker, running(broker) as edge:
        await edge.broker.publish(Publish("a", b"payload", 1, expiry=10), 5.0)
        assert edge.reports == []


async def test_a_version_that_nobody_speaks_is_told() -> None:
    """A broker that knows neither version is a trouble that says so."""

    async def handle(visit: Visit) -> None:
        visit.send(bytes([0x20, 3, 0, 0x84, 0]) if await visit.level() == 5 else bytes([0x20, 2, 0, 1]))

    async with fake_broker(handle) as broker, running(broker, connected=False) as edge:
        assert "3.1.1" in (await edge.reports.wait("refuses the connection")).problem


async def test_the_expiry_travels_with_the_message() -> None:
    """In MQTT 5 the message's expiry is in the packet, so that a broker drops what it can't deliver in time."""
    received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        received.set_result((await visit.packet(PUBLISH)).body)
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        await edge.broker.publish(Publish("a", b"ON", 0, expiry=10), 5.0)
        # Topic; properties: 5 bytes long, 2 is the expiry; payload (MQTT 5, 3.3.2.3.3).
        assert await received == b"\0\x01a" + b"\x05\x02\0\0\0\x0a" + b"ON"


async def test_greets_without_a_session_and_subscribes_with_qos_1() -> None:
    """Each connection is a clean start without an expiry; topics are asked for with QoS 1, retained ones included."""
    visited: asyncio.Future[Visit] = asyncio.get_running_loop().create_future()

    async def handle(visit: Visit) -> None:
        greeting = await visit.packet(1)
        visit.send(ACCEPTED_5)
        await visit.packet(SUBSCRIBE)
        assert greeting.body[7] == 0b10  # flags: clean start alone
        visited.set_result(visit)
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        edge.broker.subscribe(["a/b"])
        visit = await visited
        assert 0x11 not in visit.packets[0].body[10:16]  # 17: the session's expiry (MQTT 5, 3.1.2.11.2)
        assert visit.packets[1].body[2:] == b"\0" + b"\0\x03a/b" + b"\x01"


async def test_many_topics_are_asked_for_in_several_packets() -> None:
    """A thousand filters reach the broker, each once."""
    topics = [f"topic/{number}" for number in range(1000)]
    asked: asyncio.Queue[bytes] = asyncio.Queue()

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        while True:
            asked.put_nowait((await visit.packet(SUBSCRIBE)).body)

    async with fake_broker(handle) as broker, running(broker) as edge:
        edge.broker.subscribe([*topics, *topics])
        bodies = [await asked.get() for _ in range(10)]
        assert b"".join(bodies).count(b"topic/") == 1000


async def test_a_topic_that_may_not_be_read_is_told() -> None:
    """A refused subscription is a trouble that names the topic; the connection stays."""

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        number = (await visit.packet(SUBSCRIBE)).body[:2]
        visit.send(bytes([0x90, 5]) + number + bytes([0, 1, 0x87]))
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        edge.broker.subscribe(["open", "closed"])
        trouble = await edge.reports.wait("does not let the hub read")
        assert "'closed'" in trouble.problem
        assert "not authorised" in trouble.problem
        assert edge.broker.connected


async def test_a_session_that_is_taken_over_is_told() -> None:
    """A broker that says who threw the hub out is quoted in plain words."""

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5 + TAKEN_OVER)

    async with fake_broker(handle) as broker, running(broker, connected=False) as edge:
        trouble = await edge.reports.wait("another client with the same id")
        assert "mqtt.client_id" in trouble.advice


async def test_a_refused_message_fails() -> None:
    """QoS 1 that the broker answers with a reason against it is an error with that reason."""

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        number = (await visit.packet(PUBLISH)).body[3:5]
        visit.send(bytes([0x40, 3]) + number + bytes([0x87]))
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        with pytest.raises(BrokerError, match="not authorised"):
            await edge.broker.publish(Publish("a", b"", 1), 5.0)


async def test_no_more_messages_are_under_way_than_the_broker_allows() -> None:
    """What has to wait for earlier messages, and whose time is over before it is its turn, is never sent."""
    bodies: list[bytes] = []
    first_came = asyncio.Event()
    ended = asyncio.Event()

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(bytes([0x20, 6, 0, 0, 3, 0x21, 0, 1]))  # one at a time (MQTT 5, 3.2.2.3.3)
        first = (await visit.packet(PUBLISH)).body
        first_came.set()
        bodies.append(first)
        await ended.wait()
        visit.send(bytes([0x40, 2]) + first[3:5])
        bodies.append((await visit.packet(PUBLISH)).body)
        visit.send(bytes([0x40, 2]) + bodies[-1][3:5])
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(edge.broker.publish(Publish("a", b"1", 1), 5.0))
            await first_came.wait()
            with pytest.raises(BrokerError, match="earlier messages"):
                await edge.broker.publish(Publish("b", b"2", 1), 0.05)
            ended.set()
        await edge.broker.publish(Publish("c", b"3", 1), 5.0)
        assert [body[2:3] for body in bodies] == [b"a", b"c"]
        assert edge.reports == []


@pytest.mark.parametrize(("held_by", "qos"), [("kernel", 1), ("paho", 0), ("paho", 1)])
async def test_what_the_network_does_not_take_is_withdrawn(held_by: str, qos: int) -> None:
    """A command that is stuck in the kernel or in paho after valid_for stays there, also when the network goes on."""
    jam, door = Jam(), b"open the garage door"
    async with fake_broker(jam.serve) as broker, running(broker) as edge:
        assert edge.broker._connection is not None
        client = edge.broker._connection._client
        sock = client.socket()
        assert isinstance(sock, socket.socket)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 200_000)

        def is_stuck() -> bool:
            # So much is not only on its way to the peer: the peer takes nothing any more.
            return client.want_write() if held_by == "paho" else unsent(sock) > 100_000

        while not is_stuck():
            client.publish("filler", bytes(20_000))
            client.loop_write()
        assert client.want_write() is (held_by == "paho")
        with pytest.raises(BrokerError, match="in time"):
            await edge.broker.publish(Publish("door/set", door, qos), 0.05)
        received = await jam.cleared()
        assert len(received) > 20_000
        assert door not in received
        await edge.broker.wait_connected()


async def test_the_socket_is_set_up_for_commands() -> None:
    """Small packets leave at once; a network that takes nothing for 5 s ends the connection with what is in it."""
    async with fake_broker(listen) as broker, running(broker) as edge:
        assert edge.broker._connection is not None
        sock = edge.broker._connection._client.socket()
        assert isinstance(sock, socket.socket)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000


async def test_a_silent_broker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes the connection, and never greets, is a trouble; the next attempt follows."""
    monkeypatch.setattr(paho_connection, "CONNECT_TIMEOUT", 0.05)
    visits: list[int] = []

    async def handle(visit: Visit) -> None:
        visits.append(await visit.level())
        if len(visits) > 1:
            visit.send(ACCEPTED_5)
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker, connected=False) as edge:
        await edge.reports.wait("does not answer")
        await edge.reports.wait("does not answer", cleared=True)


async def test_a_message_beyond_the_limit_is_dropped() -> None:
    """A broker that disregards the packet limit it was told does not get an oversize payload through."""

    def message(topic: bytes, payload: bytes) -> bytes:
        body = bytes([0, len(topic)]) + topic + b"\0" + payload
        length = bytes([len(body) & 127 | 128, len(body) >> 7 & 127 | 128, len(body) >> 14])
        return b"\x30" + length + body

    async def handle(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        await visit.packet(SUBSCRIBE)
        visit.send(message(b"big", bytes(paho_connection.INBOUND_LIMIT + 1)))
        visit.send(message(b"\xff\xfe", b"a topic that is no text"))
        visit.send(message(b"fits", bytes(paho_connection.INBOUND_LIMIT)))
        await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        messages = edge.broker.messages()
        edge.broker.subscribe(["#"])
        assert (await anext(messages)).topic == "fits"


async def test_an_error_of_the_library_ends_the_connection_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """What paho raises over a broker's bytes is reported as what it is, and the next connection is made."""
    async with fake_broker(listen) as broker, running(broker) as edge:
        with monkeypatch.context() as patch:
            patch.setattr(Client, "loop_read", lambda _client: b""[0])
            await edge.broker.publish(Publish("a", b""), 5.0)
            assert edge.broker._connection is not None
            edge.broker._connection._read()
            await edge.reports.wait("not MQTT")
        await edge.reports.wait("not MQTT", cleared=True)


async def test_the_same_trouble_is_reported_once() -> None:
    """Attempt after attempt that fails for one reason is one report; so is its end."""
    attempts = 0

    async def handle(visit: Visit) -> None:
        nonlocal attempts
        attempts += 1
        await visit.level()
        if attempts > 6:
            visit.send(ACCEPTED_5)
            await visit.reader.read()

    async with fake_broker(handle) as broker, running(broker) as edge:
        assert [report.cleared for report in edge.reports] == [False, True]


@settings(max_examples=60, deadline=None)
@given(greeting=st.sampled_from([b"", ACCEPTED_5]), noise=st.binary(min_size=1, max_size=60))
@example(greeting=b"", noise=bytes([0x20, 0]))
@example(greeting=ACCEPTED_5, noise=bytes([0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]))
@example(greeting=ACCEPTED_5, noise=bytes([0xE0, 1, 0x03]))
@example(greeting=ACCEPTED_5, noise=bytes([0x90, 3, 0, 1, 0]))
def test_whatever_a_broker_sends_the_edge_lives(greeting: bytes, noise: bytes) -> None:
    """Random bytes end a connection at worst; the next one works (promise P6)."""

    async def main() -> None:
        visits = 0

        async def handle(visit: Visit) -> None:
            nonlocal visits
            visits += 1
            await visit.level()
            if visits == 1:
                visit.send(greeting + noise)
                return
            visit.send(ACCEPTED_5)
            await visit.reader.read()

        async with fake_broker(handle) as broker, running(broker, connected=False) as edge:
            await edge.reports.wait("", cleared=False)
            while visits < 2:
                await edge.broker.wait_connected()
                await edge.reports.wait("", cleared=True)
            assert not edge.task.done()

    asyncio.run(main())
