"""Loudness, with the rate that the speaker wants."""

from __future__ import annotations

import numpy as np

from hubd.audio.pcm import DOWNLINK_RATE


def scaled(pcm: bytes, percent: int) -> bytes:
    """Return signed 16-bit little-endian sound at percent (0 to 100) of its amplitude; 100 leaves it as it is."""
    if percent == 100:  # noqa: PLR2004 -- the whole
        return pcm
    return (np.frombuffer(pcm, "<i2").astype(np.int32) * percent // 100).astype("<i2").tobytes()


def fit(pcm: bytes, rate: int) -> bytes:
    """Return signed 16-bit mono sound of rate Hz at 24 kHz, by straight lines between samples.

    Every server known sends 24 kHz (``live-protocol.md`` 10), so this is for understanding, not for beauty.
    """
    if rate == DOWNLINK_RATE:
        return pcm
    samples = np.frombuffer(pcm, "<i2")
    count = len(samples) * DOWNLINK_RATE // rate
    line = np.interp(np.arange(count) * rate / DOWNLINK_RATE, np.arange(len(samples)), samples)
    return bytes(line.astype("<i2").tobytes())
