"""The process that holds one sound device, seen from the hub."""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping

from hubd.audio.cards import Direction
from hubd.audio.pcm import DOWNLINK_RATE, bytes_of
from hubd.audio.wire import Alive, Decoder, Failed, Frame, Message, Open, Opened, Played, encode
from hubd.errors import LocalProtocolError

logger = logging.getLogger(__name__)

_CHILD = "hubd.edges.pyaudio_sound"
# A busy Pi needs seconds to start Python.
_START_LIMIT = 15.0
# `operations.md` 7: a microphone without frames for so long is lost, whatever PortAudio says.
_FRESH = 1.5
# After the hub itself was blocked, what waits in the socket is read before the other end is suspected.
_SECOND_LOOK = 0.05
_END_LIMIT = 5.0
# A process that never gets as far as to its first sound is given up by then.
LONGEST_ATTEMPT = _START_LIMIT + _FRESH + _END_LIMIT
# What a speaker's process would not hold either.
_UNSENT = bytes_of(300_000, DOWNLINK_RATE)


class SoundProcess:
    """One device, held by a process of its own for as long as hold() runs; it may be held again afterwards.

    order: which device, and how it is opened. environment: of the process.
    """

    def __init__(self, direction: Direction, order: Open, environment: Mapping[str, str]) -> None:
        self._name = direction.value
        self._order = order
        self._environment = environment
        self._transport: asyncio.Transport | None = None

    def send(self, message: Message) -> bool:
        """Send a message; return whether there was a process to take it."""
        if self._transport is None or self._transport.get_write_buffer_size() > _UNSENT:
            return False
        self._transport.write(encode(message))
        return True

    async def hold(self, handle: Callable[[Message], None]) -> Failed:
        """Start the process, listen to it until it is lost, make sure that it is gone; return why.

        handle: takes all that it sends: Opened first, then what comes of sound.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            try:
                # asyncio would keep a thread for each, which waits for its end.
                process = subprocess.Popen(  # noqa: ASYNC220 -- it takes 2 ms either way; our own module
                    (sys.executable, "-P", "-m", _CHILD, self._name, str(theirs.fileno())),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    env=self._environment,
                    start_new_session=True,
                )
            except OSError as error:
                return Failed(f"The {self._name}'s process can't be started: {error.strerror}.", "It is tried again.")
            theirs.close()
            try:
                return await self._listen(ours, handle)
            finally:
                await self._end(process)

    async def _listen(self, ours: socket.socket, handle: Callable[[Message], None]) -> Failed:
        """Have the device opened; pass on what comes until nothing comes any more."""
        loop = asyncio.get_running_loop()
        self._transport, line = await loop.create_connection(lambda: _Line(self._name, handle), sock=ours)
        try:
            self.send(self._order)
            return await line.over
        finally:
            self._transport.abort()
            self._transport = None

    async def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process: one that hangs in PortAudio heeds nothing else."""
        process.kill()
        try:
            await asyncio.to_thread(process.wait, _END_LIMIT)
        except subprocess.TimeoutExpired:
            logger.warning("%s: its process %d can't be killed; the kernel holds it", self._name, process.pid)


class _Line(asyncio.Protocol):
    """What comes from the process of this name; handle takes it.

    over: has the reason when nothing comes any more.
    """

    def __init__(self, name: str, handle: Callable[[Message], None]) -> None:
        self._name = name
        self._handle = handle
        self._decoder = Decoder()
        self._loop = asyncio.get_running_loop()
        self._limit = _START_LIMIT
        self._heard_at = self._loop.time()
        self._watch = self._loop.call_at(self._heard_at + self._limit, self._suspect, self._heard_at)
        self.over: asyncio.Future[Failed] = self._loop.create_future()

    def data_received(self, data: bytes) -> None:
        """Pass on the messages that are complete."""
        self._heard_at = self._loop.time()
        for message in self._decoder.feed(data):
            match message:
                case Failed():
                    self._end(message)
                case Opened(name=name, rate=rate, channels=channels):
                    self._limit = _FRESH
                    self._look_later()
                    shape = "mono" if channels == 1 else f"{channels} channels"
                    logger.info("%s: %s, %d Hz, %s", self._name, name, rate, shape)
                    self._handle(message)
                case Frame() | Alive() | Played():
                    self._handle(message)
                case _:
                    raise LocalProtocolError(f"a sound process sent {type(message).__name__}")

    def connection_lost(self, error: Exception | None) -> None:
        """Take note of the end: the process's own, or that of a bug here, which is for the owner."""
        self._watch.cancel()
        # A process that ended without having read everything leaves a ConnectionError.
        if error is not None and not isinstance(error, ConnectionError) and not self.over.done():
            self.over.set_exception(error)
        self._end(Failed(f"The {self._name}'s process ended unexpectedly.", "It is started again by itself."))

    def _suspect(self, heard_at: float) -> None:
        """Take it that nothing came for long, unless it did; what waits in the socket is read before it is sure."""
        if self._heard_at != heard_at:
            self._look_later()
        else:
            self._watch = self._loop.call_later(_SECOND_LOOK, self._give_up, heard_at)

    def _give_up(self, heard_at: float) -> None:
        if self._heard_at != heard_at:
            self._look_later()
        else:
            self._end(Failed(f"The {self._name} does not respond.", "Check its plug; the hub tries again by itself."))

    def _look_later(self) -> None:
        """Look again when too long will have passed; one look in so long costs less than a limit for each message."""
        self._watch.cancel()
        self._watch = self._loop.call_at(self._heard_at + self._limit, self._suspect, self._heard_at)

    def _end(self, failed: Failed) -> None:
        if not self.over.done():
            self.over.set_result(failed)
