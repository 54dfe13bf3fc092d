from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hubd.audio.buffers import Uplink
from hubd.audio.speech import SpeechDetector
from hubd.events import Event, SpeechBegan, SpeechEnded, Woke
from hubd.hunches import FellBack, Hunch, Rising
from hubd.ports import Microphone, MicrophoneFrame
from hubd.reports import NearMissReport, Part, Report, TroubleReport
from hubd.rises import BAR_AT_THE_BEGINNING
from hubd.speech_gate import SpeechGate
from hubd.stages.listen import Listen
from hubd.wake import FRAME_SAMPLES, LAG_MS, WARM_UP_FRAMES, WakeGate, WakeWord
from tests.running import running
from tests.stages.listen_fakes import Samples, ScriptedMicrophone, ScriptedModel, cut, speech
from tests.virtual_time import settle

BACKLOG = 25


@dataclass
class Room:
    """What surrounds the stage; the uplink is long enough to keep everything."""

    uplink: Uplink = field(default_factory=lambda: Uplink(60_000))
    posted: list[Event] = field(default_factory=list)
    pushes: int = 0
    reports: list[Report] = field(default_factory=list)
    hunches: list[Hunch] = field(default_factory=list)
    speaking: bool = False
    awaited: bool = True
    muted: bool = False
    closes: bool = False
    now: float = 100.0

    def listen(self, microphone: Microphone, model: ScriptedModel, **word: float) -> Listen:
        """Return the stage."""
        return Listen(
            microphone,
            model,
            WakeGate([WakeWord("hey_jarvis", **word)]),  # type: ignore[arg-type]  # some options are whole numbers
            self.uplink,
            SpeechDetector(),
            speech_gate=SpeechGate(model.memory, closes=self.closes),
            post=self.posted.append,
            stored=self.stored_something,
            report=self.reports.append,
            speaking=lambda: self.speaking,
            awaited=lambda: self.awaited,
            muted=lambda: self.muted,
            clock=lambda: self.now,
            rising=self.hunches.append,
        )

    def stored_something(self) -> None:
        """Count what came into the uplink."""
        self.pushes += 1

    def woken(self) -> list[Event]:
        """Return what was posted, without where speech began or ended."""
        return [event for event in self.posted if isinstance(event, Woke)]

    def stored(self) -> Samples:
        """Return all that the uplink holds."""
        self.uplink.seek(0)
        return np.frombuffer(self.uplink.take(self.uplink.end) or b"", np.int16)


def wakes_at(*indices: int) -> Callable[[int], dict[str, float]]:
    """Return a script that scores 1 for these frames, 0 for others."""
    return lambda index: {"hey_jarvis": 1.0 if index in indices else 0.0}


def always(index: int) -> dict[str, float]:
    """Score 1 for every frame."""
    return {"hey_jarvis": 1.0}


def lag_before(position: int) -> int:
    """Return where a wake word ended that was decided at this position."""
    return max(0, position - LAG_MS * 16)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 3000), min_size=1, max_size=9), length=st.integers(0, 30_000))
def test_every_sample_arrives(sizes: Sequence[int], length: int) -> None:
    """However the microphone cuts its sound, uplink and model get every sample once, in order."""

    async def scenario() -> None:
        room, model, sound = Room(), ScriptedModel(), speech(length)
        await room.listen(ScriptedMicrophone(cut(sound, sizes), model), model).run()
        np.testing.assert_array_equal(room.stored(), sound)
        np.testing.assert_array_equal(model.sound, sound[: length // FRAME_SAMPLES * FRAME_SAMPLES])
        assert {len(frame) for frame in model.heard} <= {FRAME_SAMPLES}

    asyncio.run(scenario())


@pytest.mark.parametrize("sizes", [(320,), (300, 77), (5000,)])
async def test_position_of_a_wake(sizes: Sequence[int]) -> None:
    """A wake knows where in the uplink its frame ended, however the microphone cuts its sound."""
    room, model = Room(), ScriptedModel(wakes_at(20))
    await room.listen(ScriptedMicrophone(cut(speech(40_000), sizes), model), model).run()
    assert room.woken() == [Woke("hey_jarvis", 1.0, lag_before(21 * FRAME_SAMPLES), LAG_MS)]


@pytest.mark.parametrize(
    ("sizes", "lost_ms", "wishes"),
    [
        pytest.param([640, 640, 1280, 1280], 0, [(1, 40), (2, 80)], id="the rest of a frame, then whole ones"),
        pytest.param([1280, 960, 1280, 1280], 30, [(1, 60), (2, 80)], id="after a gap a part as well"),
        pytest.param([1280, 1280], 0, [], id="nothing that is so already"),
    ],
)
async def test_sound_that_nobody_waits_for(sizes: Sequence[int], lost_ms: int, wishes: list[tuple[int, int]]) -> None:
    """It is wished for with the end of each of the model's frames, so that no wake word is found later for it."""
    room, (first, *others) = Room(awaited=False), cut(speech(sum(sizes)), sizes)
    microphone = ScriptedMicrophone([replace(first, lost_ms=lost_ms), *others])
    await room.listen(microphone, ScriptedModel()).run()
    assert microphone.wishes == wishes


@pytest.mark.parametrize("who", ["awaited", "speaking"])
async def test_sound_that_is_waited_for(who: str) -> None:
    """In a conversation, and while the hub speaks, sound is wished for as soon as it is there."""
    room = Room(awaited=False)
    setattr(room, who, True)
    microphone = ScriptedMicrophone(cut(speech(3200), [1280, 640, 640, 640]))
    await room.listen(microphone, ScriptedModel()).run()
    assert microphone.wishes == [(1, 0)]


async def test_word_that_is_scored_late() -> None:
    """A word wakes once, though the computer is so busy that its end is scored seconds later."""
    room, model = Room(), ScriptedModel(lambda index: {"hey_jarvis": float(20 <= index < 24)})

    async def stall(taken: int) -> None:
        room.now += 3 * (taken == 4 * 22)

    await room.listen(ScriptedMicrophone(cut(speech(40_000)), model, stall), model).run()
    assert len(room.woken()) == 1


@pytest.mark.parametrize("peak", [0.4, 0.9])
async def test_what_nearly_woke(peak: float) -> None:
    """A near miss is a report, a wake an event; a rise and its end go to whoever wants a head start."""
    room = Room()
    model = ScriptedModel(lambda index: {"hey_jarvis": {20: 0.2, 21: peak}.get(index, 0.0)})

    async def pass_time(_: int) -> None:
        room.now += 0.02

    await room.listen(ScriptedMicrophone(cut(speech(64_000)), model, pass_time), model).run()
    woke = peak > 0.5
    assert len(room.woken()) == woke
    assert room.reports == ([] if woke else [NearMissReport("hey_jarvis", peak, 0.5)])
    assert room.hunches == [Rising("hey_jarvis"), *([] if woke else [FellBack()])]


async def test_counts_what_it_scores() -> None:
    """The watchdog sees how many frames were scored, when sound came last, and that nothing is left to be scored."""
    room, model = Room(), ScriptedModel()
    listen = room.listen(ScriptedMicrophone(cut(speech(FRAME_SAMPLES * 7 + 5)), model), model)
    assert (listen.frames_scored, listen.last_frame, listen.unscored_since) == (0, 100.0, None)
    room.now = 123.0
    await listen.run()
    assert (listen.frames_scored, listen.late_frames, listen.last_frame) == (7, 0, 123.0)
    assert listen.unscored_since is None


async def test_a_model_that_hangs_is_seen() -> None:
    """While the model is stuck in one frame the watchdog sees since when, however much sound is thrown away."""
    room, blocked, hung = Room(), threading.Event(), threading.Event()

    def hang(_index: int) -> dict[str, float]:
        hung.set()
        blocked.wait()
        return {}

    async def pass_on(taken: int) -> None:
        room.now += 0.08

    model = ScriptedModel(hang)
    microphone = ScriptedMicrophone(cut(speech(FRAME_SAMPLES * 60), (FRAME_SAMPLES,)), None, pass_on, endless=True)
    listen = room.listen(microphone, model)
    async with running(listen.run()):
        await microphone.exhausted.wait()
        await asyncio.to_thread(hung.wait)
        assert listen.late_frames > 0
        assert listen.unscored_since == 100.0
        blocked.set()


@pytest.mark.parametrize(("samples", "warm"), [(FRAME_SAMPLES - 1, False), (FRAME_SAMPLES, True)])
async def test_is_ready_with_the_first_frame(samples: int, warm: bool) -> None:  # noqa: FBT001 -- a column of the table
    """The stage is ready as soon as the model has its first frame, and not before."""
    room, model = Room(), ScriptedModel()
    listen = room.listen(ScriptedMicrophone(cut(speech(samples)), model), model)
    waiting = asyncio.create_task(listen.warmed_up())
    await listen.run()
    await settle()
    assert waiting.done() == warm
    waiting.cancel()


async def test_frame_is_stored_before_the_next_is_asked_for() -> None:
    """Nothing happens between reading a frame and storing it."""
    room, model, ends = Room(), ScriptedModel(), list[int]()

    async def look(taken: int) -> None:
        ends.append(room.uplink.end)

    microphone = ScriptedMicrophone(cut(speech(3200)), between=look)
    await room.listen(microphone, model).run()
    assert ends == [320 * taken for taken in range(1, 10)]


class TestMuted:
    async def test_nothing_is_kept(self) -> None:
        """What is said while muted reaches neither uplink nor model; silence of the same length does."""
        room, model, sound = Room(), ScriptedModel(), speech(3 * 6400)

        async def mute(taken: int) -> None:
            room.muted = 20 <= taken < 40

        await room.listen(ScriptedMicrophone(cut(sound), model, mute), model).run()
        sound[6400:12_800] = 0
        np.testing.assert_array_equal(room.stored(), sound)
        np.testing.assert_array_equal(model.sound, sound)

    async def test_nothing_wakes(self) -> None:
        """While muted not even a score of 1 wakes the hub."""
        room, model = Room(muted=True), ScriptedModel(always)
        await room.listen(ScriptedMicrophone(cut(speech(12_800)), model), model).run()
        assert room.woken() == []


class TestSpeaking:
    async def test_bar_is_higher(self) -> None:
        """While the hub speaks, one frame over the threshold is not enough."""
        room, model = Room(speaking=True), ScriptedModel(wakes_at(3, 6, 7))
        await room.listen(ScriptedMicrophone(cut(speech(12_800)), model), model).run()
        assert [one.end for one in room.posted if isinstance(one, Woke)] == [lag_before(8 * FRAME_SAMPLES - 1280)]

    async def test_bar_of_the_moment_it_was_heard(self) -> None:
        """What was heard while the hub spoke is judged by that, even when it is scored later."""
        room, model = Room(speaking=True), ScriptedModel(wakes_at(0))
        model.hold()

        async def fall_silent(taken: int) -> None:
            if taken == 4:
                await model.begun.wait()
                room.speaking = False
                model.release()

        await room.listen(ScriptedMicrophone(cut(speech(2560)), between=fall_silent), model).run()
        assert room.woken() == []


class TestSpeech:
    async def test_is_told(self) -> None:
        """Where speech begins and ends is posted, with its place in the uplink."""
        room, model = Room(), ScriptedModel()
        sound = np.concatenate([np.zeros(16_000, np.int16), speech(16_000), np.zeros(16_000, np.int16)])
        await room.listen(ScriptedMicrophone(cut(sound), model), model).run()
        began, ended = room.posted
        assert began == SpeechBegan(16_000)
        assert ended == SpeechEnded(32_000)

    @pytest.mark.parametrize(("frame", "hunches"), [(8, []), (18, [Rising("hey_jarvis"), FellBack()]), (28, [])])
    async def test_beginning(self, frame: int, hunches: list[Hunch]) -> None:
        """In the first moments of speech, and only then, a trace of a score is a rise."""
        room = Room()
        model = ScriptedModel(lambda index: {"hey_jarvis": BAR_AT_THE_BEGINNING if index == frame else 0.0})
        sound = np.concatenate([np.zeros(16_000, np.int16), speech(32_000)])
        await room.listen(ScriptedMicrophone(cut(sound), model), model).run()
        assert room.hunches == hunches

    async def test_person_who_answers_at_once(self) -> None:
        """Speech that follows the hub's own without a pause is a beginning of its own."""
        room, model = Room(speaking=True), ScriptedModel()

        async def fall_silent(taken: int) -> None:
            room.speaking = taken < 50

        sound = np.concatenate([np.zeros(8_000, np.int16), speech(32_000)])
        await room.listen(ScriptedMicrophone(cut(sound), between=fall_silent), model).run()
        assert [type(event) for event in room.posted] == [SpeechBegan, SpeechBegan]


class TestGap:
    def frames(self, lost_ms: int) -> list[MicrophoneFrame]:
        """Return 32 frames of the model, with a gap after ten."""
        frames = cut(speech(32 * FRAME_SAMPLES))
        frames[40] = replace(frames[40], lost_ms=lost_ms)
        return frames

    @pytest.mark.parametrize(("lost_ms", "silence_ms"), [(20, 20), (80, 80), (500, 500), (3_600_000, 1000)])
    async def test_model_hears_silence(self, lost_ms: int, silence_ms: int) -> None:
        """For lost sound the model hears silence, of an hour only a second; the uplink holds what was heard."""
        room, model, sound = Room(), ScriptedModel(), speech(32 * FRAME_SAMPLES)
        await room.listen(ScriptedMicrophone(self.frames(lost_ms), model), model).run()
        heard = np.insert(sound, 10 * FRAME_SAMPLES, np.zeros(silence_ms * 16, np.int16))
        np.testing.assert_array_equal(model.sound, heard[: len(model.sound)])
        assert len(heard) - len(model.sound) < FRAME_SAMPLES
        np.testing.assert_array_equal(room.stored(), sound)

    async def test_scores_after_it_are_disregarded(self) -> None:
        """After a gap nothing wakes until the model has forgotten it; positions are those of the uplink."""
        room, model = Room(), ScriptedModel(lambda index: {"hey_jarvis": float(index >= 10)})
        await room.listen(ScriptedMicrophone(self.frames(160), model), model).run()
        silent = 2
        first = 10 + WARM_UP_FRAMES
        assert [one.end for one in room.posted if isinstance(one, Woke)] == [
            lag_before((first + 1 - silent) * FRAME_SAMPLES)
        ]

    async def test_short_one_changes_nothing(self) -> None:
        """A microphone that loses a frame now and then stays able to wake the hub."""
        room, model = Room(), ScriptedModel(wakes_at(12))
        await room.listen(ScriptedMicrophone(self.frames(20), model), model).run()
        assert [one.end for one in room.posted if isinstance(one, Woke)] == [lag_before(13 * FRAME_SAMPLES - 320)]

    async def test_frame_that_ends_inside_it(self) -> None:
        """A frame of the model that the silence of a gap completes ends, in the uplink, where the gap is."""
        room, model, frames = Room(), ScriptedModel(wakes_at(10)), cut(speech(16_000))
        frames[42] = replace(frames[42], lost_ms=60)
        await room.listen(ScriptedMicrophone(frames, model), model).run()
        assert [one.end for one in room.posted if isinstance(one, Woke)] == [lag_before(42 * 320)]


class Slow:
    """A hub whose model stands still while the microphone goes on."""

    def __init__(self, drops: int, pause: float = 0.0, gap_at: int | None = None) -> None:
        """Stand still in the first frame until so many backlogs are dropped, then for so many seconds, then keep up.

        gap_at: the frame before which the microphone loses 80 ms.
        """
        self.room = Room()
        self.model = ScriptedModel(lambda index: {"hey_jarvis": float(index > 0)})
        self.model.hold()
        self.late = drops * BACKLOG
        self.pause = pause
        frames = cut(speech((self.late + 20) * FRAME_SAMPLES))
        if gap_at is not None:
            frames[4 * gap_at] = replace(frames[4 * gap_at], lost_ms=80)
        self.listen = self.room.listen(ScriptedMicrophone(frames, between=self.between), self.model)

    async def between(self, taken: int) -> None:
        """Let the model begin its first frame, and end it when enough was dropped."""
        if taken == FRAME_SAMPLES // 320:
            await self.model.begun.wait()
        if taken == (self.late + 2) * FRAME_SAMPLES // 320:
            self.room.now += self.pause
            self.model.release()


class TestLate:
    async def test_drops_and_counts(self) -> None:
        """A model that stands still costs the frames that came too late, is counted, and goes on with the newest.

        It hears again all that a score is about.
        """
        slow = Slow(drops=1)
        await slow.listen.run()
        assert slow.listen.late_frames == BACKLOG
        assert slow.listen.frames_scored == 20
        sound = slow.room.stored()
        np.testing.assert_array_equal(slow.model.heard[0], sound[:FRAME_SAMPLES])
        newest = (BACKLOG + 2) * FRAME_SAMPLES
        np.testing.assert_array_equal(slow.model.heard[1], sound[newest - slow.model.memory * FRAME_SAMPLES : newest])
        np.testing.assert_array_equal(np.concatenate(slow.model.heard[2:]), sound[newest:])

    async def test_uplink_loses_nothing(self) -> None:
        """However late the model is, the uplink has every sample."""
        slow = Slow(drops=2)
        await slow.listen.run()
        np.testing.assert_array_equal(slow.room.stored(), speech((2 * BACKLOG + 20) * FRAME_SAMPLES))

    async def test_patience_begins_anew(self) -> None:
        """The first score after a drop is no successor of the one before it; from the next one on all count."""
        slow = Slow(drops=1)
        await slow.listen.run()
        assert [one.end for one in slow.room.posted if isinstance(one, Woke)] == [
            lag_before((1 + BACKLOG + 2) * FRAME_SAMPLES)
        ]

    async def test_gap_among_what_was_dropped(self) -> None:
        """Sound that the microphone lost is remembered when the frames around it are dropped."""
        slow = Slow(drops=1, gap_at=3)
        await slow.listen.run()
        assert [one.end for one in slow.room.posted if isinstance(one, Woke)] == [
            lag_before((1 + BACKLOG + WARM_UP_FRAMES + 1) * FRAME_SAMPLES - 80 * 16)
        ]

    @pytest.mark.parametrize(("drops", "troubles"), [(0, 0), (1, 0), (2, 1), (4, 1)])
    async def test_trouble_is_told_once(self, drops: int, troubles: int) -> None:
        """A single stall is no trouble; the second within a minute is, and is told once."""
        slow = Slow(drops)
        await slow.listen.run()
        assert len(slow.room.reports) == troubles
        for report in slow.room.reports:
            assert isinstance(report, TroubleReport)
            assert (report.part, report.cleared) == (Part.WAKE, False)

    async def test_trouble_is_cleared(self) -> None:
        """A minute without a drop ends the trouble, which is told once."""
        slow = Slow(drops=2, pause=61)
        await slow.listen.run()
        assert [report.cleared for report in slow.room.reports if isinstance(report, TroubleReport)] == [False, True]


class LoudModel(ScriptedModel):
    """A wake model whose word is any loud noise."""

    def score(self, samples: Samples) -> dict[str, float]:
        """Score 1 for a frame that ends loud."""
        super().score(samples)
        return {"hey_jarvis": float(abs(samples[-1]) > 5000)}


class Quiet:
    """A hub in a room that is quiet for some frames of the model, then loud."""

    FRAMES = 90

    def __init__(
        self, model: ScriptedModel, *, frames: int = FRAMES, closes: bool = True, loud: int = 12, **word: float
    ) -> None:
        self.room = Room(closes=closes)
        hiss = np.random.default_rng(1).normal(0, 10, frames * FRAME_SAMPLES).astype(np.int16)
        self.sound = np.concatenate([hiss, np.tile(np.array([9000, 9000, -9000], np.int16), loud * FRAME_SAMPLES // 3)])
        self.microphone = ScriptedMicrophone(cut(self.sound), between=self.keep_pace, endless=True)
        self.listen = self.room.listen(self.microphone, model, **word)

    async def keep_pace(self, taken: int) -> None:
        """Wait for the hub."""
        while self.listen.unscored_since is not None:
            await settle()

    async def hear(self) -> None:
        """Hear it all."""
        async with running(self.listen.run()):
            await self.microphone.exhausted.wait()
            await self.keep_pace(0)


class TestQuiet:
    async def test_model_rests(self) -> None:
        """While the room is quiet the model hears nothing; then what it has missed in one call, and every frame."""
        model = ScriptedModel()
        quiet = Quiet(model)
        await quiet.hear()
        sizes = [len(heard) // FRAME_SAMPLES for heard in model.heard]
        first = next(index for index, size in enumerate(sizes) if size > 1)
        assert model.memory < first < Quiet.FRAMES - 1
        assert sizes[first:] == [Quiet.FRAMES - first + 1] + [1] * 11
        np.testing.assert_array_equal(model.sound, quiet.sound)
        np.testing.assert_array_equal(quiet.room.stored(), quiet.sound)
        assert quiet.listen.frames_scored == len(sizes)

    async def test_nothing_waits(self) -> None:
        """While the model rests, nothing is behind, late, or waits to be scored."""
        quiet = Quiet(ScriptedModel(), loud=0)
        await quiet.hear()
        assert (quiet.listen.behind, quiet.listen.late_frames, quiet.listen.unscored_since) == (0, 0, None)

    async def test_model_is_alive(self) -> None:
        """While the model rests it is given a frame every 4 s; what it makes of it wakes nothing."""
        model = ScriptedModel(always)
        quiet = Quiet(model, frames=200, loud=0, refractory=0)
        await quiet.hear()
        rests_from = len(model.heard) - 2
        assert {len(heard) for heard in model.heard} == {FRAME_SAMPLES}
        for look, number in zip(model.heard[-2:], (rests_from + 49, rests_from + 99), strict=True):
            np.testing.assert_array_equal(look, quiet.sound[number * FRAME_SAMPLES :][:FRAME_SAMPLES])
        assert len(quiet.room.woken()) == rests_from

    async def test_model_that_dies_is_seen(self) -> None:
        """A model that hangs while it rests is found out."""
        model = ScriptedModel()
        quiet = Quiet(model, frames=150, loud=0)

        async def die(taken: int) -> None:
            if taken == 4 * 80:
                model.hold()
            elif taken < 4 * 80:
                await quiet.keep_pace(taken)
            else:
                await settle()

        quiet.microphone = ScriptedMicrophone(cut(quiet.sound), between=die, endless=True)
        quiet.listen = quiet.room.listen(quiet.microphone, model)
        async with running(quiet.listen.run()):
            await quiet.microphone.exhausted.wait()
            assert quiet.listen.unscored_since is not None
            assert quiet.listen.behind > 1
            model.release()

    @pytest.mark.parametrize("closes", [True, False])
    async def test_position_of_a_wake(self, closes: bool) -> None:  # noqa: FBT001 -- a column of the table above
        """A wake after quiet knows its place, as without a gate."""
        quiet = Quiet(LoudModel(), closes=closes)
        await quiet.hear()
        assert [one.end for one in quiet.room.woken() if isinstance(one, Woke)] == [
            lag_before((Quiet.FRAMES + 1) * FRAME_SAMPLES)
        ]


class TestEnd:
    async def test_cancelled(self) -> None:
        """Cancelled, it ends with its worker thread."""
        room, model = Room(), ScriptedModel()
        microphone = ScriptedMicrophone(cut(speech(12_800)), model, endless=True)
        task = asyncio.create_task(room.listen(microphone, model).run())
        await microphone.exhausted.wait()
        assert any(thread.name.startswith("wake") for thread in threading.enumerate())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not any(thread.name.startswith("wake") for thread in threading.enumerate())

    async def test_bug_of_a_model_is_not_hidden(self) -> None:
        """An unexpected exception of the model ends the stage."""

        def broken(index: int) -> dict[str, float]:
            raise ZeroDivisionError

        room, model = Room(), ScriptedModel(broken)
        with pytest.raises(ExceptionGroup) as caught:
            await room.listen(ScriptedMicrophone(cut(speech(1280))), model).run()
        assert caught.group_contains(ZeroDivisionError)
