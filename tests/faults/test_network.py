"""What befalls the network itself, with a hub that lives at the far end of a cable."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from tests.end_to_end.daemon import daemon
from tests.faults.ward import DUMB, Ears, Rest, Ward, configuration, house, requests
from tests.live_server import LiveServer
from tests.running import running

pytestmark = pytest.mark.real_time


def ip(line: str) -> int:
    """Carry out one of ip's commands; return its exit status."""
    return subprocess.run([str(shutil.which("ip")), *line.split()], check=False).returncode


@dataclass(frozen=True, slots=True)
class Cable:
    """A cable from this computer to a network that has nothing else. name: of the network, and of our end."""

    name: str
    here: str = "10.213.7.1"
    there: str = "10.213.7.2"

    def lay(self) -> bool:
        """Lay it; return whether that is allowed."""
        return all(
            ip(line) == 0
            for line in (
                f"netns add {self.name}",
                f"link add {self.name} type veth peer name eth0 netns {self.name}",
                f"addr add {self.here}/24 dev {self.name}",
                f"-n {self.name} addr add {self.there}/24 dev eth0",
                f"-n {self.name} link set lo up",
                f"-n {self.name} link set eth0 up",
                f"link set {self.name} up",
            )
        )

    def pull(self) -> None:
        """Pull it out at our end."""
        assert ip(f"link set {self.name} down") == 0

    def put_back(self) -> None:
        """Put it in again."""
        assert ip(f"link set {self.name} up") == 0


@pytest.fixture
def cable() -> Iterator[Cable]:
    """Yield a cable; skips the test for who may not lay one."""
    laid = Cable(f"hubd{os.getpid()}")
    try:
        if os.geteuid() != 0 or not laid.lay():
            pytest.skip("only root may lay a cable to a network of its own")
        yield laid
    finally:
        ip(f"netns del {laid.name}")


@asynccontextmanager
async def reachable(address: str, port: int) -> AsyncIterator[int]:
    """Let a port of loopback be reached at another address as well; yield the port there."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(2**16):
                writer.write(data)
        except ConnectionError:
            pass  # either end may leave at any time
        finally:
            writer.transport.abort()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(HOST, port)
        async with running(pass_on(there_reader, writer)):
            await pass_on(reader, there_writer)

    server = await asyncio.start_server(accept, address, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.long
async def test_a_cable_that_is_pulled(tmp_path: Path, cable: Cable, tell: Callable[[str], None]) -> None:
    """No packet gets through, and nobody says so: the hub finds out, hears its wake word meanwhile, comes back."""
    ears = Ears(tmp_path, "hey jarvis")
    async with (
        LiveServer(requests()) as server,
        PrivateBroker() as broker,
        reachable(cable.here, int(server.url.rsplit(":", 1)[1])) as live,
        reachable(cable.here, broker.port) as mqtt,
    ):
        config = configuration(
            tmp_path,
            live=f'backend = "gemini"\nurl = "ws://{cable.here}:{live}"',
            mqtt=f'host = "{cable.here}"\nport = {mqtt}\nkeepalive = "2s"',
            more=DUMB,
        )
        behind = (str(shutil.which("ip")), "netns", "exec", cable.name)
        async with house(config, broker.port), daemon(config, ears.environment, behind=behind) as hub:
            here = Ward(hub, tell)
            await here.answers()
            await here.undergo(
                "network cable pulled",
                "mqtt",
                "",
                breaks=cable.pull,
                rest=Rest("the wake word is heard, and told that nobody answers", partial(here.told, "live", "")),
                mends=cable.put_back,
                then=here.answers,
            )
