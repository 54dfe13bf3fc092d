"""From blocks of a sound card to stamped frames, by counting samples against the monotonic clock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from hubd.audio.pcm import FRAME_MS, SAMPLE_BYTES, UPLINK_RATE, bytes_of, milliseconds_of
from hubd.audio.wire import Frame

# `operations.md` 7: sound later than this is not worth an answer.
_LATE = 0.3
# A backlog is over when sound is no later than the bursts in which cards deliver it.
_CAUGHT_UP = 0.1
# A backlog comes as fast as it can be read. So many seconds at no more than so many times the pace of a clock, and it
# is no backlog: sound was lost, and what comes now is fresh.
_PROBATION = 0.15
_LIVE_PACE = 1.5
# The least lateness of so many seconds is the drift between the card's clock and ours.
_DRIFT_WINDOW = 10.0
# What a wake model looks at: it has no use for less.
_GATHERED_MS = 80


class _Flow(Enum):
    """Whether blocks come as they are captured, or later, or did not come yet."""

    NEW = auto()
    LIVE = auto()
    LATE = auto()


@dataclass(frozen=True, slots=True)
class Stamp:
    """When a block's last sample was captured (monotonic, s), with the sound lost before the block, ms."""

    captured: float
    lost_ms: int


class CaptureClock:
    """Tells from the count of samples when they were captured, and whether they come in time.

    PulseAudio delivers after a stall all that was captured meanwhile, as if it were fresh; ALSA has lost it
    (``operations.md`` 7). Either way the next block is late against the clock. A backlog is dropped; after a loss the
    clock is set anew.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._flow = _Flow.NEW
        self._origin = 0.0
        self._samples = 0
        self._end = 0.0
        self._torn = False
        self._late_since = 0.0
        self._late_samples = 0
        self._window_end = 0.0
        self._least = _LATE

    def take(self, now: float, samples: int, *, overflowed: bool) -> Stamp | None:
        """Take note of a block that came now; return its stamp, or None if it comes too late to be used.

        overflowed: the card says that it lost sound before this block.
        """
        if self._flow is _Flow.NEW:
            self._flow = _Flow.LIVE
            self._set(now)
            self._window_end = now + _DRIFT_WINDOW
            self._end = now - samples / self._rate
        self._samples += samples
        late = now - self._due()
        if late < 0 or overflowed:
            self._origin += late
            self._torn = self._torn or overflowed
            late = 0.0
        if not self._in_time(now, samples, late):
            return None
        self._follow_drift(now, now - self._due())
        return self._stamp(samples)

    def _set(self, now: float) -> None:
        """Let the next sample be captured now."""
        self._origin = now
        self._samples = 0

    def _due(self) -> float:
        """Return when the newest sample was captured."""
        return self._origin + self._samples / self._rate

    def _in_time(self, now: float, samples: int, late: float) -> bool:
        match self._flow:
            case _Flow.NEW | _Flow.LIVE:
                if late <= _LATE:
                    return True
                self._flow = _Flow.LATE
                self._late_since = now
                self._late_samples = 0
            case _Flow.LATE:
                self._late_samples += samples
                waited = now - self._late_since
                if late > _CAUGHT_UP:
                    if waited < _PROBATION or self._late_samples / self._rate > _LIVE_PACE * waited:
                        return False
                    self._set(now)
                self._flow = _Flow.LIVE
                self._torn = True
                return True
        return False

    def _follow_drift(self, now: float, late: float) -> None:
        self._least = min(self._least, late)
        if now >= self._window_end:
            self._origin = self._origin + self._least
            self._least = _LATE
            self._window_end = now + _DRIFT_WINDOW

    def _stamp(self, samples: int) -> Stamp:
        begin = self._due() - samples / self._rate
        lost = max(0, round((begin - self._end) * 1000)) if self._torn else 0
        self._torn = False
        self._end = self._due()
        return Stamp(self._end, lost)


class Converter(Protocol):
    """Turns the card's sound into 16 kHz mono, as ``audio/resample.py`` does."""

    def push(self, pcm: bytes) -> bytes:
        """Take the next whole frames; return what is ready."""
        ...

    def reset(self) -> None:
        """Forget what is held back."""
        ...


class Capture:
    """Cuts what a card delivers into whole frames of 20 ms at 16 kHz.

    rate, channels: the card's. converter: from these to 16 kHz mono, or None if they are that already.
    """

    def __init__(self, rate: int, channels: int, converter: Converter | None) -> None:
        self._frame = SAMPLE_BYTES * channels
        self._rate = rate
        self._clock = CaptureClock(rate)
        self._converter = converter
        self._rest = bytearray()
        self._lost_ms = 0.0
        self._captured = -math.inf
        # Since the stream was last torn: samples of the card that went in, milliseconds that came out.
        self._taken = 0
        self._given_ms = 0
        self._first_ms = self._gathered_ms = FRAME_MS

    @property
    def missing_ms(self) -> int:
        """How much more sound has to come before any is brought, ms."""
        return self._first_ms - self._waiting_ms

    def gather(self, first_ms: int) -> None:
        """Bring sound as ``ports.Microphone.gather`` says."""
        self._first_ms = first_ms or FRAME_MS
        self._gathered_ms = _GATHERED_MS if first_ms else FRAME_MS

    def push(self, now: float, pcm: bytes, *, overflowed: bool = False) -> Frame | None:
        """Take the block that came now (monotonic, s); return what is to be brought, if anything is."""
        samples = len(pcm) // self._frame
        stamp = self._clock.take(now, samples, overflowed=overflowed)
        if stamp is None:
            return None
        if stamp.lost_ms:
            self._tear(stamp.lost_ms)
        self._taken += samples
        self._rest += pcm if self._converter is None else self._converter.push(pcm)
        more_ms = -self.missing_ms
        if more_ms < 0:
            return None
        whole_ms = self._first_ms + more_ms - more_ms % self._gathered_ms
        self._first_ms = self._gathered_ms
        size = bytes_of(whole_ms, UPLINK_RATE)
        frame = bytes(self._rest[:size])
        del self._rest[:size]
        self._given_ms += whole_ms
        lost_ms, self._lost_ms = round(self._lost_ms), 0.0
        # Where the clock learnt that it was behind, stamps stand still rather than go back.
        self._captured = max(self._captured, stamp.captured - self._held)
        return Frame(frame, self._captured, lost_ms)

    @property
    def _waiting_ms(self) -> int:
        return int(milliseconds_of(len(self._rest), UPLINK_RATE))

    @property
    def _held(self) -> float:
        """How much sound is not in a frame yet, here or in the converter, s."""
        return self._taken / self._rate - self._given_ms / 1000

    def _tear(self, lost_ms: int) -> None:
        """Keep sound from before a gap out of the frames after it."""
        self._lost_ms += lost_ms + self._held * 1000
        self._rest.clear()
        if self._converter is not None:
            self._converter.reset()
        self._taken = self._given_ms = 0
