"""The hub's end of the sound processes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace

from hubd.audio.cards import Direction
from hubd.audio.pcm import DOWNLINK_RATE, FRAME_MS, bytes_of
from hubd.audio.wire import Alive, Decoder, Failed, Flush, Frame, Mark, Message, Open, Opened, Play, Played, encode
from hubd.backoff import Backoff
from hubd.errors import LocalProtocolError
from hubd.ports import MicrophoneFrame
from hubd.reports import Part, ReportSink, TroubleReport

_LOGGER = logging.getLogger(__name__)

# The name of a device that is not to be opened.
NONE = "none"

_CHILD = "hubd.edges.pyaudio_sound"
# A busy Pi needs seconds to start Python.
_START_LIMIT = 15.0
# `operations.md` 7: a microphone without frames for so long is lost, whatever PortAudio says.
_FRESH = 1.5
# After the hub itself was blocked, what waits in the socket is read before the other end is suspected.
_SECOND_LOOK = 0.05
_END_LIMIT = 5.0
# A device that worked for so long was not wrong from the start: its process is replaced at once.
_HEALTHY = 2.0
_READ_BYTES = 1 << 16
_PIECE = bytes_of(1_000, DOWNLINK_RATE)
# What a speaker's process would not hold either.
_UNSENT = bytes_of(300_000, DOWNLINK_RATE)
# 10 s: older sound than this answers to nobody.
_UNREAD_FRAMES = 10_000 // FRAME_MS


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
        self._microphone = _Device(Direction.MICROPHONE, microphone, environment, report)
        self._speaker = _Device(Direction.SPEAKER, speaker, environment, report)
        # Positions, bytes since start: sent to the speaker; marked; known to be played, flushed or lost.
        self._sent = 0
        self._marked = 0
        self._settled = 0
        self._settling = asyncio.Event()

    async def run(self) -> None:
        """Own the devices until cancelled; faults are reported as trouble and retried, never raised."""
        async with asyncio.TaskGroup() as tasks:
            if self._microphone.wanted:
                tasks.create_task(self._microphone.keep(self._frames.take, self._frames.went_away))
            if self._speaker.wanted:
                tasks.create_task(self._speaker.keep(self._take_played, self._settle))
            await asyncio.get_running_loop().create_future()

    def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield frames as ``ports.Microphone`` says; for one reader. What is not read for 10 s is lost."""
        return self._frames.read()

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
        self._arrived = asyncio.Event()
        self._end: float | None = None
        self._away = False

    def take(self, message: Message) -> None:
        """Take a frame; the oldest gives way if nobody reads."""
        if not isinstance(message, Frame):
            return
        lost_ms = message.lost_ms
        if self._away and self._end is not None:
            lost_ms += max(0, round((message.captured - self._end) * 1000) - FRAME_MS)
        self._away = False
        self._end = message.captured
        self._waiting.append(MicrophoneFrame(message.pcm, message.captured, lost_ms))
        if len(self._waiting) > _UNREAD_FRAMES:
            dropped = self._waiting.popleft()
            oldest = self._waiting.popleft()
            lost_ms = dropped.lost_ms + FRAME_MS + oldest.lost_ms
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
            yield self._waiting.popleft()


class _Device:
    """Keeps one sound process alive."""

    def __init__(self, direction: Direction, order: Open, environment: Mapping[str, str], report: ReportSink) -> None:
        self.name = direction.value
        self._order = order
        self._environment = environment
        self._report = report
        self._writer: asyncio.StreamWriter | None = None
        self._trouble: Failed | None = None
        self._works_since: float | None = None

    @property
    def wanted(self) -> bool:
        """Whether it is to be opened at all."""
        return self._order.name.casefold() != NONE

    def send(self, message: Message) -> bool:
        """Send a message; return whether there was a process to take it."""
        if self._writer is None or self._writer.transport.get_write_buffer_size() > _UNSENT:
            return False
        self._writer.write(encode(message))
        return True

    async def keep(self, handle: Callable[[Message], None], lost: Callable[[], None]) -> None:
        """Start a process whenever there is none, with growing delays while none works.

        handle: takes what it sends of sound. lost: called when it is gone.
        """
        backoff = Backoff()
        while True:
            try:
                self._tell(await self._hold(handle))
            finally:
                lost()
            if self._was_healthy():
                backoff.reset()
            else:
                await asyncio.sleep(backoff.next())

    def _was_healthy(self) -> bool:
        worked_since, self._works_since = self._works_since, None
        return worked_since is not None and asyncio.get_running_loop().time() - worked_since >= _HEALTHY

    async def _hold(self, handle: Callable[[Message], None]) -> Failed:
        """Start a process, listen to it until it is lost, make sure that it is gone; return why."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", _CHILD, self.name, str(theirs.fileno())),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=self._environment,
                    start_new_session=True,
                )
            except OSError as error:
                return Failed(f"The {self.name}'s process can't be started: {error.strerror}.", "It is tried again.")
            theirs.close()
            try:
                return await self._listen(ours, handle)
            finally:
                await self._end(process)

    async def _listen(self, ours: socket.socket, handle: Callable[[Message], None]) -> Failed:
        """Have the device opened; pass on what comes until nothing comes any more."""
        reader, self._writer = await asyncio.open_connection(sock=ours)
        writer, decoder, limit = self._writer, Decoder(), _START_LIMIT
        try:
            self.send(self._order)
            while data := await self._read(reader, limit):
                for message in decoder.feed(data):
                    match message:
                        case Failed():
                            return message
                        case Opened(name=name, rate=rate, channels=channels):
                            limit = _FRESH
                            _LOGGER.info("%s: %s, %d Hz, %d channels", self.name, name, rate, channels)
                        case Frame() | Alive() | Played():
                            self._works()
                            handle(message)
                        case _:
                            raise LocalProtocolError(f"a sound process sent {type(message).__name__}")
        finally:
            self._writer = None
            writer.transport.abort()
        if data is None:
            return Failed(f"The {self.name} does not respond.", "Check its plug; the hub tries again by itself.")
        return Failed(f"The {self.name}'s process ended unexpectedly.", "It is started again by itself.")

    async def _read(self, reader: asyncio.StreamReader, limit: float) -> bytes | None:
        """Return the next bytes, nothing at the end, None if none came in time."""
        for patience in (limit, _SECOND_LOOK):
            try:
                async with asyncio.timeout(patience):
                    return await reader.read(_READ_BYTES)
            except TimeoutError:
                continue
            except ConnectionError:  # it ended without having read everything
                return b""
        return None

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Kill the process: one that hangs in PortAudio heeds nothing else."""
        # process.kill() would look for its end itself, and the loop then misses it.
        with contextlib.suppress(ProcessLookupError):  # it ended by itself meanwhile
            if process.returncode is None:
                os.kill(process.pid, signal.SIGKILL)
        try:
            async with asyncio.timeout(_END_LIMIT):
                await process.wait()
        except TimeoutError:
            _LOGGER.warning("%s: its process %d can't be killed; the kernel holds it", self.name, process.pid)

    def _works(self) -> None:
        """Take note that the device works."""
        if self._works_since is None:
            self._works_since = asyncio.get_running_loop().time()
            self._tell(None)

    def _tell(self, trouble: Failed | None) -> None:
        """Report what changed: trouble that is new, or that has passed."""
        before, self._trouble = self._trouble, trouble
        told = trouble or before
        if told is not None and trouble != before:
            part = Part(self.name)
            self._report(TroubleReport(part, told.problem, told.advice, cleared=trouble is None))
