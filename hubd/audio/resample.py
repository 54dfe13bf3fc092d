"""Conversion of sound to another rate or number of channels."""

from __future__ import annotations

import numpy as np
import soxr
from numpy.typing import NDArray

_FULL_SCALE = 32768


def from_pcm(pcm: bytes, channels: int = 1) -> NDArray[np.int16]:
    """Return signed 16-bit little-endian sound as samples; mono is the mean of all channels."""
    samples = np.frombuffer(pcm, "<i2")
    if channels == 1:
        return samples
    sums: NDArray[np.int32] = samples.reshape(-1, channels).sum(axis=1, dtype=np.int32)
    return (sums // channels).astype(np.int16)


def to_pcm(samples: NDArray[np.int16]) -> bytes:
    """Return samples as signed 16-bit little-endian sound."""
    return samples.astype("<i2", copy=False).tobytes()


def convert(samples: NDArray[np.float32], from_rate: int, to_rate: int) -> NDArray[np.int16]:
    """Convert a whole mono recording, -1 to 1, to another rate; louder than full scale is clipped."""
    if from_rate != to_rate:
        samples = soxr.resample(samples, from_rate, to_rate, quality="HQ")
    scaled: NDArray[np.float32] = np.clip(np.rint(samples * np.float32(_FULL_SCALE)), -_FULL_SCALE, _FULL_SCALE - 1)
    return scaled.astype(np.int16)


class Resampler:
    """Converts a stream of signed 16-bit little-endian sound: mixed down to mono, resampled, spread over channels.

    Quality MQ: no loss at 7.5 kHz, aliases below -80 dB, up to 40 ms held back (``operations.md`` 7).
    """

    def __init__(self, *, from_rate: int, to_rate: int, from_channels: int = 1, to_channels: int = 1) -> None:
        self._from_channels = from_channels
        self._to_channels = to_channels
        self._stream = None if from_rate == to_rate else soxr.ResampleStream(from_rate, to_rate, 1, "int16", "MQ")
        self.holding = False

    def push(self, pcm: bytes) -> bytes:
        """Take the next whole frames; return what is ready, which may be nothing yet."""
        samples = from_pcm(pcm, self._from_channels)
        if self._stream is None:
            return self._spread(samples)
        self.holding = self.holding or len(samples) > 0
        return self._spread(self._stream.resample_chunk(samples))

    def finish(self) -> bytes:
        """Return what is still held back; what is pushed next begins a stream of its own."""
        if self._stream is None or not self.holding:
            return b""
        rest = self._spread(self._stream.resample_chunk(np.zeros(0, np.int16), last=True))
        self.reset()
        return rest

    def reset(self) -> None:
        """Forget what is held back; what is pushed next begins a stream of its own."""
        if self._stream is not None:
            self._stream.clear()
        self.holding = False

    def _spread(self, samples: NDArray[np.int16]) -> bytes:
        return to_pcm(np.repeat(samples, self._to_channels) if self._to_channels > 1 else samples)
