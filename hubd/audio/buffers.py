"""Buffers where sound changes its pace: from the microphone's to the link's, from the link's to the card's."""

from __future__ import annotations

from collections import deque

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE, bytes_of


class Uplink:
    """The newest seconds of the microphone: pre-roll with backlog in one (``design.md`` 3).

    Sound is 16 kHz signed 16-bit mono; positions count samples since the first push. One writer, one reader.

    capacity_ms: how much is held; older sound gives way to new.
    position: where the next take() begins. end: just after the newest sample.
    dropped: samples that gave way before a take() that began earlier could reach them.
    """

    def __init__(self, capacity_ms: int = 30_000) -> None:
        self._capacity = bytes_of(capacity_ms, UPLINK_RATE)
        if self._capacity <= 0:
            raise ValueError(f"an uplink has to hold something, not {capacity_ms} ms")
        self._ring = bytearray(self._capacity)
        self._first = 0
        self.end = 0
        self.position = 0
        self.dropped = 0

    @property
    def oldest(self) -> int:
        """The position of the oldest sample still held."""
        return max(self._first, self.end - self._capacity // SAMPLE_BYTES)

    def resize(self, capacity_ms: int) -> None:
        """Hold so much from now on; what is held stays, as far as there is room."""
        oldest, end = self.oldest, self.end
        held = self._held(oldest, end)
        self._capacity = bytes_of(capacity_ms, UPLINK_RATE)
        self._ring = bytearray(self._capacity)
        self._first = self.end = oldest
        self.push(held)

    def push(self, pcm: bytes) -> None:
        """Append whole samples; beyond the capacity the oldest go."""
        if len(pcm) % SAMPLE_BYTES:
            raise ValueError(f"{len(pcm)} bytes are not whole samples")
        self.end += len(pcm) // SAMPLE_BYTES
        kept = memoryview(pcm)[-self._capacity :]
        start = (self.end * SAMPLE_BYTES - len(kept)) % self._capacity
        first = min(len(kept), self._capacity - start)
        self._ring[start : start + first] = kept[:first]
        self._ring[: len(kept) - first] = kept[first:]

    def seek(self, position: int) -> None:
        """Let the next take() begin at this position, or at the oldest sample held if that is later."""
        self.position = max(position, self.oldest)

    def take(self, samples: int) -> bytes | None:
        """Return exactly so many samples, which are then behind the reader; None if they are not there yet."""
        if self.position < self.oldest:
            self.dropped += self.oldest - self.position
            self.position = self.oldest
        if self.position + samples > self.end:
            return None
        self.position += samples
        return self._held(self.position - samples, self.position)

    def between(self, start: int, end: int) -> bytes:
        """Return the samples from one position to another, as far as they are held; the reader stays where it is."""
        start, end = max(start, self.oldest), min(end, self.end)
        return self._held(start, end) if start < end else b""

    def _held(self, start: int, end: int) -> bytes:
        first, size = start * SAMPLE_BYTES % self._capacity, (end - start) * SAMPLE_BYTES
        head = bytes(self._ring[first : first + size])
        return head + bytes(self._ring[: size - len(head)])


class PlaybackBuffer:
    """What waits for the speaker: exact, padded with silence, never late.

    Sound is signed 16-bit; stereo counts as twice the rate. Positions count bytes since the first put, so that flushing
    is setting a position: one thread may put and flush while another takes, without a lock.

    rate: samples a second. capacity_ms: how much may wait; what does not fit is dropped.
    dropped: bytes that did not fit. underruns: takes that ran dry halfway; the end of every answer is one.
    """

    def __init__(self, rate: int = DOWNLINK_RATE, capacity_ms: int = 300_000) -> None:
        self._capacity = bytes_of(capacity_ms, rate)
        self._chunks: deque[tuple[int, bytes]] = deque()
        self._head = memoryview(b"")
        self._end = 0
        self._flushed = 0
        self._taken = 0
        self.dropped = 0
        self.underruns = 0

    @property
    def end(self) -> int:
        """The position after the last byte put."""
        return self._end

    @property
    def played(self) -> int:
        """The position up to which everything was taken or flushed."""
        return max(self._taken, self._flushed)

    @property
    def empty(self) -> bool:
        """Whether the next take would be silence."""
        return self.played >= self._end

    def put(self, pcm: bytes) -> None:
        """Append whole samples; what exceeds the capacity is dropped and counted."""
        if len(pcm) % SAMPLE_BYTES:
            raise ValueError(f"{len(pcm)} bytes are not whole samples")
        room = max(0, self._capacity - (self._end - self.played))
        if len(pcm) > room:
            self.dropped += len(pcm) - room
            pcm = pcm[:room]
        if pcm:
            # The end moves first: a take in between then finds too little, never more than there is.
            start = self._end
            self._end += len(pcm)
            self._chunks.append((start, pcm))

    def take(self, size: int) -> bytes:
        """Return exactly size bytes: the next that were put, then silence."""
        parts: list[bytes | memoryview] = []
        missing = size
        while missing and self._refill():
            part = self._head[:missing]
            self._head = self._head[len(part) :]
            self._taken += len(part)
            missing -= len(part)
            parts.append(part)
        if parts and missing:
            self.underruns += 1
        parts.append(bytes(missing))
        return b"".join(parts)

    def flush(self) -> None:
        """Make void all that was put so far."""
        self._flushed = self._end
        self._chunks.clear()

    def _refill(self) -> bool:
        """Bring the next bytes that are not void to the head; return whether there are any."""
        if self._head and self._taken >= self._flushed:
            return True
        self._head = memoryview(b"")
        while True:
            try:
                start, chunk = self._chunks.popleft()
            except IndexError:  # asking for the length first would race with flush()
                return False
            if start >= self._flushed:
                self._taken = start
                self._head = memoryview(chunk)
                return True
