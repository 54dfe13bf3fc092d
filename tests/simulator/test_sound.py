from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.simulator.sound import speech, words_in


@given(st.text(max_size=80), st.sampled_from([16_000, 24_000]), st.binary(max_size=99).map(lambda data: data * 2))
def test_words_survive_in_sound(text: str, rate: int, before: bytes) -> None:
    """What was put into sound is read from it, with any sound around it."""
    words = text.encode("utf-8", "replace").decode()
    assert words_in(before + speech(words, rate) + before) == words


def test_speech_takes_its_time() -> None:
    """It is as long as is said, or as somebody would need."""
    assert len(speech("x", 16_000, 2.5)) == 80_000
    assert len(speech("turn on the lights", 16_000)) > len(speech("x", 16_000)) == 19_200


@pytest.mark.parametrize("at", [0, 400, 5_000, 19_198])
def test_a_lost_sample_loses_the_words(at: int) -> None:
    """One sample less anywhere, and nothing is read: a sound that is not whole does not pass for whole."""
    sound = speech("turn it on", 16_000)
    assert words_in(sound[:at] + sound[at + 2 :]) is None
    assert words_in(sound[:at] + bytes([sound[at] ^ 1]) + sound[at + 1 :]) is None


@pytest.mark.parametrize("sound", [b"", bytes(64_000), speech("x", 16_000)[320:340], speech("a" * 900, 16_000, 0.01)])
def test_other_sound_has_no_words(sound: bytes) -> None:
    """Silence, a piece, speech too short for its words: none is read."""
    assert words_in(sound) is None
