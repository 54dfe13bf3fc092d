"""Sound without a sound card: files in place of the microphone, a recording in place of the speaker."""

from __future__ import annotations

import asyncio
import itertools
import wave
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubd.audio.buffers import PlaybackBuffer
from hubd.audio.pcm import DOWNLINK_RATE, FRAME_MS, SAMPLE_BYTES, UPLINK_RATE, bytes_of
from hubd.audio.resample import convert, to_pcm
from hubd.audio.wav import decode_wav
from hubd.errors import SoundError
from hubd.ports import MicrophoneFrame

_MICROPHONE_FRAME = bytes_of(FRAME_MS, UPLINK_RATE)
_SPEAKER_FRAME = bytes_of(FRAME_MS, DOWNLINK_RATE)


def read_wav(path: Path) -> bytes:
    """Return a WAV file as 16 kHz mono, signed 16-bit; a file that is that already comes back bit for bit.

    Raises SoundError with a sentence that names the file.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SoundError(f"{path} can't be read: {error.strerror}.") from error
    try:
        wav = decode_wav(data)
    except SoundError as error:
        raise SoundError(f"{path} {error}.") from error
    return to_pcm(convert(wav.samples.mean(axis=1), wav.rate, UPLINK_RATE))


@dataclass(slots=True, eq=False)
class _Utterance:
    """What is still to be said, with a future that is done when its last sample was delivered."""

    rest: memoryview
    delivered: asyncio.Future[None]


class WavSound:
    """A microphone that hears silence but for what speak() gives it, beside a speaker that records.

    Both keep real time by deadlines on the loop's clock: a loop that was blocked gets what is late at once, nothing is
    lost, nothing drifts. So captured is the time of delivery.

    speed: how many times faster than real time. record: where the speaker's whole timeline goes, as 24 kHz mono WAV.
    waits: whether the microphone is to wait, for a listener that is behind; what it has not given by then comes later.
    """

    def __init__(
        self, *, speed: float = 1.0, record: Path | None = None, waits: Callable[[], bool] = lambda: False
    ) -> None:
        if speed <= 0:
            raise ValueError(f"time has to go forward, not at {speed} times its speed")
        self._tick = FRAME_MS / 1000 / speed
        self._record = record
        self._waits = waits
        self._utterances: deque[_Utterance] = deque()
        self._playback = PlaybackBuffer()
        self._ticked = asyncio.Event()
        self._over = False

    @property
    def looks_by(self) -> None:
        """Nothing: a microphone that is made of files is never missing."""

    async def speak(self, pcm16k: bytes) -> None:
        """Say signed 16-bit mono at 16 kHz into the microphone, after what is being said already.

        Returns when frames() has delivered the last sample; a frame that is not filled is padded with silence.
        """
        if not pcm16k:
            return
        utterance = _Utterance(memoryview(pcm16k), asyncio.get_running_loop().create_future())
        self._utterances.append(utterance)
        try:
            await utterance.delivered
        finally:
            if utterance in self._utterances:
                self._utterances.remove(utterance)

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames as ``ports.Microphone`` says; the clock starts with the first."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for count in itertools.count(1):
            await asyncio.sleep(max(0.0, start + count * self._tick - loop.time()))
            while self._waits():  # noqa: ASYNC110 -- who is behind has no event for it, and a frame is short
                await asyncio.sleep(self._tick)
            yield MicrophoneFrame(self._hear(), loop.time())

    def gather(self, first_ms: int) -> None:
        """Pass the wish over, as ``ports.Microphone`` allows: who counts 20 ms on a clock wakes up for them anyway."""

    def play(self, pcm: bytes) -> None:
        """Queue samples as ``ports.Speaker`` says."""
        if not self._over:
            self._playback.put(pcm)

    def flush(self) -> None:
        """Drop what has not been played, as ``ports.Speaker`` says."""
        self._playback.flush()
        self._ticked.set()

    async def drained(self) -> None:
        """Return when all has been played, as ``ports.Speaker`` says."""
        while not (self._playback.empty or self._over):
            self._ticked.clear()
            await self._ticked.wait()

    async def run(self) -> None:
        """Play until cancelled; raises SoundError at once if the recording can't be written."""
        loop = asyncio.get_running_loop()
        try:
            with _recording(self._record) as write:
                start = loop.time()
                for count in itertools.count(1):
                    await asyncio.sleep(max(0.0, start + count * self._tick - loop.time()))
                    write(self._playback.take(_SPEAKER_FRAME))
                    self._ticked.set()
        finally:
            self._over = True
            self._ticked.set()

    def _hear(self) -> bytes:
        """Return the next frame of what is being said, or silence."""
        if not self._utterances:
            return bytes(_MICROPHONE_FRAME)
        utterance = self._utterances[0]
        frame = bytes(utterance.rest[:_MICROPHONE_FRAME])
        utterance.rest = utterance.rest[_MICROPHONE_FRAME:]
        if not utterance.rest:
            self._utterances.popleft()
            if not utterance.delivered.done():
                utterance.delivered.set_result(None)
        return frame.ljust(_MICROPHONE_FRAME, b"\0")


@contextmanager
def _recording(path: Path | None) -> Iterator[Callable[[bytes], None]]:
    """Give a function that appends to the recording, whose header is right however the block is left."""
    if path is None:
        yield lambda _pcm: None
        return
    try:
        with path.open("wb") as file, wave.open(file, "wb") as recording:
            recording.setnchannels(1)
            recording.setsampwidth(SAMPLE_BYTES)
            recording.setframerate(DOWNLINK_RATE)
            yield recording.writeframesraw
    except OSError as error:
        raise SoundError(f"{path} can't be written: {error.strerror}.") from error
