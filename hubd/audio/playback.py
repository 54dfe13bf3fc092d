"""From the hub's messages to the samples that a sound card asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hubd.audio.buffers import PlaybackBuffer
from hubd.audio.cards import Shape
from hubd.audio.pcm import SAMPLE_BYTES, bytes_of
from hubd.audio.wire import Flush, Mark, Message, Play, Played
from hubd.errors import LocalProtocolError

# What the converter holds back is the end of the sound if so little is left to play (two blocks) and nothing came for
# so long, s.
_NEARLY_DRY_MS = 80
_PAUSE = 0.02
# Cards that tell more, or less than nothing, tell nonsense; then this is assumed: two blocks, as PortAudio keeps them.
_LONGEST_DELAY = 2.0
_USUAL_DELAY = 0.08


class Converter(Protocol):
    """Turns 24 kHz mono into the card's sound, as ``audio/resample.py`` does."""

    holding: bool

    def push(self, pcm: bytes) -> bytes:
        """Take the next whole frames; return what is ready."""
        ...

    def finish(self) -> bytes:
        """Return what is held back."""
        ...

    def reset(self) -> None:
        """Forget what is held back."""
        ...


class Playback:
    """What a speaker's process does between the hub and the card.

    give() is called by the card's thread, the rest by another.

    shape: the card's. converter: from 24 kHz mono to it, or None if it is that already.
    """

    def __init__(self, shape: Shape, converter: Converter | None) -> None:
        self._frame = SAMPLE_BYTES * shape.channels
        self._rate = shape.rate
        self._buffer = PlaybackBuffer(shape.rate * shape.channels)
        self._nearly_dry = bytes_of(_NEARLY_DRY_MS, shape.rate * shape.channels)
        self._converter = converter
        self._fed_at = 0.0
        self._mark: int | None = None
        self._silent_at: float | None = None
        # When what was asked for last will have been heard, monotonic, s.
        self._heard_at = 0.0

    @property
    def busy(self) -> bool:
        """Whether look() has to be called every few ms."""
        return self._mark is not None or self._holding

    def give(self, now: float, frames: int, delay: float) -> bytes:
        """Return the next samples for each channel; delay: from now until the first is heard, s, as the card says."""
        likely = delay if 0 < delay < _LONGEST_DELAY else _USUAL_DELAY
        self._heard_at = now + likely + frames / self._rate
        return self._buffer.take(frames * self._frame)

    def handle(self, message: Message, now: float) -> None:
        """Do what the hub says."""
        match message:
            case Play(pcm=pcm):
                self._fed_at = now
                self._silent_at = None
                self._buffer.put(pcm if self._converter is None else self._converter.push(pcm))
            case Flush():
                self._buffer.flush()
                if self._converter is not None:
                    self._converter.reset()
            case Mark(position=position):
                self._mark = position
            case _:
                raise LocalProtocolError(f"{type(message).__name__} means nothing to a speaker")

    def look(self, now: float) -> Iterator[Played]:
        """Let the end of the sound out of the converter; yield the mark when all has been heard."""
        if self._converter is not None and self._holding and self._is_ending(now):
            self._buffer.put(self._converter.finish())
        if not self._buffer.empty or self._holding:
            return
        if self._silent_at is None:
            self._silent_at = self._heard_at
        if self._mark is not None and now >= self._silent_at:
            yield Played(self._mark)
            self._mark = None

    @property
    def _holding(self) -> bool:
        return self._converter is not None and self._converter.holding

    def _is_ending(self, now: float) -> bool:
        left = self._buffer.end - self._buffer.played
        return left <= self._nearly_dry and now - self._fed_at >= _PAUSE
