from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.wire import Frame, Opened
from hubd.doctor.findings import Finding, Verdict
from hubd.doctor.hearing import Recording, judge

FRAMES = 100


def recording(samples: NDArray[np.float64], *, seconds: float = 2.0, lost_ms: int = 0) -> Recording:
    """Return 2 s of a microphone; samples are full scale at 1."""
    pieces = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").reshape(FRAMES, -1)
    frames = [Frame(piece.tobytes(), 0.0, 0) for piece in pieces]
    frames[50] = Frame(frames[50].pcm, 0.0, lost_ms)
    return Recording(Opened("USB mic", 48_000, 2), frames, seconds)


def noise(level_db: float) -> NDArray[np.float64]:
    """Return 2 s of noise of this level."""
    samples: NDArray[np.float64] = np.random.default_rng(1).normal(0.0, 10 ** (level_db / 20), 32_000)
    return samples


def sine(amplitude: float) -> NDArray[np.float64]:
    """Return 2 s of a tone."""
    samples: NDArray[np.float64] = amplitude * np.sin(np.arange(32_000) * 0.1)
    return samples


def only(found: Recording) -> Finding:
    """Return the one finding."""
    (finding,) = judge(found)
    return finding


def test_good() -> None:
    """A quiet room through a usual microphone is fine; card, rate, levels are told."""
    finding = only(recording(noise(-55)))
    assert finding.verdict is Verdict.GOOD
    assert finding.found.startswith('"USB mic", 48000 Hz, 2 channels; the room has -55 dB, peak -4')


@pytest.mark.parametrize("level", [0.0, 0.25])
def test_dead(level: float) -> None:
    """Nothing but zeros, or a level that never moves, comes from no microphone."""
    finding = only(recording(np.full(32_000, level)))
    assert finding.verdict is Verdict.BAD
    assert finding.found == 'The microphone delivers nothing but silence. It is "USB mic".'


def test_clipped() -> None:
    """What is cut off at full scale is understood badly."""
    finding = only(recording(sine(3.0)))
    assert finding.verdict is Verdict.DOUBTFUL
    assert finding.found.startswith("The microphone is set too loud")
    assert "alsamixer" in finding.advice


@pytest.mark.parametrize(
    ("level", "told"), [(-20, "hears a noise of -20 dB all the time"), (-85, "very faint: -85 dB")]
)
def test_level(level: float, told: str) -> None:
    """A room in which nobody can be heard, a microphone that hears nobody."""
    finding = only(recording(noise(level)))
    assert finding.verdict is Verdict.DOUBTFUL
    assert told in finding.found


def test_lost() -> None:
    """Sound that the card lost is counted."""
    finding = only(recording(noise(-55), lost_ms=140, seconds=2.14))
    assert finding.verdict is Verdict.DOUBTFUL
    assert "lost 140 ms of 2.1 s" in finding.found


def test_wrong_rate() -> None:
    """A card at 44.1 kHz that passes for 48 is slower than the clock."""
    finding = only(recording(noise(-55), seconds=2.0 * 48 / 44.1))
    assert finding.verdict is Verdict.DOUBTFUL
    assert "runs at 92% of the 48000 Hz that it claims" in finding.found
