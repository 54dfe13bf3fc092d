"""The hub's end of the sound processes."""

from __future__ import annotations

import asyncio
import math
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

from hubd.audio.cards import Direction
from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE, bytes_of, milliseconds_of
from hubd.audio.quality import COMPLAINTS, QualityWatch
from hubd.audio.wire import Failed, Flush, Frame, Gather, Mark, Message, Open, Opened, Play, Played
from hubd.backoff import Backoff
from hubd.edges.sound_process import LONGEST_ATTEMPT, SoundProcess
from hubd.ports import MicrophoneFrame
from hubd.reports import Part, ReportSink, TroubleReport

# The name of a device that is not to be opened.
NONE = "none"

# A device that worked for so long was not wrong from the start: its process is replaced at once.
_HEALTHY = 2.0
_PIECE = bytes_of(1_000, DOWNLINK_RATE)
# Older sound than this answers to nobody.
_UNREAD_MS = 10_000


@dataclass(frozen=True, slots=True)
class SoundSettings:
    """Which devices are opened, and how.

    microphone, speaker: a device's name or a part of it, in any case; empty for the system's default; "none" for none.
    rate, channels: force the microphone's card to this; None takes 16 kHz mono if the card can, else what it can.
    speaker_rate, speaker_channels: the same for the speaker, with 24 kHz.
    """

    microphone: str = ""
    speaker: str = ""
    rate: int | None = None
    channels: int | None = None
    speaker_rate: int | None = None
    speaker_channels: int | None = None


class SoundLink:
    """Microphone and speaker of this computer, each held by a process of its own.

    PortAudio hangs for ever when a device is pulled, and only ending its process helps (``operations.md`` 7). With one
    process for each direction a lost microphone never cuts what is being said.

    report: takes trouble of both parts, one report for each change. environment: of the processes.
    """

    def __init__(
        self, settings: SoundSettings, report: ReportSink, *, environment: Mapping[str, str] = os.environ
    ) -> None:

        microphone = Open(settings.microphone, settings.rate, settings.channels)
        speaker = Open(settings.speaker, settings.speaker_rate, settings.speaker_channels)
        self._frames = _Frames()
        self._quality = QualityWatch()
        self._microphone = _Device(Direction.MICROPHONE, microphone, environment, report)
        self._speaker = _Device(Direction.SPEAKER, speaker, environment, report)
        # Positions, bytes since start: sent to the speaker; marked; known to be played, flushed or lost.
        self._sent = 0
        self._marked = 0
        self._settled = 0
        self._settling = asyncio.Event()

    @property
    def looks_by(self) -> float | None:
        """By when a missing microphone is looked for again, as ``ports.Sound`` says."""
        return self._microphone.looks_by

    async def run(self) -> None:
        """Own the devices until cancelled; faults are reported as trouble and retried, never raised."""
        async with asyncio.TaskGroup() as tasks:
            if self._microphone.wanted:
                tasks.create_task(self._microphone.keep(self._hear, self._went_deaf))
            if self._speaker.wanted:
                tasks.create_task(self._speaker.keep(self._take_played, self._settle))
            await asyncio.get_running_loop().create_future()

    def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames as ``ports.Microphone`` says; for one reader. What is not read for 10 s is lost."""
        return self._frames.read()

    def gather(self, first_ms: int) -> None:
        """Bring sound as ``ports.Microphone`` says; a process that is started later brings it at once again."""
        self._microphone.send(Gather(first_ms))

    def play(self, pcm: bytes) -> None:
        """Queue samples as ``ports.Speaker`` says."""
        for start in range(0, len(pcm), _PIECE):
            piece = pcm[start : start + _PIECE]
            if self._speaker.send(Play(piece)):
                self._sent += len(piece)

    def flush(self) -> None:
        """Drop what has not been played, as ``ports.Speaker`` says."""
        self._speaker.send(Flush())
        self._settle()

    async def drained(self) -> None:
        """Return when all has been heard, the card's own delay included, or was flushed."""
        while self._settled < self._sent:
            if self._marked != self._sent and self._speaker.send(Mark(self._sent)):
                self._marked = self._sent
            self._settling.clear()
            await self._settling.wait()

    def _hear(self, message: Message) -> None:
        if isinstance(message, Frame):
            self._microphone.tell(COMPLAINTS.get(self._quality.feed(message.pcm)))
            self._frames.take(message)

    def _went_deaf(self) -> None:
        self._quality = QualityWatch()
        self._frames.went_away()

    def _take_played(self, message: Message) -> None:
        if isinstance(message, Played):
            # A mark that was on its way when everything was flushed may come late: positions only grow.
            self._settled = max(self._settled, message.position)
            self._settling.set()

    def _settle(self) -> None:
        """Expect nothing more of what was sent so far."""
        self._settled = self._sent
        self._settling.set()


class _Frames:
    """Microphone frames on their way to the reader."""

    def __init__(self) -> None:
        self._waiting: deque[MicrophoneFrame] = deque()
        self._waiting_ms = 0
        self._arrived = asyncio.Event()
        self._end: float | None = None
        self._away = False

    def take(self, message: Frame) -> None:
        """Take a frame; the oldest gives way if nobody reads."""
        lost_ms, lasts_ms = message.lost_ms, _milliseconds(message.pcm)
        if self._away and self._end is not None:
            lost_ms += max(0, round((message.captured - self._end) * 1000) - lasts_ms)
        self._away = False
        self._end = message.captured
        self._waiting.append(MicrophoneFrame(message.pcm, message.captured, lost_ms))
        self._waiting_ms += lasts_ms
        if self._waiting_ms > _UNREAD_MS:
            dropped = self._next()
            oldest = self._waiting.popleft()
            lost_ms = dropped.lost_ms + _milliseconds(dropped.pcm) + oldest.lost_ms
            self._waiting.appendleft(replace(oldest, lost_ms=lost_ms))
        self._arrived.set()

    def went_away(self) -> None:
        """Count the time until the next frame as lost."""
        self._away = True

    async def read(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames in order."""
        while True:
            while not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
            yield self._next()

    def _next(self) -> MicrophoneFrame:
        frame = self._waiting.popleft()
        self._waiting_ms -= _milliseconds(frame.pcm)
        return frame


def _milliseconds(pcm: bytes) -> int:
    return int(milliseconds_of(len(pcm), UPLINK_RATE))


class _Device:
    """Keeps one sound process alive.

    looks_by: while the device is missing, by when it is looked for again, on the loop's clock; None while it is there.
    """

    def __init__(self, direction: Direction, order: Open, environment: Mapping[str, str], report: ReportSink) -> None:
        self._process = SoundProcess(direction, order, environment)
        self._part = Part(direction.value)
        self._report = report
        self._trouble: Failed | None = None
        self._works_since: float | None = None
        self.wanted = order.name.casefold() != NONE
        self.looks_by: float | None = 0.0 if self.wanted else math.inf

    def send(self, message: Message) -> bool:
        """Send a message; return whether there was a process to take it."""
        return self._process.send(message)

    async def keep(self, handle: Callable[[Message], None], lost: Callable[[], None]) -> None:
        """Start a process whenever there is none, with growing delays while none works.

        handle: takes what it sends of sound. lost: called when it is gone.
        """
        backoff = Backoff()

        def take(message: Message) -> None:
            if not isinstance(message, Opened):
                self._works()
            handle(message)

        loop = asyncio.get_running_loop()
        while True:
            self.looks_by = loop.time() + LONGEST_ATTEMPT
            try:
                self.tell(await self._process.hold(take))
            finally:
                lost()
            if self._was_healthy():
                backoff.reset()
            else:
                delay = backoff.next()
                self.looks_by = loop.time() + delay
                await asyncio.sleep(delay)

    def _was_healthy(self) -> bool:
        worked_since, self._works_since = self._works_since, None
        return worked_since is not None and asyncio.get_running_loop().time() - worked_since >= _HEALTHY

    def _works(self) -> None:
        """Take note that the device works."""
        if self._works_since is None:
            self._works_since = asyncio.get_running_loop().time()
            self.looks_by = None
            self.tell(None)

    def tell(self, trouble: Failed | None) -> None:
        """Report what changed: trouble that is new, or that has passed."""
        before, self._trouble = self._trouble, trouble
        told = trouble or before
        if told is not None and trouble != before:
            self._report(TroubleReport(self._part, told.problem, told.advice, cleared=trouble is None))
