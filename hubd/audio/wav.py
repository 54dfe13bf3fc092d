"""What a WAV file holds, whatever its sample format."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubd.errors import SoundError

_EXTENSIBLE = 0xFFFE
_FORMAT = struct.Struct("<HHIIHH")
# Programs that write to a pipe can't know the size and put a very large one, or none.
_UNKNOWN_SIZE = 0x7FFF_0000
_SLOWEST, _FASTEST = 1_000, 384_000


@dataclass(frozen=True, slots=True)
class Wav:
    """Sound of a WAV file: rate in Hz, samples from -1 to 1 with the shape (frames, channels)."""

    rate: int
    samples: NDArray[np.float32]


def decode_wav(data: bytes) -> Wav:
    """Return the sound of a WAV file: integers of 8, 16, 24, 32 bits, floats of 32, 64, also in the extensible form.

    16-bit samples come back exactly when scaled by 32768. Raises SoundError with a sentence that begins with a verb, to
    be put after the file's name.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":  # noqa: PLR2004 (the RIFF header's size)
        raise SoundError("is not a WAV file")
    form: bytes | None = None
    for name, body, missing in _chunks(data):
        if name == b"fmt ":
            form = body
        elif name == b"data":
            if form is None:
                raise SoundError("is damaged: it does not say in which format its sound is")
            if missing:
                raise SoundError(f"is truncated: {missing} bytes of sound are missing")
            return _decode(form, body)
    raise SoundError("holds no sound")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield name, body, number of missing bytes of every chunk."""
    endless = struct.unpack_from("<I", data, 4)[0] in (0, 0xFFFF_FFFF)
    at = 12
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        rest = len(data) - at - 8
        if name == b"data" and (size >= _UNKNOWN_SIZE or (endless and size == 0)):
            size = rest
        yield name, data[at + 8 : at + 8 + size], max(0, size - rest)
        at += 8 + size + size % 2


def _decode(form: bytes, body: bytes) -> Wav:
    if len(form) < _FORMAT.size:
        raise SoundError("is damaged: its format is cut short")
    tag, channels, rate, _, _, bits = _FORMAT.unpack_from(form)
    if tag == _EXTENSIBLE and len(form) >= 26:  # noqa: PLR2004 (where the extensible form has the true tag)
        (tag,) = struct.unpack_from("<H", form, 24)
    if not channels or not _SLOWEST <= rate <= _FASTEST:
        raise SoundError(f"can't be read: {channels} channels at {rate} Hz")
    samples = _samples(tag, bits, body, channels * bits // 8)
    if not len(samples):
        raise SoundError("holds no sound")
    return Wav(rate, samples.reshape(-1, channels))


def _samples(tag: int, bits: int, body: bytes, frame: int) -> NDArray[np.float32]:
    body = body[: len(body) - len(body) % frame] if frame else body
    match tag, bits:
        case (1, 8):
            return (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / np.float32(1 << 7)
        case (1, 16):
            return np.frombuffer(body, "<i2").astype(np.float32) / np.float32(1 << 15)
        case (1, 24):
            widened = np.zeros((len(body) // 3, 4), np.uint8)
            widened[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
            return widened.view("<i4")[:, 0].astype(np.float32) / np.float32(1 << 31)
        case (1, 32):
            return np.frombuffer(body, "<i4").astype(np.float32) / np.float32(1 << 31)
        case (3, 32):
            return _finite(np.frombuffer(body, "<f4"))
        case (3, 64):
            return _finite(np.frombuffer(body, "<f8"))
        case (1 | 3, _):
            raise SoundError(f"can't be read: samples of {bits} bits")
        case _:
            raise SoundError(f"can't be read: it is compressed (format {tag}); convert it to 16-bit PCM first")


def _finite(samples: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return floats that mean sound: nothing is louder than full scale, what is no number is silence."""
    finite: NDArray[np.floating] = np.clip(np.nan_to_num(samples), -1, 1)
    return finite.astype(np.float32)
