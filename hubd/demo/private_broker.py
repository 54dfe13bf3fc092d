"""A mosquitto of our own, on loopback, for as long as somebody needs it."""

from __future__ import annotations

import asyncio
import getpass
import random
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hubd.errors import BrokerError, MissingPartError

HOST: Final = "127.0.0.1"
_START_TIMEOUT: Final = 10.0
_STOP_TIMEOUT: Final = 3.0
_LOOK_EVERY: Final = 0.01
# A system gives none of these to programs that ask for any: while the broker is down nobody comes to have its port.
_PORTS: Final = range(20_000, 32_000)
_PORTS_TO_TRY: Final = 5


class PrivateBroker:
    """A mosquitto that only this computer can reach; it ends with the context, at the latest with this process.

    It takes anybody, keeps nothing on disk, and has port, or a free one if port is 0.
    further: more lines for its configuration; the last of two that contradict each other counts.
    """

    def __init__(self, port: int = 0, further: Sequence[str] = ()) -> None:
        self._port = port
        self._further = tuple(further)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; the same after each start."""
        return self._port

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            self._clean_up()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        self._clean_up()

    async def start(self) -> None:
        """Start it; returns when it accepts connections.

        Raises MissingPartError if mosquitto is not installed, BrokerError if it does not start.
        """
        program = _mosquitto()
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hubd-broker-")
        for port in [self._port] if self._port else random.sample(_PORTS, _PORTS_TO_TRY):
            if await self._start_on(port, program, Path(self._folder.name)):
                self._port = port
                return
        said = (Path(self._folder.name) / "log").read_text(errors="replace").splitlines()
        complaints = [line.partition(": ")[2] for line in said if "Error" in line] or said[-1:]
        raise BrokerError(f"mosquitto does not start: {'; '.join(complaints) or 'it gives no reason'}")

    async def stop(self) -> None:
        """End it in good order; returns when it is gone."""
        await self._signal_and_wait(signal.SIGTERM)

    async def kill(self) -> None:
        """End it without a word to its clients; returns when it is gone."""
        await self._signal_and_wait(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: its connections stay, and nobody answers."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on after pause()."""
        self._send(signal.SIGCONT)

    def _clean_up(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()

    async def _start_on(self, port: int, program: str, folder: Path) -> bool:
        settings, log = folder / "mosquitto.conf", folder / "log"
        lines = [
            f"listener {port} {HOST}",
            "allow_anonymous true",
            "persistence false",
            # It would change to a user of its own if root starts it, and with that lose the order to end with us.
            f"user {getpass.getuser()}",
            "log_dest stderr",
            *(f"log_type {kind}" for kind in ("error", "warning", "notice", "information")),
            *self._further,
        ]
        settings.write_text("\n".join(lines) + "\n")
        with log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *_with_our_end(), program, "-c", str(settings), stdin=asyncio.subprocess.DEVNULL, stderr=output
            )
        try:
            async with asyncio.timeout(_START_TIMEOUT):
                while self._process.returncode is None:
                    if b" running" in log.read_bytes():
                        return True
                    await asyncio.sleep(_LOOK_EVERY)
        except BaseException:
            await self.kill()
            raise
        return False

    def _send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _signal_and_wait(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._send(number)
        # A frozen process takes no other signal before this one.
        self._send(signal.SIGCONT)
        try:
            async with asyncio.timeout(_STOP_TIMEOUT):
                await self._process.wait()
        except TimeoutError:
            self._send(signal.SIGKILL)
            await self._process.wait()
        self._process = None


def _mosquitto() -> str:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise MissingPartError("mosquitto is not installed; run: sudo apt-get install mosquitto")
    return program


def _with_our_end() -> list[str]:
    """Return the command before mosquitto's that makes it end when this process does, however that ends."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv is not None else []
