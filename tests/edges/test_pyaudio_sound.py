from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from hubd.audio.cards import Direction
from hubd.audio.pcm import UPLINK_RATE
from hubd.audio.wire import Alive, Decoder, Failed, Frame, Gather, Mark, Message, Open, Opened, Play, Played, encode
from tests.edges.sound_system import FakeMicrophone, VirtualAudio, needs_tools

pytestmark = pytest.mark.real_time

MODULE = "hubd.edges.pyaudio_sound"


class Child:
    """A sound process, with this test in the place of the hub."""

    def __init__(self, process: asyncio.subprocess.Process, ours: socket.socket) -> None:
        self.process = process
        self._socket = ours
        self._decoder = Decoder()
        self._waiting: list[Message] = []

    def send(self, *messages: Message) -> None:
        """Send messages."""
        self._socket.sendall(b"".join(map(encode, messages)))

    async def next(self) -> Message | None:
        """Return its next message, or None when it has hung up."""
        while not self._waiting:
            data = await asyncio.get_running_loop().sock_recv(self._socket, 65_536)
            if not data:
                return None
            self._waiting += self._decoder.feed(data)
        return self._waiting.pop(0)

    async def frame(self) -> Frame:
        """Return its next frame."""
        while not isinstance(message := await self.next(), Frame):
            assert isinstance(message, Opened)
        return message

    def hang_up(self) -> None:
        """Do as a hub that ends."""
        self._socket.close()

    async def ended(self) -> tuple[int | None, str]:
        """Wait for its end; return its exit status with what it wrote to standard output and error."""
        out, err = await self.process.communicate()
        return self.process.returncode, (out + err).decode()


@contextlib.asynccontextmanager
async def child(direction: Direction, environment: Mapping[str, str]) -> AsyncIterator[Child]:
    """Start a sound process; end it with the block."""
    ours, theirs = socket.socketpair()
    ours.settimeout(0)
    with ours, theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", MODULE, direction, str(theirs.fileno())),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        try:
            yield Child(process, ours)
        finally:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                process.kill()
            await process.communicate()


async def test_microphone(virtual: VirtualAudio) -> None:
    """It opens what it is told to, delivers frames, is deaf to signals, and ends in silence with the hub."""
    async with child(Direction.MICROPHONE, virtual.environment) as microphone:
        microphone.send(Open("default"))
        assert await microphone.next() == Opened("default", 16_000, 1)
        assert isinstance(await microphone.next(), Frame)
        microphone.process.send_signal(signal.SIGTERM)
        microphone.process.send_signal(signal.SIGINT)
        for _ in range(20):
            assert isinstance(await microphone.next(), Frame)
        microphone.hang_up()
        assert await microphone.ended() == (0, "")


async def test_gathered_sound(virtual: VirtualAudio) -> None:
    """It brings sound 80 ms at a time when it is told to, and block by block when it is told otherwise."""
    async with child(Direction.MICROPHONE, virtual.environment) as microphone:
        microphone.send(Open(""))
        sizes = [len((await microphone.frame()).pcm)]
        microphone.send(Gather(80))
        while sizes[-3:] != [2560] * 3:
            sizes.append(len((await microphone.frame()).pcm))
        microphone.send(Gather(0))
        while sizes[-3:] != [1280] * 3:
            sizes.append(len((await microphone.frame()).pcm))
        assert set(sizes) == {1280, 2560}


async def test_backlog_is_dropped(virtual: VirtualAudio) -> None:
    """What PulseAudio kept while the process stood still is not taken for fresh: it is counted as lost."""
    async with child(Direction.MICROPHONE, virtual.environment) as microphone:
        microphone.send(Open(""))
        *_, last = [await microphone.frame() for _ in range(50)]
        microphone.process.send_signal(signal.SIGSTOP)
        await virtual.do("say", "one")
        microphone.process.send_signal(signal.SIGCONT)
        frames: list[Frame] = []
        while sum(frame.lost_ms for frame in frames) <= 300:
            frames.append(await microphone.frame())
        frames += [await microphone.frame() for _ in range(25)]
    lost_ms = sum(frame.lost_ms for frame in frames)
    heard = sum(len(frame.pcm) for frame in frames) / 2 / UPLINK_RATE
    assert heard + lost_ms / 1000 == pytest.approx(frames[-1].captured - last.captured, abs=0.1)


async def test_speaker(virtual: VirtualAudio) -> None:
    """It says that it lives, and when what it was given has been played."""
    async with child(Direction.SPEAKER, virtual.environment) as speaker:
        speaker.send(Open(""), Play(bytes(4800)), Mark(4800))
        assert await speaker.next() == Opened("default", 24_000, 1)
        while (message := await speaker.next()) != Played(4800):
            assert message == Alive()
        assert await speaker.next() == Alive()
        speaker.hang_up()
        assert await speaker.ended() == (0, "")


@pytest.mark.parametrize("direction", list(Direction))
async def test_lost_device(virtual: VirtualAudio, direction: Direction) -> None:
    """When the device goes it says so, and ends by itself."""
    async with child(direction, virtual.environment) as lost:
        lost.send(Open(""))
        assert isinstance(await lost.next(), Opened)
        await virtual.do("unplug")
        while not isinstance(message := await lost.next(), Failed):
            assert message is not None
        assert message.problem == f'The {direction} "default" is gone.'
        assert await lost.next() is None
        assert await lost.ended() == (0, "")


async def test_no_device(virtual: VirtualAudio) -> None:
    """Without any sound device it says so, without a line on standard error from those below it."""
    await virtual.do("unplug")
    async with child(Direction.MICROPHONE, virtual.environment) as microphone:
        microphone.send(Open(""))
        failed = await microphone.next()
        assert failed == Failed("No microphone was found.", "Plug one in; the hub finds it by itself.")
        assert await microphone.ended() == (0, "")


async def test_hang_does_not_outlive_the_hub(tmp_path: Path) -> None:
    """While PortAudio hangs on a card that was pulled, it floods nothing, and still ends with the hub."""
    needs_tools()
    card = FakeMicrophone(tmp_path)
    async with child(Direction.MICROPHONE, card.environment) as microphone:
        microphone.send(Open(""))
        for _ in range(5):
            assert await microphone.next() is not None
        card.unplug()
        microphone.hang_up()
        assert await microphone.ended() == (0, "")


async def test_bug_ends_it_with_a_traceback(virtual: VirtualAudio) -> None:
    """What no hub would send ends it at once, and standard error says where."""
    async with child(Direction.MICROPHONE, virtual.environment) as microphone:
        microphone.send(Open(""), Alive())
        status, printed = await microphone.ended()
        assert status == 1
        assert "LocalProtocolError: Alive means nothing to a microphone" in printed


def test_it_stays_small() -> None:
    """It loads nothing that only the hub needs: there are two of it on a small computer."""
    program = f"import {MODULE}, json, sys; print(json.dumps(list(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout)
    assert MODULE in loaded
    assert not {"numpy", "soxr", "pydantic", "asyncio", "onnxruntime", "logging"}.intersection(loaded)
