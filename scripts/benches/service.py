"""A hub run as systemd runs it, which is told when it is ready."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hubd.demo.private_broker import HOST
from scripts.benches.processes import Memory, cpu_of, family
from scripts.benches.rows import CHECKOUT
from tests.end_to_end.daemon import Daemon, daemon
from tests.end_to_end.program import environment

# Whoever is no part of the hub: the recogniser of the offline server.
_ENGINE: Final = "pocketsphinx"
# What the hub logs next.
_READY: Final = "ready: "
_LONGEST: Final = 4096
# Settings of a hub that neither hears nor speaks.
WITHOUT_SOUND: Final = '[microphone]\ndevice = "none"\n[speaker]\ndevice = "none"\n'
# Of openWakeWord, which warns of a GPU that is not there, on and on.
QUIET: Final = {"PYTHONWARNINGS": "ignore"}
# A Live server that is not there: nobody is talked to at the start.
NOBODY: Final = "ws://127.0.0.1:9"
_SETTINGS: Final = """
[hub]
state_dir = "none"
[live]
backend = "{backend}"
{url}
[mqtt]
host = "{host}"
port = {port}
[conversation]
chime = false
"""


@dataclass(frozen=True, slots=True)
class Service:
    """A hub that is ready; ready_s, cpu_s: what that took, of time, of all its processes' CPU."""

    daemon: Daemon
    ready_s: float
    cpu_s: float

    @property
    def memory(self) -> Memory:
        """What the hub takes with its sound processes, without the recogniser."""
        return Memory.of([each for each, line in family(self.daemon.process).items() if _ENGINE not in line])

    @property
    def engine_memory(self) -> Memory:
        """What the recogniser of the offline server takes."""
        return Memory.of([each for each, line in family(self.daemon.process).items() if _ENGINE in line])


def configuration(folder: Path, port: int, *, url: str = "", more: str = "") -> Path:
    """Write a configuration, return its file; port: the broker's. url: the Live server's; empty for the offline one."""
    file = folder / "hubd.toml"
    backend, line = ("gemini", f'url = "{url}"') if url else ("offline", "")
    file.write_text(_SETTINGS.format(backend=backend, url=line, host=HOST, port=port) + more)
    return file


@asynccontextmanager
async def service(config: Path, sound: Mapping[str, str]) -> AsyncIterator[Service]:
    """Start a hub, yield it when it says READY=1, stop it afterwards; sound: the environment that leads it there."""
    folder = config.parent
    path = folder / "notify"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.setblocking(False)  # noqa: FBT003 -- the argument has no name
        around = {**environment(folder), **_of_the_unit(), **sound, "NOTIFY_SOCKET": str(path)}
        began = time.perf_counter()
        async with daemon(config, around) as running, asyncio.TaskGroup() as tasks:
            ready = asyncio.get_running_loop().create_future()
            listening = tasks.create_task(_listen(manager, ready))
            await running.logged(_READY)  # fails if the hub does
            yield Service(running, await ready - began, sum(map(cpu_of, family(running.process))))
            listening.cancel()


async def _listen(manager: socket.socket, ready: asyncio.Future[float]) -> None:
    """Take what the hub tells, for ever, as systemd does: it would wait else; note when it is ready."""
    loop = asyncio.get_running_loop()
    while True:
        told = await loop.sock_recv(manager, _LONGEST)
        if b"READY=1" in told.splitlines() and not ready.done():
            ready.set_result(time.perf_counter())


def _of_the_unit() -> dict[str, str]:
    """Return the environment that the hub's unit gives it."""
    unit = (CHECKOUT / "systemd" / "hubd.service").read_text(encoding="utf-8")
    (line,) = re.findall(r"^Environment=(.*)$", unit, re.MULTILINE)
    return dict(each.split("=", 1) for each in line.split())
