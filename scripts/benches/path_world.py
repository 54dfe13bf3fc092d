"""What is around a hub on the path's bench: its broker, its Live server, precedence over other programs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hubd.demo.private_broker import HOST, PrivateBroker
from scripts.benches.loopback import Program, certificate, program
from scripts.benches.path_lamp import SETTINGS

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class World:
    """A folder for files, with the server's certificate, and the broker's port."""

    folder: Path
    broker: int

    @contextlib.contextmanager
    def server(self, scenario: str, number: int) -> Iterator[tuple[Program, str, Mapping[str, str]]]:
        """Run the server; yield it with its port, and what a client needs to trust it."""
        cert = self.folder / "cert.pem"
        with program("path_server", cert, self.folder / "key.pem", scenario, number) as server:
            yield server, server.line(), {"SSL_CERT_FILE": str(cert)}

    @contextlib.contextmanager
    def hub(
        self, scenario: str, port: str, environment: Mapping[str, str], more: str = "", house: str = SETTINGS
    ) -> Iterator[Program]:
        """Run the hub until it is ready, and have it go on; more: settings, house: those with its devices.

        As in life it keeps on disk what the next hub has to know, but each begins with nothing.
        """
        config, kept = self.folder / "hubd.toml", tempfile.mkdtemp(dir=self.folder)
        mqtt = f'[mqtt]\nhost = "{HOST}"\nport = {self.broker}\n[hub]\nstate_dir = "{kept}"\n'
        config.write_text(mqtt + more + house)
        with program("path_hub", config, port, self.broker, scenario, environment=environment) as hub:
            hub.line()
            hub.go_on()
            yield hub


async def in_world(measure: Callable[[World], _Found]) -> _Found:
    """Return what was measured in a world of its own, by a function that may block."""
    with tempfile.TemporaryDirectory(prefix="hubd-bench-") as name:
        certificate(Path(name))
        async with PrivateBroker() as broker:
            return await asyncio.to_thread(measure, World(Path(name), broker.port))


@contextlib.contextmanager
def precedence() -> Iterator[None]:
    """Let this process, with all that it starts meanwhile, go before others; without the right to it, do nothing."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    with contextlib.suppress(PermissionError):  # then the values hold what others do as well
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)
