"""``hubd run`` in a process of its own, followed line by line."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from hubd.demo.private_broker import HOST
from tests.edges.sound_system import VirtualAudio
from tests.end_to_end.program import CHECKOUT, COMMAND, Event
from tests.live_server import DEADLINE


class Daemon:
    """A hub that runs: events is its event stream so far, log what it wrote to standard error."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._more = asyncio.Condition()
        self.events: list[Event] = []
        self.log: list[str] = []

    @property
    def process(self) -> int:
        """Its process id."""
        return self._process.pid

    async def follow(self) -> None:
        """Read what it prints, to the end."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._read(self._process.stdout, lambda line: self.events.append(json.loads(line))))
            tasks.create_task(self._read(self._process.stderr, self.log.append))

    async def event(self, kind: str, since: int = 0, **values: object) -> int:
        """Return the place after the first event of a kind with these values, from a place on; wait for it."""
        return await self._until(lambda: self._place(kind, since, values))

    async def logged(self, text: str) -> int:
        """Wait for a line of the log that holds the text."""
        return await self._until(lambda: next((n for n, line in enumerate(self.log, 1) if text in line), None))

    def _place(self, kind: str, since: int, values: Mapping[str, object]) -> int | None:
        for place, event in enumerate(self.events[since:], start=since + 1):
            if event["event"] == kind and values.items() <= event.items():
                return place
        return None

    async def _until(self, find: Callable[[], int | None]) -> int:
        try:
            async with asyncio.timeout(DEADLINE), self._more:
                while (place := find()) is None:
                    assert self._process.returncode is None, "".join(self.log)
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError("it did not come; the log so far:\n" + "".join(self.log)) from None
        return place

    async def _read(self, stream: asyncio.StreamReader | None, take: Callable[[str], None]) -> None:
        assert stream is not None
        async for line in stream:
            async with self._more:
                take(line.decode())
                self._more.notify_all()
        await self._process.wait()
        async with self._more:
            self._more.notify_all()


@asynccontextmanager
async def daemon(config: Path, environment: Mapping[str, str], *, behind: Sequence[str] = ()) -> AsyncIterator[Daemon]:
    """Run ``hubd run --json``; afterwards SIGTERM has to end it with 0, without a traceback.

    behind: a command that runs it in its own place, such as unshare.
    """
    process = await asyncio.create_subprocess_exec(
        *(*behind, *COMMAND, "run", "--json", "--config", str(config)),
        cwd=CHECKOUT,
        env=environment,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    running = Daemon(process)
    following = asyncio.create_task(running.follow(), name="follow")
    try:
        yield running
        process.send_signal(signal.SIGTERM)
        await following
    finally:
        if process.returncode is None:
            process.kill()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
    assert process.returncode == 0, "".join(running.log)
    assert not any("Traceback" in line for line in running.log), "".join(running.log)


def configuration(folder: Path, url: str, port: int, more: str = "") -> Path:
    """Write a configuration with the devices of the demo house; return its file."""
    file = folder / "hubd.toml"
    house = CHECKOUT / "hubd" / "demo" / "house.toml"
    file.write_text(f"""
include = ["{house}"]
[live]
backend = "gemini"
url = "{url}"
[mqtt]
host = "{HOST}"
port = {port}
[conversation]
chime = false
{more}""")
    return file


async def ready(running: Daemon) -> None:
    """Return when the hub hears: what is said while it starts may come too late to be looked at."""
    await running.logged("ready: ")


async def heard_after(place: int, running: Daemon, virtual: VirtualAudio) -> int:
    """Say the wake word; return the place after its event."""
    await virtual.do("say", "--speed", "130", "--pad", "1600", "hey jarvis")
    return await running.event("woke", place)
