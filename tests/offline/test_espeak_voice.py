from __future__ import annotations

import numpy as np
import pytest

from hubd.audio.pcm import DOWNLINK_RATE, milliseconds_of
from hubd.errors import MissingPartError
from hubd.offline.espeak_voice import EspeakVoice


def test_a_sentence_is_heard() -> None:
    """Speech comes at 24 kHz, as long as such a sentence takes, neither silent nor clipped throughout."""
    pcm = EspeakVoice().speak("The heater is set to twenty one degrees.")
    assert 1500 < milliseconds_of(len(pcm), DOWNLINK_RATE) < 5000
    samples = np.frombuffer(pcm, "<i2").astype(float)
    assert samples.std() > 500
    assert (abs(samples) > 32_000).mean() < 0.01


def test_the_pitch_is_right() -> None:
    """A man's voice stays one: espeak-ng's 22,050 Hz are converted, not taken for 24,000."""
    quick = EspeakVoice(words_per_minute=240).speak("one two three four five six seven eight")
    slow = EspeakVoice(words_per_minute=120).speak("one two three four five six seven eight")
    assert len(slow) > 1.5 * len(quick)


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_nothing_to_say_is_silence(text: str) -> None:
    """A text without words is no error."""
    pcm = EspeakVoice().speak(text)
    assert not np.frombuffer(pcm, "<i2").any()


def test_a_text_is_never_an_option() -> None:
    """What begins with a dash is spoken, not obeyed."""
    assert EspeakVoice().speak("--version, he said") != b""


def test_a_missing_program_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lacks espeak-ng reads how to get it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingPartError, match="sudo apt install espeak-ng"):
        EspeakVoice()
