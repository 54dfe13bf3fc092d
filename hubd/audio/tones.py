"""Short signs made of tones."""

from __future__ import annotations

import numpy as np

from hubd.audio.pcm import DOWNLINK_RATE
from hubd.wishes import Sign

_TONE_MS = 70
_FADE_MS = 12
_LEVEL = 0.18
# Rising says "I am listening", falling says "that did not work", to and fro "look here", up and down "a word with you",
# a trill "time is up".
_NOTES = {
    Sign.WOKE: (880.0, 1318.5),
    Sign.FAILED: (440.0, 329.6),
    Sign.ALERT: (987.8, 740.0, 987.8, 740.0),
    Sign.NOTICE: (659.3, 880.0, 659.3),
    Sign.RING: (1046.5, 1318.5) * 4,
}


def render(sign: Sign) -> bytes:
    """Return the sign as sound at 24 kHz, signed 16-bit little-endian mono: 70 ms a note."""
    count = _TONE_MS * DOWNLINK_RATE // 1000
    time = np.arange(count) / DOWNLINK_RATE
    fade = np.minimum(1.0, np.minimum(np.arange(count), np.arange(count)[::-1]) / (_FADE_MS * DOWNLINK_RATE // 1000))
    notes = [np.sin(2 * np.pi * frequency * time) * fade for frequency in _NOTES[sign]]
    return (np.concatenate(notes) * _LEVEL * 32767).astype("<i2").tobytes()
