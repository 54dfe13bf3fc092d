from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.buffers import Uplink
from hubd.effects import Source
from hubd.errors import LocalProtocolError
from hubd.events import Backend
from hubd.live.codec import decode_client
from hubd.live.mouth import Mouth
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings

CHUNK: Final = 640
SPOKEN: Final = (np.arange(40_000) % 30_000 + 1).astype("<i2")


class Said:
    """A mouth with its uplink, and what was said with it."""

    def __init__(self, *, manual: bool = False, held_ms: int = 30_000) -> None:
        session = LiveSession(Opening(SessionSettings(model="m", manual_activity=manual), ()), None, Backend.GEMINI)
        session.data_to_send()
        session.receive('{"setupComplete":{}}')
        self.uplink = Uplink(held_ms)
        self.mouth = Mouth(session, self.uplink, manual=manual)
        self.chunks: list[bytes] = []
        self.marks: list[tuple[str, int]] = []

    def hear(self, samples: int) -> None:
        """Let the microphone bring more."""
        self.uplink.push(SPOKEN[self.uplink.end : self.uplink.end + samples].tobytes())

    def say(self) -> None:
        """Take the frames that are due; marks are kept with the number of samples that were said before them."""
        for frame in self.mouth.frames():
            said = decode_client(frame).realtime_input
            assert said is not None
            if said.audio is not None:
                self.chunks.append(said.audio.data)
            else:
                (mark,) = json.loads(frame)["realtimeInput"]
                self.marks.append((mark, len(self.sound)))

    @property
    def sound(self) -> list[int]:
        """Every sample that was said, in order."""
        samples: list[int] = np.frombuffer(b"".join(self.chunks), "<i2").tolist()
        return samples


def spoken(start: int, end: int) -> list[int]:
    """Return the samples of a stretch of the uplink."""
    samples: list[int] = SPOKEN[start:end].tolist()
    return samples


pieces = st.lists(st.integers(1, 2000), max_size=12)


class TestMicrophone:
    @given(before=pieces, after=pieces, start=st.integers(0, 20_000))
    def test_every_sample_once_in_order(self, before: list[int], after: list[int], start: int) -> None:
        """However the sound comes, however much came before the line was open: all from the start on, 40 ms a frame."""
        said = Said()
        for samples in before:
            said.hear(samples)
        said.mouth.feed(Source.MICROPHONE, start)
        said.say()
        for samples in after:
            said.hear(samples)
            said.say()
        whole = max(0, said.uplink.end - start) // CHUNK * CHUNK
        assert said.sound == spoken(start, start + whole)
        assert {len(chunk) for chunk in said.chunks} <= {2 * CHUNK}

    def test_from_now_on(self) -> None:
        """Without a start it begins with the newest sample."""
        said = Said()
        said.hear(5000)
        said.mouth.feed(Source.MICROPHONE, None)
        said.hear(CHUNK)
        said.say()
        assert said.sound == spoken(5000, 5000 + CHUNK)

    @given(pieces)
    def test_nothing_before_it_is_fed(self, came: list[int]) -> None:
        """Until it is told to, it says nothing; nor after it was told to stop."""
        said = Said()
        for samples in came:
            said.hear(samples)
            said.say()
        said.mouth.feed(Source.MICROPHONE, None)
        said.mouth.feed(Source.NOTHING, None)
        said.hear(2000)
        said.say()
        assert (said.sound, said.marks) == ([], [])

    @pytest.mark.parametrize("back", [1, 700, 5000])
    def test_no_sample_twice(self, back: int) -> None:
        """A start that lies before what was said already goes on where that ended."""
        said = Said()
        said.hear(5000)
        said.mouth.feed(Source.MICROPHONE, 0)
        said.say()
        said.mouth.feed(Source.MICROPHONE, 7 * CHUNK - back)
        said.hear(5000)
        said.say()
        assert said.sound == spoken(0, 15 * CHUNK)


class TestSilence:
    def test_server_hears_zeros(self) -> None:
        """With the server's detection, silence is as long as the sound in its place; afterwards the sound goes on."""
        said = Said()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.hear(2 * CHUNK)
        said.say()
        said.mouth.feed(Source.SILENCE, None)
        said.hear(3 * CHUNK)
        said.say()
        said.mouth.feed(Source.MICROPHONE, None)
        said.hear(CHUNK)
        said.say()
        assert said.sound == [*spoken(0, 2 * CHUNK), *[0] * (3 * CHUNK), *spoken(5 * CHUNK, 6 * CHUNK)]

    def test_sound_behind_the_silence(self) -> None:
        """What silence stood for can still be said: a wake word ends before it is found."""
        said = Said()
        said.mouth.feed(Source.SILENCE, None)
        said.hear(4 * CHUNK)
        said.say()
        said.mouth.feed(Source.MICROPHONE, CHUNK)
        said.say()
        assert said.sound == [*[0] * (4 * CHUNK), *spoken(CHUNK, 4 * CHUNK)]

    def test_nothing_with_marks(self) -> None:
        """With marks, silence is nothing at all."""
        said = Said(manual=True)
        said.mouth.feed(Source.SILENCE, None)
        said.hear(3 * CHUNK)
        said.say()
        assert said.sound == []


class TestMarks:
    @given(before=pieces, after=pieces, length=st.integers(1, 12_000))
    def test_between_the_marks(self, before: list[int], after: list[int], length: int) -> None:
        """The end is marked after exactly the frames that hold the speech, as soon as they are there."""
        said, start = Said(manual=True), 1000
        said.hear(start)
        for samples in before:
            said.hear(samples)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, start)
        said.mouth.end_at(start + length)
        said.say()
        for samples in after:
            said.hear(samples)
            said.say()
        needed = -(-length // CHUNK) * CHUNK
        ended = said.uplink.end >= start + needed
        held = needed if ended else (said.uplink.end - start) // CHUNK * CHUNK
        assert said.sound == spoken(start, start + held)
        assert said.marks == [("activityStart", 0), ("activityEnd", needed)][: 1 + ended]

    def test_silent_after_the_end(self) -> None:
        """Between one speech and the next nothing is sent."""
        said = Said(manual=True)
        said.hear(CHUNK)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.mouth.end_at(CHUNK)
        said.say()
        said.hear(4000)
        said.say()
        assert (len(said.sound), [mark for mark, _ in said.marks]) == (CHUNK, ["activityStart", "activityEnd"])

    def test_next_speech_before_the_last_was_sent(self) -> None:
        """On a slow line speech begins again before the end of the last is marked: each is whole, marks are pairs."""
        said = Said(manual=True)
        said.hear(20 * CHUNK)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.mouth.end_at(5 * CHUNK)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 10 * CHUNK)
        said.mouth.end_at(12 * CHUNK)
        said.say()
        assert said.sound == [*spoken(0, 5 * CHUNK), *spoken(10 * CHUNK, 12 * CHUNK)]
        assert said.marks == [
            ("activityStart", 0),
            ("activityEnd", 5 * CHUNK),
            ("activityStart", 5 * CHUNK),
            ("activityEnd", 7 * CHUNK),
        ]

    def test_speech_without_an_end(self) -> None:
        """To begin within speech that nobody ended is a bug."""
        said = Said(manual=True)
        said.mouth.begin()
        with pytest.raises(LocalProtocolError):
            said.mouth.begin()


class TestNudge:
    def test_with_marks(self) -> None:
        """Speech that goes on is sent as far as it is there, and its end is marked; once is enough."""
        said = Said(manual=True)
        said.hear(3 * CHUNK)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.mouth.nudge()
        said.mouth.nudge()
        said.hear(CHUNK)
        said.say()
        assert said.marks == [("activityStart", 0), ("activityEnd", 3 * CHUNK)]
        assert said.sound == spoken(0, 3 * CHUNK)

    def test_with_an_end_on_its_way(self) -> None:
        """An end that could not be sent yet is marked where it is, not a second time."""
        said = Said(manual=True)
        said.hear(3 * CHUNK)
        said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.mouth.end_at(2 * CHUNK)
        said.mouth.nudge()
        said.say()
        assert said.marks == [("activityStart", 0), ("activityEnd", 2 * CHUNK)]

    def test_with_the_server_s_detection(self) -> None:
        """The server is told that the stream pauses, and hears more of it afterwards."""
        said = Said()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.mouth.nudge()
        said.hear(CHUNK)
        said.say()
        assert said.marks == [("audioStreamEnd", 0)]
        assert len(said.sound) == CHUNK


class TestPause:
    LULL = 20 * CHUNK

    @pytest.mark.parametrize("told", [Mouth.pause, Mouth.nudge])
    def test_pitfall_24_silence_goes_before_the_end_of_the_stream(self, told: Callable[[Mouth], None]) -> None:
        """Some models don't take the end of the stream for one: 0.8 s of silence go before it."""
        said = Said()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.hear(2 * CHUNK)
        said.say()
        told(said.mouth)
        said.say()
        assert said.sound == [*spoken(0, 2 * CHUNK), *[0] * self.LULL]
        assert said.marks == [("audioStreamEnd", 2 * CHUNK + self.LULL)]

    def test_sound_may_go_on(self) -> None:
        """A pause is said once; sound that comes afterwards goes on where it was, and may pause again."""
        said = Said()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.hear(2 * CHUNK)
        said.say()
        said.mouth.pause()
        said.mouth.pause()
        said.hear(CHUNK)
        said.say()
        said.mouth.pause()
        said.say()
        assert said.sound == [
            *spoken(0, 2 * CHUNK),
            *[0] * self.LULL,
            *spoken(2 * CHUNK, 3 * CHUNK),
            *[0] * self.LULL,
        ]
        assert [mark for mark, _ in said.marks] == ["audioStreamEnd", "audioStreamEnd"]

    def test_silence_pauses_as_well(self) -> None:
        """Where silence stands for the microphone, its pause is one too."""
        said = Said()
        said.mouth.feed(Source.SILENCE, None)
        said.hear(CHUNK)
        said.say()
        assert said.mouth.streaming
        said.mouth.pause()
        said.say()
        assert [mark for mark, _ in said.marks] == ["audioStreamEnd"]
        assert not said.mouth.streaming

    @pytest.mark.parametrize("manual", [False, True])
    def test_no_pause_without_sound(self, *, manual: bool) -> None:
        """Who has heard nothing is told of no pause; nor is anybody with marks."""
        said = Said(manual=manual)
        if manual:
            said.hear(CHUNK)
            said.mouth.begin()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.say()
        assert not said.mouth.streaming
        said.mouth.pause()
        said.say()
        assert [mark for mark, _ in said.marks] == ["activityStart"] * manual
        assert len(said.sound) == CHUNK * manual

    def test_no_pause_when_nothing_is_wanted(self) -> None:
        """What the hub itself stopped is no pause of the microphone."""
        said = Said()
        said.mouth.feed(Source.MICROPHONE, 0)
        said.hear(CHUNK)
        said.say()
        said.mouth.feed(Source.NOTHING, None)
        assert not said.mouth.streaming
        said.mouth.pause()
        said.say()
        assert said.marks == []
