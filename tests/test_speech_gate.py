from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd.audio.pcm import UPLINK_RATE
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
from hubd.speech_gate import SpeechGate
from hubd.wake import FRAME_SAMPLES
from tests.edges.wake_sounds import RECORDINGS, Samples, frames_of, recording

MEMORY = 26
WORDS = ("alexa", "hey_jarvis", "hey_marvin", "hey_mycroft", "timer", "weather")
needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason=f"the recordings are not there: {RECORDINGS} does not exist"
)


def hiss(frames: int, level: float = 10, seed: int = 1) -> Samples:
    """Return steady noise."""
    return np.random.default_rng(seed).normal(0, level, frames * FRAME_SAMPLES).astype(np.int16)


def handed_out(gate: SpeechGate, sound: Samples) -> list[int]:
    """Return how many frames are handed out with each frame."""
    found = [gate.push(frame) for frame in frames_of(sound)]
    return [0 if samples is None else len(samples) // FRAME_SAMPLES for samples in found]


@settings(max_examples=25, deadline=None)
@given(
    pieces=st.lists(st.tuples(st.integers(1, 90), st.sampled_from([0, 1, 10, 12, 3000])), max_size=7),
    memory=st.integers(1, 60),
    dropped=st.sets(st.integers(0, 200)),
)
def test_model_has_heard_all_that_a_score_is_about(
    pieces: list[tuple[int, int]], memory: int, dropped: set[int]
) -> None:
    """Whatever was heard, kept back, dropped: at each score the model has heard the newest frames without a gap."""
    gate = SpeechGate(memory)
    sound = np.concatenate([hiss(45), *(hiss(frames, level, seed) for seed, (frames, level) in enumerate(pieces))])
    heard = np.zeros(0, np.int16)
    for number, frame in enumerate(frames_of(sound), start=1):
        samples = gate.push(frame)
        if samples is None:
            continue
        if number in dropped:
            gate.drop()
            continue
        heard = np.concatenate([heard, samples])
        newest = min(number, memory) * FRAME_SAMPLES
        np.testing.assert_array_equal(heard[-newest:], sound[number * FRAME_SAMPLES - newest : number * FRAME_SAMPLES])


@settings(max_examples=25, deadline=None)
@given(places=st.lists(st.integers(80, 300), max_size=6))
def test_every_score_about_a_sound_is_there(places: list[int]) -> None:
    """Nothing is kept back as long as what stood out is within the model's memory."""
    sound = hiss(301)
    for place in places:
        sound[place * FRAME_SAMPLES : (place + 1) * FRAME_SAMPLES] *= 2
    sizes = handed_out(SpeechGate(MEMORY), sound)
    for place in places:
        assert all(sizes[place : place + MEMORY])


def test_nothing_is_kept_back_at_first() -> None:
    """Until the room is known the model hears everything, even a word that is there from the first sample on."""
    assert handed_out(SpeechGate(MEMORY), hiss(39)) == [1] * 39


@pytest.mark.parametrize("level", [0, 0.3, 3, 100, 1000])
def test_quiet_room(level: float) -> None:
    """In a steady room the model mostly rests, digital silence or a loud fan."""
    sizes = handed_out(SpeechGate(MEMORY), hiss(800, level))
    known = 39 + MEMORY - 1
    assert sizes[:known] == [1] * known
    assert sizes[known:].count(0) > 0.75 * len(sizes[known:])


def test_silence() -> None:
    """Kept back is what has been quiet for as long as a score goes back, from its last frame on."""
    known = 39 + MEMORY - 1
    assert handed_out(SpeechGate(MEMORY), hiss(100, 0)) == [1] * known + [0] * (100 - known)


def test_rumble_that_comes_and_goes() -> None:
    """What sways below a voice's range is not heard, many times louder than the room as it is."""
    frames = 400
    seconds = np.arange(frames * FRAME_SAMPLES) / UPLINK_RATE
    rumble = 60 * np.sin(2 * np.pi * 5 * seconds) * (np.sin(2 * np.pi * 0.2 * seconds) > 0)
    sizes = handed_out(SpeechGate(MEMORY), (hiss(frames) + rumble).astype(np.int16))
    assert sizes[100:].count(0) > 0.75 * len(sizes[100:])


def test_hum() -> None:
    """The hum of the mains hides nothing in the upper half of a voice's range, were it forty times as loud."""
    seconds = np.arange(120 * FRAME_SAMPLES) / UPLINK_RATE
    sound = hiss(120, 1) + 3000 * np.sin(2 * np.pi * 100 * seconds)
    said = slice(80 * FRAME_SAMPLES, 85 * FRAME_SAMPLES)
    sound[said] += 75 * np.sin(2 * np.pi * 2000 * seconds[said])
    sizes = handed_out(SpeechGate(MEMORY), sound.astype(np.int16))
    assert sizes[79] == 0
    assert all(sizes[80 : 84 + MEMORY])


def test_fan_that_is_switched_on() -> None:
    """Noise that starts and stays is heard at first, then it is the room."""
    sizes = handed_out(SpeechGate(MEMORY), np.concatenate([hiss(80), hiss(100, 300, seed=2)]))
    assert all(sizes[80:119])
    assert sizes[150:175] == [0] * 25


def test_fan_that_is_switched_off() -> None:
    """What is said as a loud noise stops is heard, be it softer than the noise and as even as a room."""
    sizes = handed_out(SpeechGate(MEMORY), np.concatenate([hiss(100, 3000), hiss(12, 100), hiss(60, 5)]))
    assert sizes[99] == 0
    assert all(sizes[100 : 112 + MEMORY])


def test_noise_that_comes_and_goes() -> None:
    """What is never steady is heard without a pause."""
    source = np.random.default_rng(3)
    gusts = np.concatenate([hiss(1, level) for level in source.uniform(100, 300, 300)])
    assert handed_out(SpeechGate(MEMORY), gusts) == [1] * 300


def test_gate_that_is_off() -> None:
    """Switched off it keeps nothing back, from the next frame on, and gives what was missed."""
    gate = SpeechGate(MEMORY)
    sizes = handed_out(gate, hiss(80))
    missed = sizes[::-1].index(1)
    gate.closes = False
    assert missed > 1
    assert handed_out(gate, hiss(60)) == [missed + 1] + [1] * 59


@needs_recordings
def test_scores_are_those_of_a_run_without_gate() -> None:
    """Every score of the real models is, after quiet, what it is without a gate; those that are missing are low."""
    paths = {word: find_model(word) for word in WORDS}
    gated, ungated = OnnxWakeModel(paths), OnnxWakeModel(paths)
    said = [recording(name) for name in ("alexa_test.wav", "hey_mycroft_test.wav", "hey_jane.wav")]
    sound = np.concatenate([*(part for word in said for part in (hiss(130, 3), word)), hiss(1)])
    gate, compared, kept_back = SpeechGate(gated.memory), 0, 0
    for frame in frames_of(sound):
        expected, samples = ungated.score(frame), gate.push(frame)
        if samples is None:
            kept_back += 1
            assert max(expected.values()) < 0.01
        else:
            assert gated.score(samples) == pytest.approx(expected, abs=1e-4)
            compared += 1
    assert kept_back > 100
    assert compared > 100
