"""What is to be thought of a microphone, by what it brought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import FRAME_MS, UPLINK_RATE
from hubd.audio.quality import COMPLAINTS, Quality, clipped_frames
from hubd.audio.wire import Frame, Opened
from hubd.doctor.findings import Finding, Findings, bad, doubtful, good

CHECK: Final = "microphone"

_FULL_SCALE: Final = 32_768
_FRAME: Final = UPLINK_RATE * FRAME_MS // 1000
# A converter without a microphone behind it stands still, or flips its last bit.
_STANDSTILL: Final = 2
# Somebody may laugh meanwhile.
_CLIPPED_SHARE: Final = 0.05
# Below this even speech across a room is lost in the converter's own noise; a quiet room has -60 to -50 dB.
_FAINT_DB: Final = -75.0
# Above this nobody's speech stands out (``audio/speech.py``).
_LOUD_DB: Final = -28.0
# Clocks of cards are wrong by less than 0.1 %; 44.1 kHz that pass for 48 are by 8 %.
_PACE_TOLERANCE: Final = 0.06
_GAIN: Final = "its level, as with alsamixer (F4)"


@dataclass(frozen=True, slots=True)
class Recording:
    """What a microphone brought in so many seconds.

    opened: the card, as it was opened.
    """

    opened: Opened
    frames: Sequence[Frame]
    seconds: float


def judge(recording: Recording) -> Findings:
    """Return what is wrong with it, or that nothing is."""
    return list(_faults(recording)) or [good(CHECK, _described(recording))]


def _faults(recording: Recording) -> Iterator[Finding]:
    samples, name = _samples(recording), f'"{recording.opened.name}"'
    if int(samples.max()) - int(samples.min()) <= _STANDSTILL:
        dead = COMPLAINTS[Quality.DEAD]
        yield bad(CHECK, f"{dead.problem} It is {name}.", dead.advice)
        return
    room = _room_level(samples)
    if clipped_frames(samples) > _CLIPPED_SHARE * len(samples) / _FRAME:
        clipped = COMPLAINTS[Quality.CLIPPED]
        yield doubtful(CHECK, f"{clipped.problem} It is {name}.", clipped.advice)
    elif room > _LOUD_DB:
        yield doubtful(CHECK, f"The microphone {name} hears a noise of {room:.0f} dB all the time.", f"Lower {_GAIN}.")
    elif room < _FAINT_DB:
        yield doubtful(CHECK, f"The microphone {name} is very faint: {room:.0f} dB.", f"Raise {_GAIN}.")
    if lost_ms := sum(frame.lost_ms for frame in recording.frames):
        yield doubtful(
            CHECK,
            f"The microphone {name} lost {lost_ms} ms of {recording.seconds:.1f} s.",
            "Put it into another USB port, or stop programs that keep the processor busy.",
        )
    elif abs(_pace(recording) - 1) > _PACE_TOLERANCE:
        yield doubtful(
            CHECK,
            f"The microphone {name} runs at {_pace(recording):.0%} of the {recording.opened.rate} Hz that it claims.",
            "Set microphone.rate to what the card can do; arecord --dump-hw-params tells it.",
        )


def _described(recording: Recording) -> str:
    opened, samples = recording.opened, _samples(recording)
    channels = "1 channel" if opened.channels == 1 else f"{opened.channels} channels"
    peak = _decibels(float(np.abs(samples.astype(np.int32)).max()))
    return f'"{opened.name}", {opened.rate} Hz, {channels}; the room has {_room_level(samples):.0f} dB, peak {peak:.0f}'


def _samples(recording: Recording) -> NDArray[np.int16]:
    return np.frombuffer(b"".join(frame.pcm for frame in recording.frames), "<i2")


def _pace(recording: Recording) -> float:
    return len(_samples(recording)) / UPLINK_RATE / recording.seconds


def _room_level(samples: NDArray[np.int16]) -> float:
    """Return the level between what was said meanwhile, dB below full scale: the median of pieces of 20 ms."""
    pieces = samples.reshape(-1, _FRAME).astype(np.float64)
    return _decibels(float(np.median(pieces.std(axis=1))))


def _decibels(amplitude: float) -> float:
    return float(20 * np.log10(max(amplitude, 0.1) / _FULL_SCALE))
