"""What the hub's end of the sound makes of a microphone that delivers the wrong thing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace

import pytest

from hubd.audio.cards import Direction
from hubd.audio.wire import Failed, Frame, Message, Open
from hubd.edges import sound_link
from hubd.edges.sound_link import SoundLink, SoundSettings
from hubd.reports import Part, TroubleReport
from tests.edges.sound_system import Reports
from tests.running import running
from tests.virtual_time import run, settle

SILENCE = bytes(640)
NOISE = b"\x01\x00\xff\xff" * 160
TOO_LOUD = b"\xff\x7f" * 320
GONE = Failed("It is gone.", "Check its plug.")


class Process:
    """Stands for the process that holds the microphone, and delivers what a test says."""

    newest: Process

    def __init__(self, direction: Direction, _order: Open, _environment: Mapping[str, str]) -> None:
        if direction is Direction.MICROPHONE:
            Process.newest = self
        self._holds = asyncio.Event()
        self._lost = asyncio.Event()

    async def hold(self, take: Callable[[Message], None]) -> Failed:
        """Be there until it is pulled."""
        self._take = take
        self._holds.set()
        await self._lost.wait()
        self._lost.clear()
        return GONE

    async def deliver(self, pcm: bytes, seconds: float) -> None:
        """Deliver the same 20 ms for so long."""
        await self._holds.wait()
        for number in range(round(seconds * 50)):
            self._take(Frame(pcm, number / 50, 0))

    def pull(self) -> None:
        """Be gone."""
        self._holds.clear()
        self._lost.set()


def with_a_microphone(
    monkeypatch: pytest.MonkeyPatch, scenario: Callable[[Process, Reports], Coroutine[None, None, None]]
) -> None:
    """Run the scenario in virtual time, with a link that has a microphone and no speaker."""

    async def main() -> None:
        reports = Reports()
        link = SoundLink(SoundSettings(speaker="none"), reports)
        async with running(link.run()):
            await scenario(Process.newest, reports)

    monkeypatch.setattr(sound_link, "SoundProcess", Process)
    run(main())


@pytest.mark.parametrize(("wrong", "words"), [(SILENCE, "nothing but silence"), (TOO_LOUD, "too loud")])
def test_wrong_sound_is_trouble(wrong: bytes, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told once, with advice, and once that it is over."""

    async def scenario(microphone: Process, reports: Reports) -> None:
        await microphone.deliver(NOISE, 1)
        assert reports.all == []
        await microphone.deliver(wrong, 40)
        (trouble,) = reports.all
        assert (trouble.part, trouble.cleared) == (Part.MICROPHONE, False)
        assert words in trouble.problem
        assert trouble.advice
        await microphone.deliver(NOISE, 61)
        assert reports.all == [trouble, replace(trouble, cleared=True)]

    with_a_microphone(monkeypatch, scenario)


def test_a_microphone_that_is_lost_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss takes the place of the complaint; put back, the microphone is judged anew."""

    async def scenario(microphone: Process, reports: Reports) -> None:
        await microphone.deliver(SILENCE, 31)
        microphone.pull()
        await reports.trouble(Part.MICROPHONE, cleared=False)
        await settle()
        await microphone.deliver(SILENCE, 29)
        told = TroubleReport(Part.MICROPHONE, GONE.problem, GONE.advice)
        assert reports.all[1:] == [told, replace(told, cleared=True)]

    with_a_microphone(monkeypatch, scenario)
