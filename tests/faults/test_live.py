"""What befalls the way to the Live server, with a hub that automations wake."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Self

import pytest

from hubd.audio.pcm import UPLINK_RATE
from hubd.demo.private_broker import HOST, PrivateBroker
from tests.end_to_end.automation import Automation, automation
from tests.end_to_end.daemon import daemon
from tests.faults.certificates import Certificate, certificate
from tests.faults.ward import DUMB, Deed, Ears, Rest, Ward, configuration, house, on, request, requests, woken_after
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

_REDIRECT: Final = b"HTTP/1.1 302 Found\r\nLocation: http://login.test/\r\nContent-Length: 0\r\n\r\n"
_PAGE: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>Login</h1"
_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"


class Gate:
    """What stands at the Live server's address: the way to it as soon as it is entered, or something else.

    port: of the address; nobody else may have it while the gate is closed.
    """

    def __init__(self, server: LiveServer, good: Certificate, port: int) -> None:
        self._to = int(server.url.rsplit(":", 1)[1])
        self._good = good
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()
        self.port = port

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Lead to the server."""
        await self._stand(self._forward, self._good)

    async def close(self) -> None:
        """Be closed: connections are refused, those that were open end."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        if self._server is not None:
            await self._server.wait_closed()
        self._server = None

    async def say(self, answer: bytes) -> None:
        """Give this answer to whoever comes, behind the right certificate; nothing: never answer."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            if answer:
                writer.write(answer)
                writer.close()

        await self._stand(serve, self._good)

    async def show(self, other: Certificate) -> None:
        """Show another certificate."""
        await self._stand(self._forward, other)

    def swallow(self) -> None:
        """Swallow all that is sent from now on, as a network does that was cut; nobody hears of it."""
        self._passing.clear()

    async def _stand(
        self,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        shown: Certificate,
    ) -> None:
        await self.close()
        self._passing.set()

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            # Either end may leave at any time.
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await serve(reader, writer)

        self._server = await asyncio.start_server(accept, HOST, self.port, ssl=shown.server)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._passing.is_set():
            await reader.read()
        there_reader, there_writer = await asyncio.open_connection(HOST, self._to)
        self._writers.add(there_writer)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._copy(reader, there_writer))
            tasks.create_task(self._copy(there_reader, writer))

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(2**16):
            if self._passing.is_set():
                writer.write(data)
        writer.close()


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a hub's computer knows: files in the place of its own, for this hub alone."""

    hosts: Path
    servers: Path

    @classmethod
    def kept_in(cls, folder: Path) -> Names:
        """Write the files: the name is known, and nobody else is to be asked."""
        names = cls(folder / "hosts", folder / "resolv.conf")
        names.servers.write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
        names.remember()
        return names

    def remember(self) -> None:
        """Know the server's name."""
        self.hosts.write_text("127.0.0.1 localhost hubd.test\n")

    def forget(self) -> None:
        """Know it no more."""
        self.hosts.write_text("127.0.0.1 localhost\n")

    @property
    def behind(self) -> Sequence[str]:
        """What runs a program with these names."""
        script = 'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
        return ("unshare", "--mount", "sh", "-c", script, str(self.hosts), str(self.servers))


def may_mount() -> bool:
    """Return whether a program can be given names of its own."""
    command = ["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"]
    return (
        os.geteuid() == 0
        and shutil.which("unshare") is not None
        and subprocess.run(command, check=False).returncode == 0
    )


@dataclass(frozen=True, slots=True)
class Around:
    """What is around a hub under test."""

    gate: Gate
    foreign: Certificate
    later: Certificate
    earlier: Certificate
    names: Names

    async def lose_the_name(self) -> None:
        """Have nobody at the address that the hub still knows, and nobody who could tell it another."""
        self.names.forget()
        await self.gate.close()

    async def know_the_name(self) -> None:
        """Have the name known again, and the server at its address."""
        self.names.remember()
        await self.gate.open()


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table. words: what stands in the trouble. breaks: what brings it about, in a hub that is idle."""

    fault: str
    words: str
    breaks: Callable[[Around], Deed]
    mends: Callable[[Around], Deed] = lambda around: around.gate.open


_AWAY: Final = "The Live server can't be reached"
_STRANGER: Final = "Something else answers in place of the Live server"
_CLOCK: Final = "does not fit the clock"
CASES: Final = (
    Case("Live server down", _AWAY, lambda around: around.gate.close),
    Case("login page: a redirect", _STRANGER, lambda around: partial(around.gate.say, _REDIRECT)),
    Case("login page: its own certificate", _STRANGER, lambda around: partial(around.gate.show, around.foreign)),
    Case("certificate not yet valid", _CLOCK, lambda around: partial(around.gate.show, around.later)),
)
MORE: Final = (
    Case("Live server that never answers", _AWAY, lambda around: partial(around.gate.say, b"")),
    Case("Live server busy", "busy or out of order", lambda around: partial(around.gate.say, _BUSY)),
    Case("login page: a page", _STRANGER, lambda around: partial(around.gate.say, _PAGE)),
    Case("certificate expired", _CLOCK, lambda around: partial(around.gate.show, around.earlier)),
)
DNS: Final = Case("DNS gone", _AWAY, lambda around: around.lose_the_name, lambda around: around.know_the_name)


async def test_a_server_that_is_out_of_reach(
    tmp_path: Path, quiet_port: int, tell: Callable[[str], None], *, thorough: bool
) -> None:
    """Whatever stands between, who wakes the hub is told why, and automations are served; then it answers again."""
    names = Names.kept_in(tmp_path)
    good, later, earlier = (
        certificate(tmp_path / "good"),
        certificate(tmp_path / "later", begins="20900101000000Z"),
        certificate(tmp_path / "earlier", ends="20210101000000Z"),
    )
    trusted = tmp_path / "trusted.pem"
    trusted.write_text("".join(each.file.read_text() for each in (good, later, earlier)))
    environment = {**Ears(tmp_path).environment, "SSL_CERT_FILE": str(trusted)}
    async with (
        LiveServer(requests()) as server,
        PrivateBroker() as broker,
        Gate(server, good, quiet_port) as gate,
    ):
        around = Around(gate, certificate(tmp_path / "foreign"), later, earlier, names)
        by_name = may_mount()
        address = f'backend = "gemini"\nurl = "wss://{"hubd.test" if by_name else "localhost"}:{gate.port}"'
        config = configuration(tmp_path, live=address, mqtt=on(broker.port), more=DUMB)
        async with (
            house(config, broker.port),
            daemon(config, environment, behind=names.behind if by_name else ()) as hub,
            automation(broker.port) as somebody,
        ):
            ward = Ward(hub, tell)
            await somebody.give("listen")
            await ward.answers()
            for case in (*CASES, *(MORE if thorough else ()), *((DNS,) if by_name else ())):
                await ward.undergo(
                    case.fault,
                    "live",
                    case.words,
                    breaks=partial(woken_after, case.breaks(around), ward, somebody),
                    rest=Rest("an automation has something said", partial(has_said, somebody)),
                    mends=partial(woken_after, case.mends(around), ward, somebody),
                    then=ward.answers,
                )
    if not by_name:
        pytest.skip("the name server's row needs root, who may give a program a hosts file of its own")


@pytest.mark.long
async def test_a_network_that_is_cut_in_mid_sentence(
    tmp_path: Path, quiet_port: int, tell: Callable[[str], None]
) -> None:
    """Nothing arrives any more, and nobody says so: the hub finds out, says it, and answers when it can."""
    ask = requests()

    async def listen(visit: Visit) -> None:
        if len(server.visits) > 1:
            await ask(visit)

    good = certificate(tmp_path / "good")
    ears = Ears(tmp_path, "turn on the kitchen lights", pause=20)
    async with LiveServer(listen) as server, PrivateBroker() as broker, Gate(server, good, quiet_port) as gate:
        address = f'backend = "gemini"\nurl = "wss://localhost:{gate.port}"'
        config = configuration(tmp_path, live=address, mqtt=on(broker.port), more=DUMB)
        async with (
            house(config, broker.port),
            daemon(config, {**ears.environment, "SSL_CERT_FILE": str(good.file)}) as hub,
            automation(broker.port) as somebody,
        ):
            ward = Ward(hub, tell)
            await somebody.give("listen")
            visit = await server.visit()
            await visit.until(lambda: visit.samples > UPLINK_RATE)
            await ward.undergo(
                "network cut in mid-sentence",
                "live",
                _AWAY,
                breaks=gate.swallow,
                rest=Rest("an automation has something said", partial(has_said, somebody)),
                mends=partial(woken_after, gate.open, ward, somebody),
                then=partial(request, ward, somebody),
            )


async def has_said(somebody: Automation) -> None:
    """Have something said."""
    assert (await somebody.ask("say", {"text": "The washing machine has finished."}))["status"] == "done"
