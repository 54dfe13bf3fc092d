"""The program itself, run as a user runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import pytest

from tests.live_server import DEADLINE

COMMAND: Final = (sys.executable, "-m", "hubd")
CHECKOUT: Final = Path(__file__).resolve().parents[2]
RECORDINGS: Final = CHECKOUT / ".." / "shared" / "fixtures" / "audio"
# Generous: a busy machine is no fault of the hub.
PATIENCE: Final = 110

# A line of the event stream. Its values are what JSON holds.
Event = dict[str, Any]
# Of an MQTT message: JSON read, any other text as it is.
Payload = dict[str, Any] | str


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return an environment with a home of its own, without what would make the hub act otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUBD_", "GEMINI_", "XDG_"))}
    return {**kept, "HOME": str(home), **more}


def needs(program: str, package: str) -> None:
    """Fail with the command that installs a program, if it is missing."""
    if shutil.which(program) is None:
        pytest.fail(f"{program} is not installed; run: sudo apt-get install -y {package}", pytrace=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended, and what it printed."""

    status: int
    stdout: str
    stderr: str

    @property
    def events(self) -> list[Event]:
        """The event stream, of a run with --json; raises ValueError for anything else on standard output."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    def kinds(self) -> list[str]:
        """Return what kinds of events came, in order."""
        return [event["event"] for event in self.events]

    def requests(self) -> list[Request]:
        """Return the events of each request, from its wake word on."""
        requests: list[Request] = []
        for event in self.events:
            if event["event"] == "woke":
                requests.append(Request([]))
            if requests:
                requests[-1].events.append(event)
        return requests


@dataclass(frozen=True, slots=True)
class Request:
    """The events of one request, in order."""

    events: list[Event]

    def of(self, kind: str) -> list[Event]:
        """Return its events of one kind."""
        return [event for event in self.events if event["event"] == kind]

    def first(self, kind: str, **values: object) -> int:
        """Return at which place the first event of a kind with these values stands."""
        for place, event in enumerate(self.events):
            if event["event"] == kind and values.items() <= event.items():
                return place
        raise AssertionError(f"no {kind} with {values} among {self.events}")

    @property
    def done(self) -> list[tuple[str, Payload]]:
        """What was published for calls and reported by the device: topics with their payloads, in order."""
        answered = {event["call"]: event["status"] for event in self.of("answered")}
        return [
            (event["topic"], json.loads(event["payload"]) if event["payload"].startswith("{") else event["payload"])
            for event in self.of("published")
            if answered.get(event["call"]) == "done"
        ]


class Program:
    """A run that goes on beside the test."""

    def __init__(self, arguments: Sequence[str | Path], env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            cwd=CHECKOUT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def outcome(self) -> Outcome:
        """Wait for its end."""
        stdout, stderr = self._process.communicate(timeout=PATIENCE)
        return Outcome(self._process.returncode, stdout, stderr)


def run(*arguments: str | Path, home: Path, **more: str) -> Outcome:
    """Run hubd with these arguments to its end; more is environment."""
    with Program(arguments, environment(home, **more)) as program:
        return program.outcome()


@asynccontextmanager
async def started(*arguments: str | Path, home: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Let a command of the program run while the block lasts, with its output in pipes."""
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, *map(str, arguments)),
        cwd=CHECKOUT,
        env=environment(home, **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def line(stream: asyncio.StreamReader | None) -> str:
    """Return the next line of a pipe."""
    assert stream is not None
    async with asyncio.timeout(DEADLINE):
        return (await stream.readline()).decode()


def demos(*runs: Sequence[str | Path], home: Path) -> list[Outcome]:
    """Run ``hubd demo --json`` with each list of arguments, all at once; return how each ended, in order.

    Standard output of each must be the event stream alone.
    """
    with ExitStack() as stack:
        programs = [
            stack.enter_context(Program(("demo", "--json", *arguments), environment(home))) for arguments in runs
        ]
        outcomes = [program.outcome() for program in programs]
    for outcome in outcomes:
        assert "Traceback" not in outcome.stderr, outcome.stderr
        assert all(event.keys() > {"time", "event"} for event in outcome.events)
    return outcomes
