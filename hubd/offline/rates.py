"""The client's sound, brought from the rate at which it comes to ours."""

from __future__ import annotations

import re
from typing import Final

from hubd.audio.pcm import SAMPLE_BYTES, UPLINK_RATE
from hubd.audio.resample import Resampler
from hubd.errors import RemoteProtocolError
from hubd.live.content import Blob

_MIME_TYPE: Final = re.compile(r"audio/pcm(?:;\s*rate=([0-9]{1,6}))?")
_RATES: Final = range(8_000, 48_001)


class Rates:
    """Takes a stream of sound whose rate may change from piece to piece, as the service does."""

    def __init__(self) -> None:
        self._rate = UPLINK_RATE
        self._resampler: Resampler | None = None  # none is needed for our own rate
        self._half_sample = b""

    def take(self, blob: Blob) -> bytes:
        """Return what is ready of the sound, at 16 kHz; what is held back, 40 ms at most, comes with the next.

        Raises RemoteProtocolError for what is no signed 16-bit sound of 8 to 48 kHz; without a rate it is 16 kHz.
        """
        match = _MIME_TYPE.fullmatch(blob.mime_type)
        rate = int(match[1] or UPLINK_RATE) if match is not None else 0
        if rate not in _RATES:
            wanted = f"audio/pcm;rate={_RATES.start} to {_RATES.stop - 1} is wanted"
            raise RemoteProtocolError(f"Unsupported audio format: {wanted}.")
        rest = b""
        if rate != self._rate:
            rest = self.finish()
            self._rate = rate
            self._resampler = None if rate == UPLINK_RATE else Resampler(from_rate=rate, to_rate=UPLINK_RATE)
        if self._resampler is None:
            return rest + blob.data
        pcm = self._half_sample + blob.data
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        self._half_sample = pcm[whole:]
        return rest + self._resampler.push(pcm[:whole])

    def finish(self) -> bytes:
        """Return what is held back: the user has finished."""
        self._half_sample = b""
        return self._resampler.finish() if self._resampler is not None else b""
