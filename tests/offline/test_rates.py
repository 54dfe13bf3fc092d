from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.pcm import UPLINK_RATE
from hubd.errors import RemoteProtocolError
from hubd.live.content import Blob
from hubd.offline.rates import Rates


def tone(rate: int, seconds: float) -> bytes:
    """Return a tone of 440 Hz."""
    times = np.arange(round(rate * seconds)) / rate
    return (8_000 * np.sin(2 * np.pi * 440 * times)).astype("<i2").tobytes()


def sound(rate: int, pcm: bytes) -> Blob:
    """Return a piece of sound as it comes."""
    return Blob(mime_type=f"audio/pcm;rate={rate}", data=pcm)


@pytest.mark.parametrize("rate", [8_000, 11_025, 24_000, 44_100, 48_000])
def test_any_rate_is_brought_to_ours(rate: int) -> None:
    """A tone keeps its pitch, its loudness and its length."""
    rates = Rates()
    heard = rates.take(sound(rate, tone(rate, 1.0))) + rates.finish()
    samples = np.frombuffer(heard, "<i2").astype(np.float64)
    assert len(samples) == pytest.approx(UPLINK_RATE, abs=16)
    middle = samples[4_000:12_000]
    assert np.abs(np.fft.rfft(middle)).argmax() == 220
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(8_000 / np.sqrt(2), rel=0.02)


@given(st.lists(st.integers(0, 4_000), max_size=8))
def test_the_pieces_do_not_matter(cuts: list[int]) -> None:
    """However the sound is cut, in the middle of samples too, the same is heard, but for a rounding."""
    pcm = tone(48_000, 0.04)
    whole, cut = Rates(), Rates()
    edges = [0, *sorted(min(each, len(pcm)) for each in cuts), len(pcm)]
    pieces = [cut.take(sound(48_000, pcm[start:end])) for start, end in pairwise(edges)]
    heard = np.frombuffer(b"".join((*pieces, cut.finish())), "<i2")
    expected = np.frombuffer(whole.take(sound(48_000, pcm)) + whole.finish(), "<i2")
    np.testing.assert_allclose(heard, expected, rtol=0, atol=2)


@pytest.mark.parametrize("mime_type", ["audio/pcm", "audio/pcm;rate=16000", "audio/pcm; rate=16000"])
def test_our_own_rate_is_left_alone(mime_type: str) -> None:
    """Sound at 16 kHz comes out at once, bit for bit, also after some at another rate, of which nothing is lost."""
    rates, pcm = Rates(), tone(UPLINK_RATE, 0.1)
    assert rates.take(Blob(mime_type=mime_type, data=pcm)) == pcm
    before = rates.take(sound(8_000, tone(8_000, 0.1)))
    after = rates.take(Blob(mime_type=mime_type, data=pcm))
    assert after.endswith(pcm)
    assert len(before + after) - len(pcm) == pytest.approx(len(pcm), abs=32)


@pytest.mark.parametrize(
    "mime_type", ["audio/pcm;rate=7999", "audio/pcm;rate=48001", "audio/pcm;rate=0", "audio/mp3", "audio/pcm;rate=", ""]
)
def test_what_the_service_would_not_take(mime_type: str) -> None:
    """Other rates and other formats end the session, with a reason that says what is wanted."""
    with pytest.raises(RemoteProtocolError, match="8000 to 48000"):
        Rates().take(Blob(mime_type=mime_type))
