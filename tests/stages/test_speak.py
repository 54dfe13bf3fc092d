from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import numpy as np

from hubd.audio.level import scaled
from hubd.audio.tones import render
from hubd.events import Drained, Event
from hubd.stages.speak import Speak
from hubd.wishes import Sign
from tests.running import running
from tests.virtual_time import run, settle

SPEECH = np.full(240, 1000, "<i2").tobytes()


class FakeSpeaker:
    """A speaker that plays when it is told to."""

    def __init__(self) -> None:
        self.queued: list[bytes] = []
        self.played: list[bytes] = []
        self.moved = asyncio.Event()

    def play(self, pcm: bytes) -> None:
        """Queue sound."""
        self.queued.append(pcm)

    def flush(self) -> None:
        """Drop what is queued."""
        self.queued.clear()
        self.moved.set()

    async def drained(self) -> None:
        """Return when nothing is queued, whatever is queued in the moment in which this is told."""
        if self.queued:
            self.moved.clear()
            await self.moved.wait()

    async def finish(self) -> None:
        """Play all, and let everybody notice."""
        self.played += self.queued
        self.queued.clear()
        self.moved.set()
        await settle()


class Box:
    """A running stage with its speaker."""

    def __init__(self, volume: int) -> None:
        self.speaker = FakeSpeaker()
        self.posted: list[Event] = []
        self.speak = Speak(self.speaker, volume=volume, post=self.posted.append)

    def drained(self) -> list[int]:
        """Return the counts that were posted."""
        return [event.plays for event in self.posted if isinstance(event, Drained)]


def with_a_box(scenario: Callable[[Box], Coroutine[None, None, None]], volume: int = 100) -> None:
    """Run the scenario with a running stage."""

    async def main() -> None:
        box = Box(volume)
        async with running(box.speak.run()):
            await settle()
            await scenario(box)

    run(main())


def test_counts_speech_alone() -> None:
    """A count of speech, not of signs, is posted when all is played."""

    async def scenario(box: Box) -> None:
        box.speak.sign(Sign.WOKE)
        box.speak.play(SPEECH, 24_000)
        box.speak.play(SPEECH, 24_000)
        await settle()
        assert box.drained() == []
        await box.speaker.finish()
        assert box.drained() == [2]
        box.speak.sign(Sign.FAILED)
        await settle()
        await box.speaker.finish()
        box.speak.play(SPEECH, 24_000)
        await settle()
        await box.speaker.finish()
        assert box.drained() == [2, 2, 3]
        assert box.speaker.played == [render(Sign.WOKE), SPEECH, SPEECH, render(Sign.FAILED), SPEECH]

    with_a_box(scenario)


def test_speech_that_comes_in_the_last_moment() -> None:
    """A piece that is queued while the others are played is counted when it is played, not before."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 24_000)
        await settle()
        box.speaker.queued.clear()
        box.speaker.moved.set()
        box.speak.play(SPEECH, 24_000)
        await settle()
        assert box.drained() == [1]
        before = box.speak.speaking
        await box.speaker.finish()
        assert box.drained() == [1, 2]
        assert (before, box.speak.speaking) == (True, False)

    with_a_box(scenario)


def test_play_while_the_end_is_told() -> None:
    """A piece that is queued just after the last one was played is told as played later."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 24_000)
        await box.speaker.finish()
        box.speak.play(SPEECH, 24_000)
        assert box.drained() == [1]
        await settle()
        assert box.drained() == [1]
        await box.speaker.finish()
        assert box.drained() == [1, 2]

    with_a_box(scenario)


def test_flush() -> None:
    """What is flushed counts as played, at once."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 24_000)
        box.speak.play(SPEECH, 24_000)
        await settle()
        before = box.speak.speaking
        box.speak.flush()
        await settle()
        assert box.drained() == [2]
        assert (before, box.speak.speaking) == (True, False)
        assert box.speaker.played == []

    with_a_box(scenario)


def test_flush_without_sound() -> None:
    """To fall silent in silence is no event."""

    async def scenario(box: Box) -> None:
        box.speak.flush()
        await settle()
        assert box.posted == []

    with_a_box(scenario)


def test_volume() -> None:
    """Speech and signs alike are as loud as configured."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 24_000)
        box.speak.sign(Sign.WOKE)
        speech, sign = (np.frombuffer(pcm, "<i2") for pcm in box.speaker.queued)
        assert set(speech.tolist()) == {500}
        assert abs(int(np.max(sign)) - int(np.max(np.frombuffer(render(Sign.WOKE), "<i2"))) // 2) <= 1
        await box.speaker.finish()

    with_a_box(scenario, volume=50)


def test_rate() -> None:
    """Speech at another rate is as long at the speaker's."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 48_000)
        assert len(box.speaker.queued[0]) == len(SPEECH) // 2
        await box.speaker.finish()

    with_a_box(scenario)


async def announced(box: Box, pcm: bytes = SPEECH, sign: Sign | None = None) -> asyncio.Task[bool]:
    """Let an announcement begin."""
    task = asyncio.create_task(box.speak.announce(pcm, sign))
    await settle()
    return task


def test_announcement() -> None:
    """Words of the hub's own are played after what is queued, a sign before them, and are no speech of the model."""

    async def scenario(box: Box) -> None:
        box.speak.sign(Sign.FAILED)
        task = await announced(box, sign=Sign.ALERT)
        speaking = box.speak.speaking
        await box.speaker.finish()
        assert box.speaker.played == [render(Sign.FAILED), render(Sign.ALERT) + SPEECH]
        assert set(box.drained()) == {0}
        assert (speaking, box.speak.speaking, await task) == (True, False, True)

    with_a_box(scenario)


def test_loudness_of_an_announcement() -> None:
    """It may be louder or softer than everything else; what follows is as loud as before."""

    async def scenario(box: Box) -> None:
        task = asyncio.create_task(box.speak.announce(SPEECH, Sign.NOTICE, 20))
        await settle()
        box.speak.sign(Sign.WOKE)
        await box.speaker.finish()
        assert await task
        assert box.speaker.played == [scaled(render(Sign.NOTICE) + SPEECH, 20), scaled(render(Sign.WOKE), 50)]

    with_a_box(scenario, volume=50)


def test_nothing_to_announce() -> None:
    """What has no sound is over at once."""

    async def scenario(box: Box) -> None:
        assert await box.speak.announce(b"")
        assert box.speaker.queued == []

    with_a_box(scenario)


def test_silence() -> None:
    """An announcement that is cut is silent at once; what is played afterwards is not cut by another silence."""

    async def scenario(box: Box) -> None:
        task = await announced(box)
        box.speak.silence()
        assert box.speaker.queued == []
        assert not await task
        box.speak.play(SPEECH, 24_000)
        box.speak.silence()
        assert box.speaker.queued == [SPEECH]

    with_a_box(scenario)


def test_speech_waits_for_an_announcement() -> None:
    """What the model says meanwhile is played, and counted, afterwards."""

    async def scenario(box: Box) -> None:
        task = await announced(box, SPEECH * 2)
        box.speak.play(SPEECH, 24_000)
        assert box.speaker.queued == [SPEECH * 2]
        await box.speaker.finish()
        assert await task
        assert box.drained() == [0]
        assert box.speaker.queued == [SPEECH]
        await box.speaker.finish()
        assert box.drained() == [0, 1]

    with_a_box(scenario)


def test_announcement_outlives_a_flush() -> None:
    """The conversation may fall silent: an announcement goes on, or is played in any case."""

    async def scenario(box: Box) -> None:
        alone = await announced(box)
        box.speak.play(SPEECH, 24_000)
        box.speak.flush()
        assert box.speaker.queued == [SPEECH]
        await box.speaker.finish()
        assert (await alone, box.drained()[-1]) == (True, 1)
        box.speak.play(SPEECH, 24_000)
        behind = await announced(box, SPEECH * 2)
        box.speak.flush()
        assert box.speaker.queued == [SPEECH * 2]
        await box.speaker.finish()
        assert await behind
        assert box.drained()[-1] == 2

    with_a_box(scenario)


def test_changed_volume() -> None:
    """What is queued after a change is as loud as that."""

    async def scenario(box: Box) -> None:
        box.speak.play(SPEECH, 24_000)
        box.speak.volume = 50
        box.speak.play(SPEECH, 24_000)
        loudness = [int(np.frombuffer(pcm, "<i2").max()) for pcm in box.speaker.queued]
        assert loudness == [1000, 500]
        await box.speaker.finish()

    with_a_box(scenario)
