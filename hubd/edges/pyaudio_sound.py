"""A process that holds one sound device: run as ``python -m hubd.edges.pyaudio_sound DIRECTION FD``."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Protocol, assert_never

import pyaudio

from hubd.audio.capture import Capture
from hubd.audio.cards import Card, Direction, Refusal, Shape, choose, shapes
from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.audio.playback import Playback
from hubd.audio.wire import Alive, Failed, Gather, Message, Open, Opened
from hubd.edges.memory import give_back
from hubd.edges.sound_hub import Hub
from hubd.errors import LocalProtocolError, SoundError

if TYPE_CHECKING:
    from hubd.audio.resample import Resampler

# Blocks of 20 ms are lost when their reader is 20 ms late, blocks of 40 ms when it is 50 ms late (`operations.md` 7).
_BLOCK_MS = 40
# 30 s: a hub that reads nothing for longer has other worries.
_WAITING_BLOCKS = 30_000 // _BLOCK_MS
# How often the stream is looked at, s; the hub waits three times as long.
_LOOK = 0.5
# How often playing is looked at, s: who waits for its end hears of it so much late at most.
_PLAYING_LOOK = 0.01
_PR_SET_PDEATHSIG = 1

_Callback = Callable[[bytes | None, int, Mapping[str, float], int], tuple[bytes | None, int]]


class _Stream(Protocol):
    """What is used of PyAudio's stream."""

    def is_active(self) -> bool: ...


class _LostError(SoundError):
    """The device can't be used; the hub hears why, then the process ends."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem)
        self.message = Failed(problem, advice)


def list_cards(audio: pyaudio.PyAudio, direction: Direction) -> list[Card]:
    """Return the devices of the system; new ones are seen only by a process whose first PyAudio is younger."""
    key = "maxInputChannels" if direction is Direction.MICROPHONE else "maxOutputChannels"
    devices = map(audio.get_device_info_by_index, range(audio.get_device_count()))
    return [
        Card(device["index"], str(device["name"]), device[key], int(device["defaultSampleRate"]))
        for device in devices
        if device[key] > 0
    ]


def _find(audio: pyaudio.PyAudio, direction: Direction, name: str) -> Card:
    try:
        match direction:
            case Direction.MICROPHONE:
                default = audio.get_default_input_device_info()["index"]
            case Direction.SPEAKER:
                default = audio.get_default_output_device_info()["index"]
            case _:
                assert_never(direction)
    except OSError:
        default = None
    match choose(list_cards(audio, direction), name, default, direction):
        case Refusal(problem=problem, advice=advice):
            raise _LostError(problem, advice)
        case card:
            return card


def _open(
    audio: pyaudio.PyAudio,
    direction: Direction,
    card: Card,
    wanted: list[Shape],
    callback: Callable[[Shape], _Callback],
) -> tuple[_Stream, Shape]:
    """Open the device in the first shape that it takes."""
    reason = "it has no channels"
    microphone = direction is Direction.MICROPHONE
    for shape in wanted:
        try:
            stream = audio.open(
                rate=shape.rate,
                channels=shape.channels,
                format=pyaudio.paInt16,
                input=microphone,
                output=not microphone,
                input_device_index=card.index if microphone else None,
                output_device_index=None if microphone else card.index,
                frames_per_buffer=shape.rate * _BLOCK_MS // 1000,
                stream_callback=callback(shape),
            )
        except OSError as error:
            reason = str(error.strerror or error)
        else:
            return stream, shape
    raise _LostError(
        f'The {direction} "{card.name}" can\'t be opened: {reason}.',
        "Check that it is plugged in firmly and that no other program uses it; the hub tries again by itself.",
    )


def _gone(direction: Direction, card: Card) -> _LostError:
    return _LostError(f'The {direction} "{card.name}" is gone.', "Check its plug; the hub tries again by itself.")


def _resampler(*, source: Shape, target: Shape) -> Resampler | None:
    """Return a converter if one is needed."""
    if source == target:
        return None
    from hubd.audio.resample import Resampler  # noqa: PLC0415 (costs 14 MB, which most cards don't need)

    return Resampler(
        from_rate=source.rate, to_rate=target.rate, from_channels=source.channels, to_channels=target.channels
    )


def _hold_microphone(hub: Hub, audio: pyaudio.PyAudio, order: Open, early: list[Message]) -> NoReturn:
    """Send the microphone's frames until it is lost."""
    card = _find(audio, Direction.MICROPHONE, order.name)
    blocks: deque[tuple[float, bytes, bool]] = deque(maxlen=_WAITING_BLOCKS)
    arrived = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
    enough = 1

    def take(pcm: bytes | None, _frames: int, _times: Mapping[str, float], status: int) -> tuple[bytes | None, int]:
        blocks.append((time.monotonic(), pcm or b"", bool(status & pyaudio.paInputOverflow)))
        if len(blocks) >= enough:
            os.eventfd_write(arrived, 1)
        return None, pyaudio.paContinue

    wanted = shapes(card, UPLINK_RATE, rate=order.rate, channels=order.channels)
    stream, shape = _open(audio, Direction.MICROPHONE, card, wanted, lambda _shape: take)
    capture = Capture(shape.rate, shape.channels, _resampler(source=shape, target=Shape(UPLINK_RATE, 1)))
    hub.send(Opened(card.name, shape.rate, shape.channels))
    waiting = select.poll()
    waiting.register(hub, select.POLLIN)
    waiting.register(arrived, select.POLLIN)
    gc.freeze()
    give_back()
    _obey(capture, early)
    look = 0.0
    while True:
        for descriptor, _ in waiting.poll(_LOOK * 1000):
            if descriptor == arrived:
                os.eventfd_read(arrived)
            else:
                _obey(capture, hub.receive())
        while blocks:
            at, pcm, overflowed = blocks.popleft()
            if (frame := capture.push(at, pcm, overflowed=overflowed)) is not None:
                hub.send(frame)
        enough = -(-capture.missing_ms // _BLOCK_MS)
        if (now := time.monotonic()) >= look:
            look = now + _LOOK
            if not stream.is_active():
                raise _gone(Direction.MICROPHONE, card)


def _obey(capture: Capture, messages: list[Message]) -> None:
    """Do what the hub says."""
    for message in messages:
        if not isinstance(message, Gather):
            raise LocalProtocolError(f"{type(message).__name__} means nothing to a microphone")
        capture.gather(message.first_ms)


def _hold_speaker(hub: Hub, audio: pyaudio.PyAudio, order: Open, early: list[Message]) -> NoReturn:
    """Play what the hub sends until the speaker is lost."""
    card = _find(audio, Direction.SPEAKER, order.name)
    players: list[Playback] = []
    asked = 0

    def callback(shape: Shape) -> _Callback:
        player = Playback(shape, _resampler(source=Shape(DOWNLINK_RATE, 1), target=shape))
        players.append(player)

        def give(_pcm: bytes | None, frames: int, times: Mapping[str, float], _status: int) -> tuple[bytes, int]:
            nonlocal asked
            asked += 1
            # Both times are on a clock that may be set: only their difference means something.
            delay = times["output_buffer_dac_time"] - times["current_time"]
            return player.give(time.monotonic(), frames, delay), pyaudio.paContinue

        return give

    wanted = shapes(card, DOWNLINK_RATE, rate=order.rate, channels=order.channels)
    stream, shape = _open(audio, Direction.SPEAKER, card, wanted, callback)
    player = players[-1]
    hub.send(Opened(card.name, shape.rate, shape.channels))
    waiting = select.poll()
    waiting.register(hub, select.POLLIN)
    gc.freeze()
    give_back()
    for message in early:
        player.handle(message, time.monotonic())
    look, asked_before = 0.0, 0
    while True:
        if waiting.poll(1000 * (_PLAYING_LOOK if player.busy else _LOOK)):
            for message in hub.receive():
                player.handle(message, time.monotonic())
        now = time.monotonic()
        hub.send(*player.look(now))
        if now >= look:
            look = now + _LOOK
            if not stream.is_active():
                raise _gone(Direction.SPEAKER, card)
            if asked != asked_before:
                hub.send(Alive())
            asked_before = asked


def _keep_quiet() -> None:
    """Give standard error to Python alone: ALSA, JACK, PortAudio write up to 400,000 lines a second to it."""
    own = os.fdopen(os.dup(2), "w", buffering=1)
    sys.stderr = own
    faulthandler.enable(own)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _end_at_once(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """End after a bug: the usual way would close streams, which may hang or crash (``operations.md`` 7)."""
    traceback.print_exception(kind, error, trace)
    os._exit(1)


def main(direction: Direction, descriptor: int) -> NoReturn:
    """Hold one device for the hub at the other end of this socket until either end is gone; never returns."""
    _keep_quiet()
    sys.excepthook = _end_at_once
    # The hub decides when this process ends. If PortAudio hangs while the hub dies, the kernel does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    hub = Hub(socket.socket(fileno=descriptor))
    try:
        order, early = hub.begin()
        audio = pyaudio.PyAudio()
        match direction:
            case Direction.MICROPHONE:
                _hold_microphone(hub, audio, order, early)
            case Direction.SPEAKER:
                _hold_speaker(hub, audio, order, early)
    except _LostError as lost:
        hub.send(lost.message)
    except ConnectionError:
        pass
    os._exit(0)


if __name__ == "__main__":
    main(Direction(sys.argv[1]), int(sys.argv[2]))
