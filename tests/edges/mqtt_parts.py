"""Parts for tests of the broker edge: a running edge, its reports, a server that plays a broker byte by byte."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from hubd.backoff import Backoff
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.ports import InboundMessage
from hubd.reports import Report, TroubleReport
from tests.running import running as beside

CONNECT: Final = 1
PUBLISH: Final = 3
SUBSCRIBE: Final = 8
ACCEPTED_5: Final = bytes([0x20, 3, 0, 0, 0])
ACCEPTED_311: Final = bytes([0x20, 2, 0, 0])


class Reports(list[TroubleReport]):
    """A report sink that can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self._came = asyncio.Event()

    def __call__(self, report: Report) -> None:
        """Take a report."""
        assert isinstance(report, TroubleReport)
        self.append(report)
        self._came.set()

    async def wait(self, text: str, *, cleared: bool = False) -> TroubleReport:
        """Return the first report whose problem holds the text."""
        while True:
            for report in self:
                if text in report.problem and report.cleared is cleared:
                    return report
            self._came.clear()
            await self._came.wait()


@dataclass(slots=True)
class Edge:
    """A broker edge that runs: the object under test, what it reported, the task that runs it."""

    broker: PahoBroker
    reports: Reports
    task: asyncio.Task[None]


@asynccontextmanager
async def running(settings: BrokerSettings, *, connected: bool = True) -> AsyncIterator[Edge]:
    """Run an edge with short delays between attempts; yield it connected, unless told otherwise."""
    reports = Reports()
    broker = PahoBroker(settings, reports, backoff=Backoff(0.02, 0.05))
    async with beside(broker.run()) as task:
        if connected:
            await broker.wait_connected()
        yield Edge(broker, reports, task)


async def until(messages: AsyncIterator[InboundMessage], topic: str) -> list[InboundMessage]:
    """Return the messages up to the first one on the topic."""
    found: list[InboundMessage] = []
    async for message in messages:
        found.append(message)
        if message.topic == topic:
            break
    return found


async def marked(broker: PahoBroker, messages: AsyncIterator[InboundMessage], topic: str) -> list[InboundMessage]:
    """Publish a mark, return the messages before it: MQTT keeps the order, so nothing sent earlier is still to come."""
    await broker.publish(Publish(topic, b"mark", qos=1), 5.0)
    return (await until(messages, topic))[:-1]


@dataclass(frozen=True, slots=True)
class Packet:
    """One MQTT packet: its type with flags, what follows the length."""

    head: int
    body: bytes

    @property
    def kind(self) -> int:
        """The packet's type, as CONNECT."""
        return self.head >> 4


@dataclass(slots=True)
class Visit:
    """One connection to the fake broker; data is all that came, packets what has been read as such."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    packets: list[Packet] = field(default_factory=list)

    async def packet(self, kind: int) -> Packet:
        """Read up to the next packet of the kind; raises IncompleteReadError at the end."""
        while True:
            head = (await self.reader.readexactly(1))[0]
            length, shift = 0, 0
            while True:
                byte = (await self.reader.readexactly(1))[0]
                length |= (byte & 127) << shift
                shift += 7
                if not byte & 128:
                    break
            found = Packet(head, await self.reader.readexactly(length))
            self.packets.append(found)
            if found.kind == kind:
                return found

    async def level(self) -> int:
        """Read the greeting; return the protocol level that it asks for: 5, or 4 for MQTT 3.1.1."""
        return (await self.packet(CONNECT)).body[6]

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.writer.write(data)


class Jam:
    """What holds up the first connection to a fake broker, until it is cleared; those after that are left in peace."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def serve(self, visit: Visit) -> None:
        """Accept a connection, and read nothing before the jam is cleared."""
        await visit.level()
        visit.send(ACCEPTED_5)
        if self._over.is_set():
            await visit.reader.read()
            return
        visit.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport can be paused
        await self._over.wait()
        visit.writer.transport.resume_reading()  # type: ignore[attr-defined]  # the same
        data = bytearray()
        try:
            while more := await visit.reader.read(2**20):
                data += more
        except ConnectionError:
            pass  # the cut
        self._received.set_result(bytes(data))

    async def cleared(self) -> bytes:
        """Clear it; return all that came over the connection by its end."""
        self._over.set()
        return await self._received


@asynccontextmanager
async def fake_broker(
    handle: Callable[[Visit], Awaitable[None]], tls: ssl.SSLContext | None = None
) -> AsyncIterator[BrokerSettings]:
    """Run a server that treats each connection with handle, then closes it; yield the settings to reach it."""
    tasks: set[asyncio.Task[None]] = set()
    server_ends = asyncio.Event()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        # A task of the server's that ends as cancelled is an error to asyncio.
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handle(Visit(reader, writer))
        if server_ends.is_set():
            writer.transport.abort()
        else:
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    try:
        yield BrokerSettings("127.0.0.1", server.sockets[0].getsockname()[1], "under-test")
    finally:
        server_ends.set()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks)
        await server.wait_closed()
