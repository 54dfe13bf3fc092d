"""PCM arithmetic: bytes, frames, milliseconds, re-chunking."""

from __future__ import annotations

from collections.abc import Iterator

SAMPLE_BYTES = 2
UPLINK_RATE = 16_000
DOWNLINK_RATE = 24_000
FRAME_MS = 20


def bytes_of(milliseconds: int, rate: int) -> int:
    """Return the size of signed 16-bit mono sound that lasts so many ms at rate Hz."""
    return milliseconds * rate // 1000 * SAMPLE_BYTES


def milliseconds_of(size: int, rate: int) -> float:
    """Return how long size bytes of signed 16-bit mono sound last at rate Hz, in ms."""
    return size / SAMPLE_BYTES / rate * 1000


class Chunker:
    """Cuts a stream of bytes into chunks of one size; what is left over waits for more."""

    def __init__(self, size: int) -> None:
        if size <= 0:
            raise ValueError(f"chunk size must be positive, not {size}")
        self._size = size
        self._rest = bytearray()

    def push(self, data: bytes) -> Iterator[bytes]:
        """Take more bytes; yield every whole chunk that is now there, in order."""
        self._rest += data
        while len(self._rest) >= self._size:
            chunk = bytes(self._rest[: self._size])
            del self._rest[: self._size]
            yield chunk

    def push_all(self, data: bytes) -> bytes:
        """Take more bytes; return all the chunks that are now there, one after the other."""
        self._rest += data
        whole = len(self._rest) - len(self._rest) % self._size
        chunks = bytes(self._rest[:whole])
        del self._rest[:whole]
        return chunks
