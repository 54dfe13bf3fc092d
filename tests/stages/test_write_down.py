from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from pathlib import Path

from hubd.edges.state_file import StateFile
from hubd.reports import Report
from hubd.stages.write_down import PAUSE, WriteDown
from tests.virtual_time import now, pass_time, run, settle


class Desk:
    """A page, with when it was written; the text is what it is now."""

    def __init__(self) -> None:
        self.text = "nothing"
        self.written: list[tuple[float, str]] = []
        self.writing = WriteDown(self, lambda: self.text)

    async def write(self, text: str) -> None:
        """Note what is written."""
        self.written.append((now(), text))

    def write_now(self, text: str) -> None:
        """Note what is written."""
        self.written.append((now(), text))

    def change(self, text: str) -> None:
        """Let there be something new."""
        self.text = text
        self.writing.changed()


def at_the_desk(scenario: Callable[[Desk], Coroutine[None, None, None]]) -> Desk:
    """Run the scenario with a running stage, in virtual time; return the desk after it has stopped."""
    desk: list[Desk] = []

    async def main() -> None:
        desk.append(Desk())
        running = asyncio.create_task(desk[0].writing.run())
        await settle()
        await scenario(desk[0])
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    run(main())
    return desk[0]


def test_nothing_new_is_not_written() -> None:
    """A hub that rests leaves its disk alone."""

    async def scenario(_desk: Desk) -> None:
        await pass_time(3600)

    assert at_the_desk(scenario).written == []


def test_the_first_change_is_written_at_once() -> None:
    """What is new after a rest is on disk before anything happens."""

    async def scenario(desk: Desk) -> None:
        desk.change("a")
        await settle()
        assert desk.written == [(0.0, "a")]

    assert len(at_the_desk(scenario).written) == 1


def test_once_a_minute_at_most() -> None:
    """Many changes are one writing; the last of them is the one that counts."""

    async def scenario(desk: Desk) -> None:
        for second in range(0, 154, 7):
            desk.change(str(second))
            await pass_time(7)

    assert at_the_desk(scenario).written == [(0.0, "0"), (PAUSE, "56"), (2 * PAUSE, "119"), (154.0, "147")]


def test_what_is_new_is_written_when_the_hub_stops() -> None:
    """A restart loses nothing."""

    async def scenario(desk: Desk) -> None:
        desk.change("a")
        await settle()
        desk.change("b")
        await settle()

    assert [text for _, text in at_the_desk(scenario).written] == ["a", "b"]


def test_a_hub_that_remembers_nothing_writes_nothing() -> None:
    """Without a page the stage has nothing to do, and ends."""

    async def main() -> None:
        writing = WriteDown(None, lambda: "kept")
        writing.changed()
        await writing.run()

    asyncio.run(main())


def test_on_a_real_disk(tmp_path: Path) -> None:
    """The file is there, for its owner's eyes only, and can be read back."""
    reports: list[Report] = []
    file = StateFile(tmp_path / "state" / "tokens.json", reports.append)

    async def main() -> None:
        writing = WriteDown(file, lambda: "kept")
        writing.changed()
        running = asyncio.create_task(writing.run())
        await settle()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    asyncio.run(main())
    assert file.read() == "kept"
    assert (tmp_path / "state" / "tokens.json").stat().st_mode & 0o777 == 0o600
    assert reports == []
