from __future__ import annotations

import numpy as np
import pytest

from hubd.edges.onnx_spectrogram import lean_spectrogram
from hubd.edges.spectrogram import Spectrogram
from hubd.edges.wake_model_files import spectrogram_file
from hubd.wake import FRAME_SAMPLES
from tests.edges.onnx_files import Floats, session
from tests.edges.wake_sounds import Samples, noise, uneven

MODEL = spectrogram_file().read_bytes()


def as_it_is(sound: Samples) -> Floats:
    """Return what the network as it is makes of each frame, with the 30 ms before it."""
    network = session(MODEL)
    starts = range(FRAME_SAMPLES, len(sound), FRAME_SAMPLES)
    frames = [sound[None, start - 480 : start + FRAME_SAMPLES].astype(np.float32) for start in starts]
    return np.concatenate([network.run(None, {"input": frame})[0].reshape(8, 32) for frame in frames])


def clicks() -> Samples:
    """Return silence in which every frame has one loud sample, wherever it is."""
    sound = np.zeros(30 * FRAME_SAMPLES, np.int16)
    sound[np.arange(30) * (FRAME_SAMPLES + 31) % len(sound)] = 30_000
    return sound


@pytest.mark.parametrize(
    "sound", [uneven(30), clicks(), noise(30 * FRAME_SAMPLES), np.zeros(30 * FRAME_SAMPLES, np.int16)]
)
def test_lean_rows_are_the_same(sound: Samples) -> None:
    """The lean network gives the rows of the whole one, as near as the order of sums allows."""
    found = Spectrogram(spectrogram_file()).rows_of(sound)[8:]
    assert np.allclose(found, as_it_is(sound) / 10 + 2, rtol=0, atol=2e-5)


@pytest.mark.parametrize("frames", [1, 2, 7, 29])
def test_frames_do_not_touch_each_other(frames: int) -> None:
    """Rows are the same to the bit, however many frames come at once."""
    sound = uneven(58)
    together, apart = Spectrogram(spectrogram_file()), Spectrogram(spectrogram_file())
    step = frames * FRAME_SAMPLES
    found = [together.rows_of(sound[start : start + step]) for start in range(0, len(sound), step)]
    expected = [apart.rows_of(frame) for frame in sound.reshape(-1, FRAME_SAMPLES)]
    assert np.array_equal(np.concatenate(found), np.concatenate(expected))


def test_the_installed_network_is_known() -> None:
    """The network that is installed is run lean, without the samples that no row depends on."""
    lean = lean_spectrogram(MODEL)
    assert lean is not None
    assert (lean.before, lean.after) == (57, 56)
    assert len(lean.model) < len(MODEL) / 2


def test_another_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is not known is run as it is, frame by frame, with the same rows."""
    assert lean_spectrogram(MODEL + b"\x50\x00") is None
    sound = uneven(30)
    expected = Spectrogram(spectrogram_file()).rows_of(sound)
    monkeypatch.setattr("hubd.edges.spectrogram.lean_spectrogram", lambda model: None)
    assert np.allclose(Spectrogram(spectrogram_file()).rows_of(sound), expected, rtol=0, atol=2e-5)
