"""Sound for wake models, 16 kHz: spoken, recorded, made up."""

from __future__ import annotations

import shutil
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soxr
from numpy.typing import NDArray

from hubd.wake import FRAME_SAMPLES

Samples = NDArray[np.int16]

RECORDINGS = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "audio"


def say(text: str, folder: Path, voice: str = "en-us", words_per_minute: int = 150) -> Samples:
    """Return text spoken by espeak-ng, 16 kHz, without the silence around it."""
    if shutil.which("espeak-ng") is None:
        pytest.fail("espeak-ng is not installed: apt-get install espeak-ng")
    path = folder / "said.wav"
    command = ["espeak-ng", "-v", voice, "-s", str(words_per_minute), "-w", str(path), text]
    subprocess.run(command, check=True, timeout=30)
    with wave.open(str(path)) as file:
        rendered = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        spoken: Samples = soxr.resample(rendered, file.getframerate(), 16_000)
    audible = np.flatnonzero(np.abs(spoken.astype(np.int32)) > 200)
    return spoken[audible[0] : audible[-1] + 1]


def recording(name: str) -> Samples:
    """Return a recording, 16 kHz."""
    with wave.open(str(RECORDINGS / name)) as file:
        assert file.getframerate() == 16_000
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


def noise(samples: int, level: float = 3.0) -> Samples:
    """Return the hiss of a quiet room."""
    return np.random.default_rng(7).normal(0, level, samples).astype(np.int16)


def in_room(*sounds: Samples, shift: int = 0) -> Samples:
    """Return sounds one right after the other, 2 s of room before (shift samples more), 1.5 s after."""
    return np.concatenate([noise(32_000 + shift), *sounds, noise(24_000)])


def frames_of(sound: Samples) -> Iterator[Samples]:
    """Cut sound into the model's frames."""
    for start in range(0, len(sound) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
        yield sound[start : start + FRAME_SAMPLES]


def uneven(frames: int) -> Samples:
    """Return noise of which each frame is as loud as it likes, from silence to clipping."""
    random = np.random.default_rng(5)
    levels = np.repeat(10 ** random.uniform(-1, 5, frames), FRAME_SAMPLES)
    return (random.normal(0, 1, len(levels)) * levels).clip(-32_768, 32_767).astype(np.int16)
