from __future__ import annotations

from itertools import repeat

import numpy as np
import pytest

from hubd.audio.quality import Quality, QualityWatch

FRAMES = 50  # a second


def tone(amplitude: float) -> bytes:
    """Return 20 ms of a tone of 200 Hz; above 1 it is cut off at full scale."""
    wave = amplitude * 32767 * np.sin(np.arange(320) * 2 * np.pi * 200 / 16_000)
    return np.clip(wave, -32768, 32767).astype("<i2").tobytes()


SILENCE = bytes(640)
FAINT = bytes(638) + b"\x01\x00"
SPEECH = tone(0.3)
LOUD = tone(0.99)
TOO_LOUD = tone(3.0)


def verdict(watch: QualityWatch, frame: bytes, seconds: float) -> Quality:
    """Feed one frame again and again; return the last verdict."""
    for each in repeat(frame, round(seconds * FRAMES)):
        quality = watch.feed(each)
    return quality


def test_zeros_are_a_dead_microphone() -> None:
    """Half a minute of nothing but zeros is no silence; a single bit of life ends the suspicion at once."""
    watch = QualityWatch()
    assert verdict(watch, SILENCE, 29.98) is Quality.GOOD
    assert watch.feed(SILENCE) is Quality.DEAD
    assert verdict(watch, SILENCE, 600) is Quality.DEAD
    assert watch.feed(FAINT) is Quality.GOOD
    assert verdict(watch, SILENCE, 29.98) is Quality.GOOD


def test_a_quiet_room_is_no_dead_microphone() -> None:
    """A microphone whose last bit moves now and then is alive, however long nobody speaks."""
    watch = QualityWatch()
    for _ in range(20):
        assert verdict(watch, SILENCE, 29) is Quality.GOOD
        assert watch.feed(FAINT) is Quality.GOOD


@pytest.mark.parametrize("frame", [SPEECH, LOUD, FAINT])
def test_sound_within_the_scale_is_good(frame: bytes) -> None:
    """Loud is not too loud: what counts is what is cut off."""
    assert verdict(QualityWatch(), frame, 120) is Quality.GOOD


def test_a_microphone_that_is_too_loud() -> None:
    """Sound that is cut off for seconds is trouble; a minute without, and it is over."""
    watch = QualityWatch()
    assert verdict(watch, TOO_LOUD, 2) is Quality.GOOD
    assert verdict(watch, TOO_LOUD, 1) is Quality.CLIPPED
    assert verdict(watch, SPEECH, 59) is Quality.CLIPPED
    assert verdict(watch, TOO_LOUD, 0.02) is Quality.CLIPPED
    assert verdict(watch, SPEECH, 59.98) is Quality.CLIPPED
    assert verdict(watch, SPEECH, 0.02) is Quality.GOOD


def test_speech_whose_vowels_are_cut_off() -> None:
    """It is noticed between words as well, whose pauses are clean."""
    watch = QualityWatch()
    qualities = {verdict(watch, frame, 0.2) for _ in range(30) for frame in (TOO_LOUD, SPEECH)}
    assert Quality.CLIPPED in qualities


def test_a_shout_is_no_trouble() -> None:
    """A second that is too loud, every ten seconds, happens in any house."""
    watch = QualityWatch()
    for _ in range(30):
        assert verdict(watch, TOO_LOUD, 1) is Quality.GOOD
        assert verdict(watch, SPEECH, 9) is Quality.GOOD


def test_a_click_is_no_trouble() -> None:
    """A few samples at full scale in each frame are not the tops of waves."""
    click = b"\xff\x7f" * 3 + bytes(634)
    assert verdict(QualityWatch(), click, 60) is Quality.GOOD
    assert verdict(QualityWatch(), b"\x00\x80" * 4 + bytes(632), 60) is Quality.CLIPPED


def test_frames_in_one_go() -> None:
    """What is cut off is counted frame by frame, however many come at once."""
    watch = QualityWatch()
    together = (TOO_LOUD + SPEECH) * 2
    assert verdict(watch, together, 0.5) is Quality.GOOD
    assert verdict(watch, together, 2) is Quality.CLIPPED
    assert verdict(QualityWatch(), SPEECH * 7 + TOO_LOUD, 60) is Quality.GOOD


def test_a_channel_that_dies_while_it_is_too_loud() -> None:
    """The newest fault is the verdict; what lives again is good, and not too loud any more."""
    watch = QualityWatch()
    assert verdict(watch, TOO_LOUD, 5) is Quality.CLIPPED
    assert verdict(watch, SILENCE, 30) is Quality.DEAD
    assert watch.feed(SPEECH) is Quality.GOOD
