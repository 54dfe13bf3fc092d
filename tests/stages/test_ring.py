from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Self

import pytest
from pydantic import JsonValue

from hubd.audio.buffers import Uplink
from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.events import Event, SpeechBegan, SpeechEnded, StopAsked
from hubd.own_functions import OwnCall
from hubd.stages.ring import Ring
from hubd.timers import Timers
from hubd.wishes import SayAsked, Scheduling, Sign, Told, WishStatus
from tests.virtual_time import now, pass_time, run, settle

WALL = 1_795_000_000.0
SPOKEN = 3.0
STOP = b"st" * UPLINK_RATE


class Disk:
    """A store; writes counts how often it was written."""

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.writes = 0
        self.broken = False
        self.full = False

    def read(self) -> str:
        """Return the text."""
        return self.text

    def set_aside(self) -> None:
        """Note that it was not understood."""
        self.broken = True

    async def write(self, text: str) -> bool:
        """Keep the text, unless there is no room."""
        if not self.full:
            self.write_now(text)
        return not self.full

    def append(self, line: str) -> None:
        """Fail: nothing is as urgent here."""
        raise AssertionError(line)

    def write_now(self, text: str) -> None:
        """Keep the text."""
        self.text = text
        self.writes += 1


class Listener:
    """An ear that knows one sound; heard is all that it was given."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __aenter__(self) -> Self:
        if self._house.broken:
            raise OSError("no more processes")
        self._house.ears += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._house.ears -= 1

    async def says_stop(self, pcm: bytes) -> bool:
        """Return whether it is the sound."""
        self._house.heard.append(pcm)
        return STOP in pcm


class House:
    """A stage with a conversation that says what it is asked to, and is done with it after three seconds."""

    def __init__(self, disk: Disk | None = None, *, off: float = 0.0, broken: bool = False, deaf: bool = False) -> None:
        self.disk = disk or Disk()
        self.uplink = Uplink()
        self.said: list[tuple[float, SayAsked]] = []
        self.told: list[Told] = []
        self.ears = 0
        self.heard: list[bytes] = []
        self.broken = broken
        self.status = WishStatus.DONE
        self._off = off
        self._calls = 0
        self.ring = Ring(
            Timers(),
            self.disk,
            self.uplink,
            ear=None if deaf else lambda: Listener(self),
            lasts=60,
            post=self.post,
            clock=now,
            wall=lambda: WALL + off + now(),
        )

    def post(self, event: Event) -> None:
        """Do what the conversation does."""
        self.ring.witness(event)
        match event:
            case SayAsked():
                self.said.append((now(), event))
                asyncio.get_running_loop().call_later(SPOKEN, self.ring.reply, event.request, self.status)
            case Told():
                self.told.append(event)
            case StopAsked():
                self.ring.quiet()
            case _:
                pass

    def call(self, name: str, /, **arguments: JsonValue) -> str:
        """Call a function; return the sentence about it."""
        self._calls += 1
        return self.ring.carry_out(OwnCall(f"c{self._calls}", name, arguments)).message

    def speak(self, pcm: bytes) -> None:
        """Let somebody say something after a second of silence."""
        self.uplink.push(bytes(SAMPLE_BYTES * UPLINK_RATE))
        start = self.uplink.end
        self.post(SpeechBegan(start))
        self.uplink.push(pcm)
        self.post(SpeechEnded(self.uplink.end))

    @property
    def rounds(self) -> list[str]:
        """What was said, round by round."""
        return [asked.text for _, asked in self.said]


def living(scenario: Callable[[House], Coroutine[None, None, None]], build: Callable[[], House] = House) -> None:
    """Run the scenario with a running stage, in virtual time."""

    async def main() -> None:
        house = build()
        running = asyncio.create_task(house.ring.run())
        try:
            await scenario(house)
            assert not running.done()
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
        assert house.ears == 0

    run(main())


def test_a_timer_rings_for_a_minute_and_gives_up() -> None:
    """The sign with a sentence, again and again, more and more seldom; the model hears that nobody came."""

    async def scenario(house: House) -> None:
        house.call("set_timer", minutes=10, name="eggs")
        await pass_time(599)
        assert house.said == []
        await pass_time(120)
        assert set(house.rounds[:5]) == {"The eggs timer is done."}
        times = [at for at, _ in house.said]
        assert times[0] == pytest.approx(600)
        assert times[-1] <= 660
        assert len(times) == 7
        first, *others = (asked for _, asked in house.said)
        assert (first.scheduling, first.sign) == (Scheduling.INTERRUPT, Sign.RING)
        assert {asked.scheduling for asked in others} == {Scheduling.WHEN_IDLE}
        assert [told.scheduling for told in house.told] == [Scheduling.SILENT, Scheduling.SILENT]
        assert house.told[1].text.endswith("It rang, but nobody stopped it.")
        assert house.call("list_timers") == "There is no timer."

    living(scenario)


def test_the_word_stop_ends_it() -> None:
    """It is listened for while something rings, only then, in the microphone's own sound."""

    async def scenario(house: House) -> None:
        house.speak(STOP)
        house.call("set_timer", seconds=30)
        await pass_time(35)
        assert house.ears == 1
        house.speak(b"no" * UPLINK_RATE)
        await pass_time(6)
        assert len(house.said) == 2
        await pass_time(4)
        house.speak(STOP)
        await settle()
        assert house.ears == 0
        assert [STOP in pcm for pcm in house.heard] == [False, True]
        margin = bytes(SAMPLE_BYTES * UPLINK_RATE // 5)
        assert house.heard[1] == margin + STOP
        await pass_time(100)
        assert len(house.said) == 2

    living(scenario)


@pytest.mark.parametrize("how", ["a wake word", "cut short", "cancelled"])
def test_other_ways_to_end_it(how: str) -> None:
    """Whoever wants quiet has it, and the timer is gone; the next hub does not ring either."""

    async def scenario(house: House) -> None:
        house.call("set_timer", seconds=30)
        await pass_time(31)
        match how:
            case "a wake word":
                house.ring.quiet()
            case "cut short":
                house.ring.reply(house.said[0][1].request, WishStatus.STOPPED)
            case _:
                assert house.call("cancel_timer") == "The 30 second timer is cancelled."
        await pass_time(200)
        assert len(house.said) == 1
        assert json.loads(house.disk.text) == []

    living(scenario)


def test_a_hub_without_a_voice_or_an_ear_rings_all_the_same() -> None:
    """The sign is there; a recogniser that does not start is logged, and no more."""

    def build() -> House:
        house = House(broken=True)
        house.status = WishStatus.FAILED
        return house

    async def scenario(house: House) -> None:
        house.call("set_timer", seconds=30)
        await pass_time(100)
        assert len(house.said) == 7

    living(scenario, build)
    living(scenario, lambda: House(deaf=True))


def test_a_second_timer_joins_the_first() -> None:
    """Both are named."""

    async def scenario(house: House) -> None:
        house.call("set_timer", seconds=30, name="tea")
        house.call("set_timer", seconds=34, name="eggs")
        await pass_time(36)
        assert house.rounds == ["The tea timer is done.", "The tea timer is done. The eggs timer is done."]

    living(scenario)


@pytest.mark.parametrize(
    ("off", "rounds", "told"),
    [
        (100.0, [], []),
        (
            1320.0,
            ["The eggs timer was done 12 minutes ago."],
            ["The eggs timer was done 12 minutes ago. It rings on this speaker."],
        ),
        (3 * 3600 + 600, [], ["The eggs timer was done 3 hours ago. The hub was off."]),
    ],
)
def test_a_restart(off: float, rounds: list[str], told: list[str]) -> None:
    """The next hub goes on, rings late, or tells what was missed: then aloud, in the next pause."""
    disk = Disk()

    async def first(house: House) -> None:
        house.call("set_timer", minutes=10, name="eggs")
        await settle()
        assert "eggs" in disk.text

    async def second(house: House) -> None:
        await settle()
        assert house.rounds == rounds
        assert [each.text for each in house.told] == told
        if told and not rounds:
            assert house.told[0].scheduling is Scheduling.WHEN_IDLE
        if not told:
            assert house.call("list_timers") == "The eggs timer has 8 minutes and 20 seconds left."

    living(first, lambda: House(disk))
    living(second, lambda: House(disk, off=off))


def test_the_disk_is_spared() -> None:
    """It is written when a timer is set, rings or is gone, not while time goes by."""
    disk = Disk()

    async def scenario(house: House) -> None:
        house.call("set_timer", hours=10, name="dough")
        await pass_time(9 * 3600)
        assert disk.writes == 1
        house.call("cancel_timer")
        await settle()
        assert disk.writes == 2

    living(scenario, lambda: House(disk))


def test_a_file_of_somebody_elses_is_no_obstacle() -> None:
    """It is set aside, and replaced at once."""
    disk = Disk("rubbish")

    async def scenario(house: House) -> None:
        await settle()
        assert (disk.broken, disk.text) == (True, "[]")
        house.call("set_timer", minutes=1)
        await settle()
        assert len(json.loads(disk.text)) == 1

    living(scenario, lambda: House(disk))


def test_a_disk_that_is_full() -> None:
    """A timer that can't be written is written as soon as there is room, a minute later at most."""
    disk = Disk()

    async def scenario(house: House) -> None:
        disk.full = True
        house.call("set_timer", hours=9)
        await settle()
        assert disk.text == ""
        disk.full = False
        await pass_time(61)
        assert len(json.loads(disk.text)) == 1

    living(scenario, lambda: House(disk))


def test_each_ring_begins_with_an_empty_ear() -> None:
    """What was said during the ring before is not looked at."""

    async def scenario(house: House) -> None:
        house.call("set_timer", seconds=10)
        await pass_time(14)
        house.speak(b"no" * UPLINK_RATE)
        house.ring.quiet()
        await settle()
        house.call("set_timer", seconds=10)
        await pass_time(11)
        assert house.ears == 1
        assert len(house.heard) == 0

    living(scenario)


def test_timers_may_be_set_otherwise_from_now_on() -> None:
    """How many there may be, how long one rings, whether a word stops it: the running timer stays."""

    async def scenario(house: House) -> None:
        house.call("set_timer", minutes=1, name="eggs")
        house.ring.adopt(most=1, lasts=5, ear=None)
        assert "as many as there may be" in house.call("set_timer", minutes=1, name="tea")
        await pass_time(180)
        assert set(house.rounds) == {"The eggs timer is done."}
        assert house.said[-1][0] <= 60 + 5
        assert house.ears == 0

    living(scenario)
