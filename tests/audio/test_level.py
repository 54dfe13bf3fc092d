from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.level import fit, scaled

sound = st.lists(st.integers(-32768, 32767), max_size=200).map(lambda values: np.array(values, "<i2").tobytes())


class TestScaled:
    @given(sound)
    def test_whole(self, pcm: bytes) -> None:
        """At 100 percent it is the sound itself."""
        assert scaled(pcm, 100) == pcm

    @given(sound)
    def test_nothing(self, pcm: bytes) -> None:
        """At 0 percent it is silence of the same length."""
        assert scaled(pcm, 0) == bytes(len(pcm))

    @given(sound, st.integers(0, 100))
    def test_part(self, pcm: bytes, percent: int) -> None:
        """Every sample keeps its place, has its part, is off by less than one."""
        samples, quiet = np.frombuffer(pcm, "<i2"), np.frombuffer(scaled(pcm, percent), "<i2")
        assert len(quiet) == len(samples)
        assert np.all(np.abs(quiet - samples.astype(float) * percent / 100) < 1)


class TestFit:
    @given(sound)
    def test_right_already(self, pcm: bytes) -> None:
        """Sound at 24 kHz is left as it is."""
        assert fit(pcm, 24_000) == pcm

    @pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000])
    def test_as_long_and_as_high(self, rate: int) -> None:
        """A tone lasts as long as before, and is as high."""
        tone = np.sin(2 * np.pi * 440 * np.arange(rate) / rate) * 20_000
        samples = np.frombuffer(fit(tone.astype("<i2").tobytes(), rate), "<i2").astype(float)
        assert len(samples) == 24_000
        assert int(np.argmax(np.abs(np.fft.rfft(samples)))) == 440
        assert 18_000 < np.max(np.abs(samples)) <= 20_000

    @pytest.mark.parametrize("rate", [8_000, 48_000])
    def test_single_sample(self, rate: int) -> None:
        """Even a single sample is no trouble."""
        assert len(fit(b"\1\0", rate)) == (6 if rate == 8_000 else 0)
