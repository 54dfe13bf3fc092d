from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.live.setup import AutomaticActivityDetection, EndSensitivity
from hubd.offline.ear import Began, Ear, Ended, Heard, Paused

RATE = 16_000
MANUAL = AutomaticActivityDetection(disabled=True)


def sound(*parts: tuple[float, float]) -> bytes:
    """Return white sound: (seconds, level) one after the other."""
    source = np.random.default_rng(7)
    pieces = [source.normal(0, np.hypot(level, 10), round(seconds * RATE)) for seconds, level in parts]
    return np.clip(np.concatenate(pieces), -32768, 32767).astype("<i2").tobytes()


TALK = sound((1.0, 0), (1.0, 3000), (2.0, 0))


def milliseconds(pcm: bytes) -> float:
    """Return how long sound lasts."""
    return len(pcm) / 2 / RATE * 1000


def test_a_turn_is_begun_guessed_and_ended() -> None:
    """The guess comes early, the end after the silence, with the same sound: the speech with a little around it."""
    heard = Ear(None).audio(TALK)
    assert [type(event) for event in heard] == [Began, Paused, Ended]
    _, paused, ended = heard
    assert isinstance(paused, Paused)
    assert isinstance(ended, Ended)
    assert paused.pcm == ended.pcm
    assert 1300 <= milliseconds(ended.pcm) <= 1500
    assert ended.pcm in TALK


@pytest.mark.parametrize(
    ("detection", "milliseconds"),
    [
        (None, 700),
        (AutomaticActivityDetection(silence_duration_ms=300), 300),
        (AutomaticActivityDetection(end_of_speech_sensitivity=EndSensitivity.LOW), 1000),
    ],
)
def test_the_set_up_says_how_long_a_pause_is(detection: AutomaticActivityDetection | None, milliseconds: int) -> None:
    """A turn ends that long after the last speech (``live-protocol.md`` 3.2)."""
    ear = Ear(detection)
    ear.audio(sound((1.0, 0), (1.0, 3000)))
    waited = 0
    while not any(isinstance(event, Ended) for event in ear.audio(sound((0.02, 0)))):
        waited += 20
        assert waited < 2000
    assert abs(waited - milliseconds) <= 60


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_pieces_of_any_size_are_heard_alike(sizes: list[int]) -> None:
    """How the sound is cut into frames changes nothing."""
    ear = Ear(None)
    heard: list[Heard] = []
    at = 0
    for size in sizes:
        heard += ear.audio(TALK[at : at + size])
        at += size
    heard += ear.audio(TALK[at:])
    assert heard == Ear(None).audio(TALK)


def test_a_longer_pause_within_a_turn_makes_a_second_guess() -> None:
    """Whoever goes on after a pause has said something else than was guessed."""
    heard = Ear(None).audio(sound((1.0, 0), (0.6, 3000), (0.4, 0), (0.6, 3000), (1.0, 0)))
    assert [type(event) for event in heard] == [Began, Paused, Paused, Ended]
    first, second, ended = (event.pcm for event in heard if not isinstance(event, Began))
    assert len(first) < len(second)
    assert second == ended


def test_the_end_of_the_stream_ends_a_turn() -> None:
    """A client that stops its microphone need not send the silence."""
    ear = Ear(None)
    assert ear.end() == []
    ear.audio(sound((1.0, 0), (1.0, 3000)))
    (ended,) = ear.end()
    assert isinstance(ended, Ended)
    assert milliseconds(ended.pcm) > 1000
    assert not ear.hears_user
    assert ear.end() == []


def test_somebody_who_never_stops_is_cut() -> None:
    """A turn has a longest length, and the next begins anew."""
    heard = Ear(None).audio(sound((1.0, 0), *[(0.5, 3000), (0.1, 0)] * 50))
    assert [type(event) for event in heard if not isinstance(event, Paused)][:3] == [Began, Ended, Began]
    assert all(milliseconds(event.pcm) <= 20_200 for event in heard if isinstance(event, Ended))


def test_marks_make_the_turn() -> None:
    """Outside an activity that the client marks nothing is heard; inside, pauses don't end it (section 4)."""
    ear = Ear(MANUAL)
    assert ear.audio(TALK) == []
    assert ear.begin() == [Began()]
    assert ear.begin() == []
    heard = ear.audio(sound((0.2, 0), (0.6, 3000), (1.5, 0), (0.6, 3000), (0.5, 0)))
    assert [type(event) for event in heard] == [Paused, Paused]
    (ended,) = ear.end()
    assert isinstance(ended, Ended)
    assert 2800 <= milliseconds(ended.pcm) <= 3200
    assert ear.audio(TALK) == []


def test_an_activity_without_speech_is_empty() -> None:
    """Silence between two marks is nobody's sentence; the next activity starts afresh."""
    ear = Ear(MANUAL)
    ear.begin()
    ear.audio(sound((2.0, 0)))
    assert ear.end() == [Ended(b"")]
    ear.begin()
    ear.audio(sound((0.3, 0), (1.0, 3000), (0.5, 0)))
    (ended,) = ear.end()
    assert isinstance(ended, Ended)
    assert milliseconds(ended.pcm) > 1000
