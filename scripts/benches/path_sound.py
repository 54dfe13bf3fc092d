"""A sound process of hubd's that writes down when sound comes and goes; run in the place of pyaudio_sound.

Each stamp is a line of the file of its direction in $HUBD_BENCH_FOLDER: what happened, when (monotonic, s), and of a
microphone's frame which one. It is written after the moment that it tells of, at a cost of some microseconds.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any

from hubd.audio.buffers import PlaybackBuffer
from hubd.audio.capture import Capture
from hubd.audio.cards import Direction
from hubd.audio.wire import Frame
from hubd.edges import pyaudio_sound


def main(direction: Direction, descriptor: int) -> None:
    """Hold one device."""
    folder = os.environ["HUBD_BENCH_FOLDER"]
    out = os.open(f"{folder}/{direction.value}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    put, flush = PlaybackBuffer.put, PlaybackBuffer.flush
    push = Capture.push

    def stamped_put(self: PlaybackBuffer, pcm: bytes) -> None:
        put(self, pcm)
        os.write(out, f"put {time.monotonic()}\n".encode())

    def stamped_flush(self: PlaybackBuffer) -> None:
        flush(self)
        os.write(out, f"flush {time.monotonic()}\n".encode())

    def stamped_push(self: Capture, now: float, pcm: bytes, **options: Any) -> Frame | None:
        if (frame := push(self, now, pcm, **options)) is not None:
            os.write(out, f"frame {now} {frame.captured}\n".encode())
        return frame

    for target, name, stamped in (
        (PlaybackBuffer, "put", stamped_put),
        (PlaybackBuffer, "flush", stamped_flush),
        (Capture, "push", stamped_push),
    ):
        setattr(target, name, stamped)
    pyaudio_sound.main(direction, descriptor)


if __name__ == "__main__":
    main(Direction(sys.argv[1]), int(sys.argv[2]))
