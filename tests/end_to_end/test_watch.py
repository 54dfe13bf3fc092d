"""``hubd watch`` as a user runs it, with a real broker."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import signal
import struct
import termios
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.presence import Presence, Words
from hubd.reports import PublicState, Report, StateReport, WokeReport
from tests.end_to_end.program import CHECKOUT, COMMAND, environment, line, run, started
from tests.live_server import DEADLINE
from tests.running import running

TREE: Final = Tree("hubd", "kitchen")
TIME: Final = 1_795_384_217.5
WOKE: Final = WokeReport("hey_jarvis", 0.97, 240)


class Hub:
    """What a hub would publish."""

    def __init__(self, broker: PahoBroker) -> None:
        self._broker = broker
        identity = Identity("Kitchen", "Kitchen", "9.1")
        self._presence = Presence(identity, TREE, words=Words.PUBLISHED, volume=80, started=TIME)

    async def greet(self) -> None:
        """Say that it is there."""
        await self._publish(self._presence.greeting())

    async def tell(self, report: Report) -> None:
        """Say what happens."""
        await self._publish(self._presence.take(report, TIME))

    async def _publish(self, messages: tuple[Publish, ...]) -> None:
        await self._broker.newer_connection(0)
        for message in messages:
            await self._broker.publish(message, 5.0)


@asynccontextmanager
async def hub(port: int) -> AsyncIterator[Hub]:
    """Have a hub that publishes at a broker."""
    broker = PahoBroker(BrokerSettings(HOST, port, "hub"), lambda _report: None)
    async with running(broker.run()):
        yield Hub(broker)


def configuration(folder: Path, port: int) -> list[str]:
    """Return the options that name a configuration for this broker."""
    file = folder / "hubd.toml"
    file.write_text(f'[hub]\nid = "kitchen"\n[mqtt]\nhost = "{HOST}"\nport = {port}\n')
    return ["--config", str(file)]


def watching(folder: Path, port: int, *options: str) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    """Run ``hubd watch`` with its output in pipes."""
    return started("watch", *configuration(folder, port), *options, home=folder, TZ="UTC")


async def test_lines(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """An event is a line; a broker that goes is told of, and tried until it is back; Ctrl-C ends it with 130."""
    async with watching(tmp_path, mosquitto.port) as process:
        assert await line(process.stderr) == (
            'hubd: "kitchen": the broker knows no hub of this name; start it, or correct hub.id\n'
        )
        async with hub(mosquitto.port) as kitchen:
            await kitchen.greet()
            assert await line(process.stderr) == 'hubd: "kitchen": it can be seen again\n'
            await kitchen.tell(WOKE)
            assert await line(process.stdout) == "21:50:17  woke: hey jarvis (score 0.97)\n"
        await mosquitto.kill()
        while "no MQTT broker listens" not in await line(process.stderr):
            pass
        await mosquitto.start()
        async with hub(mosquitto.port) as kitchen:
            await kitchen.greet()
            while "it can be seen again" not in await line(process.stderr):
                pass
            await kitchen.tell(StateReport(PublicState.LISTENING))
            assert await line(process.stdout) == "21:50:17  state: listening\n"
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(DEADLINE):
            rest = await process.communicate()
        assert (process.returncode, rest) == (130, (b"", b""))


async def test_events_as_they_are(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """With --json an event is passed on as it is, also one of a newer hub; what is no event is not."""
    newer = b'{"time": 1.5,\n "event": "danced", "steps": ["\xe2\x80\xa8"]}'
    async with watching(tmp_path, mosquitto.port, "--json") as process, hub(mosquitto.port) as kitchen:
        await line(process.stderr)
        await kitchen._publish((Publish(TREE.event("danced"), b"no event", 1), Publish(TREE.event("danced"), newer, 1)))
        assert await line(process.stdout) == newer.decode().replace("\n", " ") + "\n"
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(DEADLINE):
            assert await process.wait() == 143


def test_nothing_to_watch(tmp_path: Path) -> None:
    """A hub that publishes nothing can't be watched, which is wrong usage."""
    file = tmp_path / "hubd.toml"
    file.write_text("[presence]\nenabled = false\n")
    outcome = run("watch", "--config", file, home=tmp_path)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr == "hubd: presence.enabled is false: the hub publishes nothing that could be watched.\n"


class Terminal:
    """A terminal in which something runs."""

    def __init__(self) -> None:
        self._ours, self.theirs = pty.openpty()
        os.set_blocking(self._ours, False)
        self._came = asyncio.Event()
        self.shown = ""
        asyncio.get_running_loop().add_reader(self._ours, self._read)

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size; who runs in it gets a signal."""
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def press(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._ours, keys)

    async def until(self, text: str) -> str:
        """Return what was shown up to this text, which is behind us then."""
        async with asyncio.timeout(DEADLINE):
            while text not in self.shown:
                self._came.clear()
                await self._came.wait()
        before, _, self.shown = self.shown.partition(text)
        return before

    def close(self) -> None:
        """Throw it away."""
        asyncio.get_running_loop().remove_reader(self._ours)
        os.close(self._ours)
        os.close(self.theirs)

    def _read(self) -> None:
        self.shown += os.read(self._ours, 65_536).decode()
        self._came.set()


def own_terminal() -> None:
    """Make standard input the terminal of a session of its own, so that its Ctrl-C arrives."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


async def test_terminal(tmp_path: Path, mosquitto: PrivateBroker) -> None:
    """The view follows the hub and the size of the terminal; Ctrl-C puts the terminal back as it was."""
    terminal = Terminal()
    terminal.resize(80, 24)
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "watch", *configuration(tmp_path, mosquitto.port)),
        cwd=CHECKOUT,
        env=environment(tmp_path, TZ="UTC", TERM="xterm"),
        stdin=terminal.theirs,
        stdout=terminal.theirs,
        stderr=terminal.theirs,
        preexec_fn=own_terminal,
    )
    try:
        await terminal.until("\x1b[?1049h\x1b[?25l")
        async with hub(mosquitto.port) as kitchen:
            await kitchen.greet()
            await terminal.until('hubd "kitchen": idle, volume 80 %')
            await kitchen.tell(WOKE)
            await terminal.until("21:50:17  woke: hey jarvis (score 0.97)")
            terminal.resize(30, 24)
            await terminal.until("21:50:17  woke: hey jarvis (s…")
        terminal.press(b"\x03")
        await terminal.until("\x1b[?25h\x1b[?1049l")
        async with asyncio.timeout(DEADLINE):
            assert await process.wait() == 130
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        terminal.close()
