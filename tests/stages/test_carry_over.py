from __future__ import annotations

from collections.abc import Callable, Coroutine

import pytest

from hubd.continuation import Continuation
from hubd.events import Answer, Backend, Call, CallStatus, Scheduling
from hubd.stages.carry_over import CarryOver
from tests.running import running
from tests.virtual_time import now, pass_time, run, settle

WALL = 1_795_000_000.0
GEMINI = Backend.GEMINI
OUTCOME = Answer(Call("c1", "lamp"), CallStatus.DONE, Scheduling.SILENT, {"message": "On."})


class Disk:
    """A store: what is written is kept, with the time."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.times: list[float] = []
        self.appended: list[float] = []
        self.broken = False
        self.full = False

    def read(self) -> str:
        """Return the text."""
        return self.text

    def set_aside(self) -> None:
        """Note that it was not understood."""
        self.broken = True

    async def write(self, text: str) -> bool:
        """Keep the text, if there is room; it takes a while, unless there is no time left."""
        try:
            await pass_time(0.1)
        finally:
            self.write_now(text)
        return not self.full

    def append(self, line: str) -> None:
        """Keep the line in no time."""
        self.text += f"\n{line}"
        self.appended.append(round(now(), 1))

    def write_now(self, text: str) -> None:
        """Keep the text."""
        self.text = text
        self.times.append(round(now(), 1))


def on_disk(disk: Disk) -> CarryOver:
    """Return what the hub that is started now remembers."""
    return CarryOver(disk, wall=lambda: WALL + now())


def kept_on(disk: Disk, scenario: Callable[[CarryOver], Coroutine[None, None, None]]) -> None:
    """Run the scenario with a running stage, in virtual time."""

    async def main() -> None:
        carry_over = on_disk(disk)
        async with running(carry_over.run()):
            await scenario(carry_over)

    run(main())


def test_survives_a_restart() -> None:
    """The next hub goes on from the handle, and knows what the model does not."""
    disk = Disk()

    async def first(carry_over: CarryOver) -> None:
        carry_over.issued(GEMINI, "hush", "persona")
        carry_over.answered([OUTCOME], sent=False)
        await settle()

    async def second(carry_over: CarryOver) -> None:
        assert carry_over.handle(GEMINI, "persona") == "hush"
        assert [item.call for item in carry_over.waiting] == ["c1"]

    kept_on(disk, first)
    kept_on(disk, second)


def test_killed_while_a_call_is_carried_out() -> None:
    """The next hub says of a call without an outcome what is true of it; one with an outcome it leaves alone."""
    disk = Disk()
    left: list[list[str]] = []

    def kill() -> None:
        left.append([item.call for item in on_disk(Disk(disk.text)).waiting])

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.begun(OUTCOME.call, "lamp", Scheduling.SILENT)
        await pass_time(0.2)
        kill()
        assert carry_over.waiting == ()
        carry_over.answered([OUTCOME], sent=True)
        carry_over.issued(GEMINI, "before", "persona")
        await pass_time(1.5)
        carry_over.issued(GEMINI, "after", "persona")
        carry_over.begun(OUTCOME.call, "lamp", Scheduling.SILENT)
        carry_over.dropped("c1")
        await pass_time(1.5)
        kill()

    kept_on(disk, scenario)
    assert left == [["c1"], []]


def test_once_a_minute() -> None:
    """Handle after handle is written once a minute; the end of a connection is written at once."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        for number in range(100):
            carry_over.issued(GEMINI, f"h{number}", "persona")
            await pass_time(1.2)
        assert disk.times == [0.1, 60.2]
        carry_over.ended(GEMINI)
        await pass_time(0.2)
        assert disk.times[2:] == [120.1]

    kept_on(disk, scenario)


def test_nothing_happens() -> None:
    """A hub that rests writes nothing."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.ended(GEMINI)
        await pass_time(86_400)
        assert len(disk.times) == 1

    kept_on(disk, scenario)


def test_flood() -> None:
    """However much happens, a card is written to once a second at most."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        for _ in range(100):
            carry_over.ended(GEMINI)
            await pass_time(0.1)
        assert 8 <= len(disk.times) <= 11

    kept_on(disk, scenario)


def test_last_word() -> None:
    """What is not written when the hub is told to stop is written then."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.issued(GEMINI, "old", "persona")
        await pass_time(1)
        carry_over.issued(GEMINI, "new", "persona")
        await settle()

    kept_on(disk, scenario)
    assert '"new"' in disk.text


def test_stopped_while_it_writes() -> None:
    """A write that is given up half-way is made up for."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.issued(GEMINI, "hush", "persona")
        await settle()

    kept_on(disk, scenario)
    assert '"hush"' in disk.text


def test_heard() -> None:
    """An outcome is told again until a handle holds it, though it was sent before."""

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.answered([OUTCOME], sent=True)
        carry_over.ended(GEMINI)
        assert len(carry_over.waiting) == 1
        carry_over.told()
        await pass_time(1.2)
        carry_over.issued(GEMINI, "h", "persona")
        carry_over.ended(GEMINI)
        assert not carry_over.waiting

    kept_on(Disk(), scenario)


@pytest.mark.parametrize("text", ["torn", '{"hubd":1,"handle":{"secret":"hush'])
def test_not_ours(text: str) -> None:
    """What can't be understood is set aside, and replaced at once."""
    disk = Disk(text)

    async def scenario(carry_over: CarryOver) -> None:
        assert carry_over.handle(GEMINI, "persona") is None
        await pass_time(1)
        assert disk.times == [0.1]

    kept_on(disk, scenario)
    assert disk.broken
    assert Continuation().restore(disk.text, WALL)


def test_word_of_a_call_is_left_before_it_is_carried_out() -> None:
    """A hub that is killed right after a command was sent has told the next one; the disk gets it a little later."""
    disk = Disk()
    call = Call("c", "set_light")

    async def scenario(carry_over: CarryOver) -> None:
        carry_over.ended(GEMINI)
        await pass_time(0.5)
        carry_over.begun(call, "lamp", Scheduling.SILENT)
        assert [item.call for item in on_disk(Disk(disk.text)).outcomes] == ["c"]
        await pass_time(10)

    kept_on(disk, scenario)
    assert (disk.appended, disk.times) == ([0.5], [0.1, 1.2])


def test_a_disk_that_is_full() -> None:
    """What can't be written is tried again once a minute, until it is."""
    disk = Disk()

    async def scenario(carry_over: CarryOver) -> None:
        disk.full = True
        carry_over.ended(GEMINI)
        await pass_time(100)
        disk.full = False
        await pass_time(1000)

    kept_on(disk, scenario)
    assert disk.times == [0.1, 60.2, 120.3]


def test_in_memory_only() -> None:
    """Without a store the hub remembers as long as it runs."""

    async def main() -> None:
        carry_over = CarryOver(None, wall=lambda: WALL)
        async with running(carry_over.run()):
            carry_over.ended(GEMINI)
            carry_over.good(GEMINI, "h", "persona")
            await pass_time(100)
            assert carry_over.handle(GEMINI, "persona") == "h"

    run(main())
