from __future__ import annotations

import numpy as np
import pytest

from hubd.audio.tones import render
from hubd.wishes import Sign


@pytest.mark.parametrize("sign", Sign)
class TestSign:
    def test_short(self, sign: Sign) -> None:
        """A sign is so many notes of 70 ms at 24 kHz, 560 ms at most."""
        notes, rest = divmod(len(render(sign)), 24_000 * 70 // 1000 * 2)
        assert rest == 0
        assert 2 <= notes <= 8

    def test_soft(self, sign: Sign) -> None:
        """It begins and ends in silence, and is nowhere loud; it does not click."""
        samples = np.frombuffer(render(sign), "<i2").astype(int)
        assert (samples[0], samples[-1]) == (0, 0)
        assert 4_000 < np.max(np.abs(samples)) < 8_000
        assert np.max(np.abs(np.diff(samples))) < 2_500


@pytest.mark.parametrize(("sign", "rises"), [(Sign.WOKE, True), (Sign.FAILED, False)])
def test_tells_how_things_stand(sign: Sign, *, rises: bool) -> None:
    """Rising says that the hub listens, falling that something failed."""
    first, second = np.split(np.frombuffer(render(sign), "<i2").astype(float), 2)
    pitches = [int(np.argmax(np.abs(np.fft.rfft(note)))) for note in (first, second)]
    assert (pitches[1] > pitches[0]) is rises


def test_all_differ() -> None:
    """No two signs sound alike."""
    assert len({render(sign) for sign in Sign}) == len(Sign)
