"""A mosquitto of our own on a free loopback port."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hubd.errors import BrokerError, MissingPartError

_HOST: Final = "127.0.0.1"
_READY_WITHIN: Final = 10.0
_STOP_WITHIN: Final = 3.0
_LOOK_AGAIN: Final = 0.02
_PR_SET_PDEATHSIG: Final = 1


class PrivateBroker:
    """Runs while the context is open: loopback only, anonymous, nothing kept on disk; ends with this process.

    port: its TCP port, the same over stop() and start(). Raises MissingPartError where mosquitto is not installed.
    """

    def __init__(self) -> None:
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="hubd-broker-")
        try:
            await self.start()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._end()

    async def start(self) -> None:
        """Start it, on the port that it had before if there was one; returns when it accepts connections."""
        for _ in range(3):
            port = self.port or _free_port()
            if await self._start(port):
                self.port = port
                return
        raise BrokerError("mosquitto does not start on a free port of this computer")

    async def stop(self) -> None:
        """End it; clients lose their connections."""
        if self._process is None or self._process.returncode is not None:
            return
        self.resume()
        self._process.terminate()
        try:
            async with asyncio.timeout(_STOP_WITHIN):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    async def kill(self) -> None:
        """End it without a word, as a power cut does."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    def pause(self) -> None:
        """Freeze it: connections stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    async def _end(self) -> None:
        await self.stop()
        if self._folder is not None:
            self._folder.cleanup()

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(number)

    async def _start(self, port: int) -> bool:
        if self._folder is None:
            raise BrokerError("the private broker is used outside its context")
        settings = Path(self._folder.name) / "mosquitto.conf"
        # Started by root, mosquitto would change to an account that may not exist.
        account = f"user {pwd.getpwuid(os.getuid()).pw_name}\n"
        listener = f"listener {port} {_HOST}\nallow_anonymous true\npersistence false\n"
        settings.write_text(account + listener, encoding="utf-8")
        self._process = await asyncio.create_subprocess_exec(
            _mosquitto(),
            "-c",
            str(settings),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            preexec_fn=_die_with_parent(),
        )
        async with asyncio.timeout(_READY_WITHIN):
            while self._process.returncode is None:
                with contextlib.suppress(ConnectionRefusedError):
                    _, writer = await asyncio.open_connection(_HOST, port)
                    writer.close()
                    await writer.wait_closed()
                    return True
                await asyncio.sleep(_LOOK_AGAIN)  # mosquitto has no other way to say that it listens
        return False


def _mosquitto() -> str:
    # Debian puts it into sbin, which an ordinary user's path leaves out.
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise MissingPartError("mosquitto is not installed. Install it with: sudo apt-get install mosquitto")
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> Callable[[], None]:
    """Return what a child does before it becomes mosquitto: it asks to be ended when this process ends."""
    prctl = ctypes.CDLL(None).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask
