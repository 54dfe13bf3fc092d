from __future__ import annotations

import numpy as np

from scripts.benches.barge_in import silent_at
from scripts.benches.sound_room import RATE


def test_silence_begins_after_the_last_sound_before_a_pause() -> None:
    """A breath between two words is no silence, what is said later does not count."""
    samples = np.zeros(RATE * 2, np.int16)
    samples[: RATE // 2] = 1000
    samples[RATE // 2 + RATE // 10 : RATE] = 1000
    samples[RATE + RATE // 2 :] = 1000
    assert silent_at(samples, RATE // 4) == RATE


def test_silence_may_have_begun_before() -> None:
    """Where nothing sounds from the beginning on, that is where silence begins."""
    assert silent_at(np.zeros(RATE, np.int16), 480) == 480
