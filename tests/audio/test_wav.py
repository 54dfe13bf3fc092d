from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.wav import decode_wav
from hubd.errors import SoundError

VALUES = (0.0, 0.5, -0.5, 0.25, -1.0, 0.75)


def chunk(name: bytes, body: bytes, size: int | None = None) -> bytes:
    """Return one chunk; size: what it claims to be."""
    return name + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def form(tag: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, *, extensible: bool = False) -> bytes:
    """Return a format chunk."""
    shown = 0xFFFE if extensible else tag
    frame = channels * bits // 8
    body = struct.pack("<HHIIHH", shown, channels, rate, rate * frame, frame, bits)
    if extensible:
        body += struct.pack("<HHIH", 22, bits, 0, tag) + bytes.fromhex("000000001000800000aa00389b71")
    return chunk(b"fmt ", body)


def riff(*chunks: bytes) -> bytes:
    """Return a WAV file of these chunks."""
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def encoded(tag: int, bits: int) -> bytes:
    """Return VALUES in one of the sample formats."""
    match tag, bits:
        case (3, 32):
            return struct.pack("<6f", *VALUES)
        case (3, 64):
            return struct.pack("<6d", *VALUES)
        case (1, 8):
            return bytes(int(value * 128) + 128 for value in VALUES)
        case _:
            return b"".join(
                int(value * (1 << (bits - 1))).to_bytes(bits // 8, "little", signed=True) for value in VALUES
            )


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize(("tag", "bits"), [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)])
def test_every_sample_format(tag: int, bits: int, *, extensible: bool) -> None:
    """The same sound in every format gives the same samples."""
    wav = decode_wav(riff(form(tag, bits=bits, extensible=extensible), chunk(b"data", encoded(tag, bits))))
    assert wav.rate == 16_000
    assert wav.samples[:, 0].tolist() == list(VALUES)


def test_channels_are_columns() -> None:
    """Interleaved channels are told apart; other chunks, odd ones too, are passed over; half a frame is cut off."""
    sound = np.array([1, 2, 3, 4, 5], "<i2").tobytes()
    wav = decode_wav(riff(chunk(b"LIST", b"odd"), form(channels=2, rate=48_000), chunk(b"data", sound)))
    assert wav.rate == 48_000
    assert (wav.samples * 32768).tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("size", [0x7FFF_F000, 0xFFFF_FFFF])
def test_size_from_a_pipe(size: int) -> None:
    """A program that wrote to a pipe did not know the size: everything to the end is sound."""
    wav = decode_wav(riff(form(), chunk(b"data", encoded(1, 16), size)))
    assert len(wav.samples) == len(VALUES)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        pytest.param(b"", "is not a WAV file", id="empty-file"),
        pytest.param(b"ID3" + bytes(100), "is not a WAV file", id="another-file"),
        pytest.param(riff(), "holds no sound", id="no-chunks"),
        pytest.param(riff(form(), chunk(b"data", b"")), "holds no sound", id="no-samples"),
        pytest.param(riff(form(), chunk(b"data", b"1234", 10)), "6 bytes of sound are missing", id="truncated"),
        pytest.param(riff(chunk(b"data", b"1234")), "is damaged", id="no-format"),
        pytest.param(riff(chunk(b"fmt ", b"1234"), chunk(b"data", b"1234")), "is damaged", id="short-format"),
        pytest.param(riff(form(channels=0), chunk(b"data", b"12")), "0 channels", id="no-channels"),
        pytest.param(riff(form(rate=3), chunk(b"data", b"12")), "at 3 Hz", id="absurd-rate"),
        pytest.param(riff(form(bits=12), chunk(b"data", b"12")), "samples of 12 bits", id="absurd-bits"),
        pytest.param(riff(form(tag=85), chunk(b"data", b"12")), "compressed", id="mp3-inside"),
    ],
)
def test_unreadable_file_is_explained(data: bytes, complaint: str) -> None:
    """What can't be used is refused with the reason."""
    with pytest.raises(SoundError, match=complaint):
        decode_wav(data)


@given(st.binary(max_size=80), st.integers(0, 60))
def test_any_bytes(noise: bytes, at: int) -> None:
    """A damaged file is sound or a SoundError, never another error, never a sample that is no number."""
    whole = riff(form(tag=3, bits=32), chunk(b"data", bytes(32)))
    try:
        samples = decode_wav(whole[:at] + noise + whole[at + len(noise) :]).samples
    except SoundError:
        return
    assert np.abs(samples).max() <= 1
