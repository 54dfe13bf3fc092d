from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from scripts.benches.request import STEPS, steps_of
from scripts.benches.sound_room import RATE

FOUND = {
    "captured": [[99.0, 98.98], [100.0, 99.99], [100.03, 100.01]],
    "ended": [90.0, 100.7],
    "marked": [90.1, 100.701],
    "read": [[100.5, 60], [101.0, 200], [101.5, 2600]],
    "published": [91.0, 101.002],
    "told": [101.003, 101.043],
    "answered": [91.1, 101.045],
}


def speaker(silent_until: float) -> Any:
    """Return a recording that began with s 90 and is silent until then."""
    samples = np.zeros(12 * RATE, np.int16)
    samples[round((silent_until - 90) * RATE) :] = 1000
    return SimpleNamespace(began=90.0, samples=samples)


def test_each_step_is_counted_from_the_one_before() -> None:
    """Of what happened several times, that of this request counts."""
    steps = steps_of(100.0, FOUND, [91.2, 101.501], speaker(101.6))
    assert steps == pytest.approx([30, 670, 1, 299, 2, 41, 2, 455, 1, 99], abs=0.1)
    assert len(steps) == len(STEPS)


def test_a_request_without_an_end_is_told() -> None:
    """A number that belongs to another request would pass for one of this."""
    with pytest.raises(RuntimeError, match="not carried out"):
        steps_of(102.0, FOUND, [91.2, 101.501], speaker(101.6))
