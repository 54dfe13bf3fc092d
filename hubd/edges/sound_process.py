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

_LOGGER = logging.getLogger(__name__)

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
_READ_BYTES = 1 << 16
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
        self._writer: asyncio.StreamWriter | None = None

    def send(self, message: Message) -> bool:
        """Send a message; return whether there was a process to take it."""
        if self._writer is None or self._writer.transport.get_write_buffer_size() > _UNSENT:
            return False
        self._writer.write(encode(message))
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
                            shape = "mono" if channels == 1 else f"{channels} channels"
                            _LOGGER.info("%s: %s, %d Hz, %s", self._name, name, rate, shape)
                            handle(message)
                        case Frame() | Alive() | Played():
                            handle(message)
                        case _:
                            raise LocalProtocolError(f"a sound process sent {type(message).__name__}")
        finally:
            self._writer = None
            writer.transport.abort()
        if data is None:
            return Failed(f"The {self._name} does not respond.", "Check its plug; the hub tries again by itself.")
        return Failed(f"The {self._name}'s process ended unexpectedly.", "It is started again by itself.")

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

    async def _end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill the process: one that hangs in PortAudio heeds nothing else."""
        process.kill()
        try:
            await asyncio.to_thread(process.wait, _END_LIMIT)
        except subprocess.TimeoutExpired:
            _LOGGER.warning("%s: its process %d can't be killed; the kernel holds it", self._name, process.pid)
