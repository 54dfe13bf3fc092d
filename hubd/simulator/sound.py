"""Sound that carries its own words."""

from __future__ import annotations

import struct
import zlib
from typing import Final

import numpy as np

from hubd.audio.pcm import SAMPLE_BYTES

_MAGIC: Final = struct.pack("<8h", 12_345, -23_456, 9_876, -8_765, 21_098, -10_987, 15_432, -4_321)
_LENGTHS: Final = struct.Struct("<HI")  # bytes of the text, samples of the whole
_LEAD: Final = 160  # samples before the words: a cut of a few leaves them whole
_LEVEL: Final = 6_000
_SECONDS_PER_LETTER: Final = 0.06
_SHORTEST: Final = 0.6  # s


def speech(text: str, rate: int, seconds: float | None = None) -> bytes:
    """Return sound (signed 16-bit little-endian mono) that passes for speech, from which words_in() reads the text.

    rate: samples a second. seconds: how long; None for as long as somebody would need to say it.
    """
    words = text.encode()
    seconds = max(_SHORTEST, len(text) * _SECONDS_PER_LETTER) if seconds is None else seconds
    head = _MAGIC + _LENGTHS.pack(len(words), count := round(seconds * rate)) + words
    head += b"\0" * (len(head) % SAMPLE_BYTES)
    noise = np.random.default_rng(zlib.crc32(words)).normal(0, _LEVEL, count)
    samples = np.clip(noise, -32_768, 32_767).astype("<i2").tobytes()
    lead = _LEAD * SAMPLE_BYTES
    return (samples[:lead] + head + samples[lead + len(head) :])[: count * SAMPLE_BYTES]


def words_in(pcm: bytes) -> str | None:
    """Return the words of the first speech() in the sound, None if there is none that is whole, bit for bit."""
    at = pcm.find(_MAGIC)
    start = at + len(_MAGIC)
    if at < 0 or start + _LENGTHS.size > len(pcm):
        return None
    length, count = _LENGTHS.unpack_from(pcm, start)
    text = pcm[start + _LENGTHS.size : start + _LENGTHS.size + length].decode(errors="replace")
    begin = at - _LEAD * SAMPLE_BYTES
    whole = speech(text, count, 1.0) if begin >= 0 else b""
    return text if whole and pcm[begin : begin + len(whole)] == whole else None
