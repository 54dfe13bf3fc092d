from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.resample import Resampler, convert, from_pcm, to_pcm


def tone(frequency: float, rate: int, seconds: float = 0.5) -> NDArray[np.float64]:
    """Return a sine of half the full scale."""
    return np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate) / 2


def pcm_of(samples: NDArray[np.float64]) -> bytes:
    """Return samples from -1 to 1 as signed 16-bit sound."""
    return to_pcm(np.rint(samples * 32767).astype(np.int16))


@pytest.mark.parametrize(("from_rate", "to_rate"), [(24_000, 48_000), (48_000, 16_000), (44_100, 16_000)])
def test_stream_is_the_whole_sound(from_rate: int, to_rate: int) -> None:
    """In chunks of 20 ms a tone comes out complete, in time, at its level, with nothing before or behind it."""
    pcm = pcm_of(tone(1000, from_rate))
    size = from_rate // 50 * 2
    resampler = Resampler(from_rate=from_rate, to_rate=to_rate)
    out = b"".join(resampler.push(pcm[at : at + size]) for at in range(0, len(pcm), size)) + resampler.finish()
    got = from_pcm(out) / 32767
    expected = tone(1000, to_rate)
    assert abs(len(got) - len(expected)) <= 1
    middle = slice(to_rate // 50, len(expected) - to_rate // 50)
    assert np.abs(got[middle] - expected[middle]).max() < 0.002


def test_aliases_are_rejected() -> None:
    """A tone that 16 kHz can't carry vanishes instead of folding into speech."""
    resampler = Resampler(from_rate=48_000, to_rate=16_000)
    got = from_pcm(resampler.push(pcm_of(tone(10_500, 48_000))))
    assert np.abs(got[1000:]).max() < 32767 * 0.5 * 10 ** (-70 / 20)


def test_stereo_is_mixed_down() -> None:
    """Mono is the mean of the channels, also where their sum exceeds 16 bits."""
    stereo = np.array([[30_000, 32_000], [-30_000, -32_000], [0, 100]], "<i2").tobytes()
    assert (
        Resampler(from_rate=16_000, to_rate=16_000, from_channels=2).push(stereo)
        == np.array([31_000, -31_000, 50], "<i2").tobytes()
    )


def test_mono_is_doubled() -> None:
    """Every channel of the card gets the same sample."""
    resampler = Resampler(from_rate=24_000, to_rate=24_000, to_channels=2)
    assert resampler.push(np.array([1, 2], "<i2").tobytes()) == np.array([1, 1, 2, 2], "<i2").tobytes()
    assert not resampler.holding


def test_finish_starts_again() -> None:
    """After finish() nothing of the old sound is in the new."""
    resampler = Resampler(from_rate=24_000, to_rate=48_000)
    resampler.push(pcm_of(tone(500, 24_000)))
    assert resampler.holding
    assert resampler.finish()
    assert (resampler.holding, resampler.finish()) == (False, b"")
    assert np.abs(from_pcm(resampler.push(bytes(9600)))).max() <= 1


def test_convert_clips() -> None:
    """What is louder than full scale is clipped, not wrapped around."""
    loud = np.array([2, 1, 0.5, -1, -2], np.float32)
    assert convert(loud, 16_000, 16_000).tolist() == [32767, 32767, 16384, -32768, -32768]
