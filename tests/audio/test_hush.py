from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubd.audio.hush import hush
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.edges.wake_model_files import find_model
from hubd.wake import FRAME_SAMPLES
from tests.edges.wake_sounds import Samples, frames_of, noise, say


def scores(word: str, sound: Samples) -> list[float]:
    """Return the scores of a word for sound that comes after a hush."""
    model = OnnxWakeModel({word: find_model(word)})
    model.score(hush(model.memory * FRAME_SAMPLES))
    return [model.score(frame)[word] for frame in frames_of(sound)]


def test_is_as_soft_as_a_dead_microphone() -> None:
    """It stays within five steps of 32,768 about zero, none of them rarer than the others, and has no tone."""
    sound = hush(27 * FRAME_SAMPLES)
    values, counts = np.unique(sound, return_counts=True)
    assert values.tolist() == list(range(-5, 6))
    assert counts.min() > 0.9 * counts.max()
    spectrum = np.abs(np.fft.rfft(sound.astype(float)))[1:]
    assert spectrum.max() < 5 * np.sqrt(np.mean(spectrum**2))


@pytest.mark.parametrize(("word", "text"), [("alexa", "alexa"), ("hey_mycroft", "hey mycroft")])
def test_a_word_that_comes_first_is_heard(word: str, text: str, tmp_path: Path) -> None:
    """After a hush a wake word is heard that begins with the very first sample; a model without one misses it."""
    sound = np.concatenate([say(text, tmp_path, words_per_minute=130), noise(24_000)])
    model = OnnxWakeModel({word: find_model(word)})
    assert max(model.score(frame).get(word, 0.0) for frame in frames_of(sound)) < 0.5
    assert max(scores(word, sound)) >= 0.5


@pytest.mark.parametrize("level", [1.0, 30.0, 1000.0])
def test_no_room_wakes_after_it(level: float) -> None:
    """The change from a hush to a room is no word."""
    assert max(scores("hey_jarvis", noise(40_000, level))) < 0.1
