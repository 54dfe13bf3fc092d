"""A Live server on loopback that does what a script says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Final, assert_never

from hubd.errors import LinkError
from hubd.offline.connection import Connection, End, Outgoing
from hubd.offline.effects import Break, Close, Ending, Hush
from hubd.offline.entered import Entered
from hubd.offline.listener import Dialled, Listener
from hubd.offline.memory import Handles
from hubd.simulator.director import Attendance, Director
from hubd.simulator.kinds import kind
from hubd.simulator.pipe import Pipe, PipeLink
from hubd.simulator.reading import read, read_lines
from hubd.simulator.record import Record, Visit
from hubd.simulator.script import Script

# What has not come after so many seconds will not come: far longer than a busy computer needs.
_PATIENCE: Final = 60.0


class Simulator(Entered):
    """The Live service as a script has it; ``url`` is its base address while it is entered.

    script: as read() takes it, or read already. host, port: as OfflineServer. pace: how many of the model's seconds
    pass in one: playback, pauses and timers take that much less. listen: False opens no port, for tests that use
    connect() alone, in virtual time if they like. keep: whether the record is kept; a server that runs for days had
    better forget. prefix: what the ids of calls begin with: a hub acts on an id once, whoever sends it.
    tell: takes what happens, a line each.
    ``record`` is what it saw, ``handles`` those that it issued. Raises UsageError for a script that can't be read.
    """

    def __init__(  # noqa: PLR0913 -- each has its default
        self,
        script: str | Script = "",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        pace: float = 1.0,
        listen: bool = True,
        keep: bool = True,
        prefix: str = "call",
        tell: Callable[[str], None] = lambda _line: None,
    ) -> None:
        self.script = read(script) if isinstance(script, str) else script
        self._director = Director(self.script, prefix=prefix)
        self._pace = pace
        self._keep = keep
        self._tell = tell
        self._listener = (
            Listener(self._serve, host, port, admit=self._admit, text=self.script.text_frames) if listen else None
        )
        self._tasks = asyncio.TaskGroup()
        self._pipes: set[End] = set()
        self._attending: dict[Visit, tuple[Attendance, Connection]] = {}
        self._changed = asyncio.Event()
        self.url = ""

    @property
    def record(self) -> Record:
        """What was seen so far."""
        return self._director.record

    @property
    def handles(self) -> Handles:
        """The handles that were issued."""
        return self._director.handles

    async def _enter(self, stack: AsyncExitStack) -> None:
        if self._listener is not None:
            self.url = (await stack.enter_async_context(self._listener)).url
        await stack.enter_async_context(self._tasks)
        stack.callback(self._cut_pipes)

    async def connect(self, *, version: str = "v1beta", key: str = "") -> PipeLink:
        """Dial without a network; returns a LiveLink. Raises LinkError with the status of a refused upgrade."""
        number = self.record.dialled + 1
        status = self._admit(number)
        if status is not None:
            raise LinkError(status.phrase, status.value)
        pipe = Pipe()
        self._pipes.add(pipe)
        self._tasks.create_task(self._serve(pipe, Dialled(number, version, key)), name=f"connection {number}")
        return pipe.link

    async def until(self, condition: Callable[[Record], bool], *, within: float = _PATIENCE) -> None:
        """Return when the record meets the condition; it is looked at after each frame, and when a client is gone.

        Raises TimeoutError if that takes more than so many seconds of the loop's.
        """
        async with asyncio.timeout(within):
            while not condition(self.record):
                self._changed.clear()
                await self._changed.wait()

    def act(self, steps: str, visit: Visit | None = None) -> None:
        """Do steps of a script now, on a connection that is set up, by default on the newest.

        What takes time waits for the next pause of the model; the rest happens at once, whatever it does.
        Raises UsageError for steps that can't be read, LookupError if there is no connection.
        """
        lines = read_lines(steps)
        visit = visit or max(self._attending, key=lambda each: each.number, default=None)
        if visit is None or visit not in self._attending:
            raise LookupError("no client is connected")
        attendance, connection = self._attending[visit]
        attendance.perform(lines, self._clock())
        connection.carry_out()

    async def _serve(self, end: End, dialled: Dialled) -> None:
        attendance = self._director.attend(dialled.number, dialled.version, dialled.key, lambda: end.open)
        visit = attendance.visit
        show = f"{visit.number:>3}"

        def received(frame: str | bytes) -> Outgoing | None:
            fault = attendance.received(frame)
            self._note(f"{show} → {kind(visit.received[-1])}")
            self._forget(visit)
            return fault

        def sent(text: str) -> Outgoing | None:
            fault = attendance.sent(text)
            self._note(f"{show} ← {kind(text)}")
            self._forget(visit)
            return fault

        def ending(how: Ending) -> None:
            attendance.ending(how)
            self._note(f"{show} ← {_ending(how)}")

        connection = Connection(
            end,
            attendance.host,
            clock=self._clock,
            pace=self._pace,
            dress=attendance.dressed,
            on_received=received,
            on_sent=sent,
            on_ending=ending,
        )
        self._attending[visit] = attendance, connection
        self._note(f"{show}   connected")
        try:
            await connection.run()
        finally:
            visit.over = True
            del self._attending[visit]
            self._pipes.discard(end)
            if not self._keep:
                self.record.visits.remove(visit)
            self._note(f"{show}   gone")

    def _admit(self, number: int) -> HTTPStatus | None:
        status = self._director.dial(number)
        if status is not None:
            self._note(f"{number:>3} ← HTTP {status.value} {status.phrase}")
        return status

    def _forget(self, visit: Visit) -> None:
        if not self._keep:
            visit.forget()

    def _note(self, line: str) -> None:
        self._tell(line)
        self._changed.set()

    def _clock(self) -> float:
        return asyncio.get_running_loop().time() * self._pace

    def _cut_pipes(self) -> None:
        for pipe in list(self._pipes):
            pipe.cut()


def _ending(how: Ending) -> str:
    match how:
        case Close(code, reason):
            return f"close {code} {reason}".rstrip()
        case Break():
            return "cut"
        case Hush():
            return "silence from now on"
        case _:
            assert_never(how)
