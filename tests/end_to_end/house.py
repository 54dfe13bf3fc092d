"""A whole hub in a room where a test speaks, between a recording Live server and a private broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hubd.app import Hub
from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE
from hubd.audio.resample import convert, to_pcm
from hubd.config import Config, load
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.model import Device
from hubd.edges.state_file import StateFile
from hubd.edges.wav_sound import WavSound
from hubd.events import Backend
from hubd.offline.espeak_voice import EspeakVoice
from hubd.offline.standby import Standby
from hubd.ports import MicrophoneFrame
from hubd.reports import PublicState, Report, StateReport
from hubd.secrets import Secrets
from tests.live_server import DEADLINE
from tests.running import running

# Below this it is the voice's own hiss.
_AUDIBLE: Final = 100
# The pace at which the wake models understand the voice best.
_WORDS_PER_MINUTE: Final = 130
# The wake model disregards its first 1.28 s.
WARM_UP: Final = UPLINK_RATE * 8 // 5
# Frames; the hub drops what waits when there are 25 of them (``stages/listen.py``).
_MOST_BEHIND: Final = 12


def speech(text: str, *, words_per_minute: int = _WORDS_PER_MINUTE) -> NDArray[np.int16]:
    """Return a text as speech at 16 kHz, from its first audible sample to its last."""
    spoken = np.frombuffer(EspeakVoice(words_per_minute=words_per_minute).speak(text), "<i2")
    samples = np.frombuffer(to_pcm(convert((spoken / 32768).astype(np.float32), DOWNLINK_RATE, UPLINK_RATE)), "<i2")
    audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
    return samples[audible[0] : audible[-1] + 1]


class Tape:
    """Sound to be said, piece by piece, over a noise too soft to matter: no two stretches of it are alike.

    marks: where each piece ends, samples.
    """

    def __init__(self, *pieces: NDArray[np.int16] | int) -> None:
        sound = [np.zeros(piece, np.int16) if isinstance(piece, int) else piece for piece in pieces]
        self.marks = [int(end) for end in np.cumsum([len(piece) for piece in sound])]
        noise = np.random.default_rng(7).integers(-8, 9, self.marks[-1], dtype=np.int16)
        self.pcm = np.clip(np.concatenate(sound).astype(np.int32) + noise, -32768, 32767).astype("<i2").tobytes()


class Room(WavSound):
    """A room where a test speaks, no faster than the hub can listen; heard is every byte that its microphone gave."""

    def __init__(self, *, speed: float = 1.0, waits: Callable[[], bool] = lambda: False) -> None:
        super().__init__(speed=speed, waits=waits)
        self.heard = bytearray()
        self._more = asyncio.Condition()

    async def frames(self) -> AsyncIterator[MicrophoneFrame]:
        """Yield what ``WavSound`` yields, and keep it; a busy machine hears it later, but all of it."""
        async for frame in super().frames():
            self.heard += frame.pcm
            async with self._more:
                self._more.notify_all()
            yield frame

    async def listened(self, samples: int) -> None:
        """Return when the microphone has heard so much more."""
        end = len(self.heard) + samples * SAMPLE_BYTES
        async with self._more:
            await self._more.wait_for(lambda: len(self.heard) >= end)


class Diary:
    """The event stream, which can be waited for."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self._more = asyncio.Event()

    def __call__(self, report: Report) -> None:
        """Take a report."""
        self.reports.append(report)
        self._more.set()

    async def until(self, condition: Callable[[Report], bool], since: int = 0) -> int:
        """Return the place after the first report that meets the condition, from a place on."""
        async with asyncio.timeout(DEADLINE):
            while True:
                for place, report in enumerate(self.reports[since:], start=since):
                    if condition(report):
                        return place + 1
                self._more.clear()
                await self._more.wait()

    async def state(self, state: PublicState, since: int = 0) -> int:
        """Wait for a state; return the place after its report."""
        return await self.until(lambda report: report == StateReport(state), since)


@dataclass(frozen=True, slots=True)
class Home:
    """A hub that runs, with what is around it; port: its broker's. read: reads its configuration anew."""

    hub: Hub
    room: Room
    diary: Diary
    port: int
    read: Callable[[], Config]


@asynccontextmanager
async def home(  # noqa: PLR0913 -- what a test may want otherwise
    folder: Path,
    url: str,
    settings: str = "",
    *,
    devices: Sequence[Device] = (),
    speed: float = 1.0,
    tokens: Path | None = None,
    state: Path | None = None,
    standby: Standby | None = None,
    timers: Path | None = None,
) -> AsyncIterator[Home]:
    """Run a hub that talks to the Live server at url; settings: its hubd.toml. It has to live through the block.

    tokens: where it keeps what was spent. state: where it keeps what survives a restart. timers: where it keeps those.
    standby: the offline server.
    """
    file = folder / "hubd.toml"
    file.write_text(settings)
    async with PrivateBroker() as broker, asyncio.TaskGroup() as tasks:

        def read() -> Config:
            return _at_home(load(file), broker.port, devices)

        config = read()
        room, diary = Room(speed=speed, waits=lambda: hub.behind > _MOST_BEHIND), Diary()
        purse = None if tokens is None else StateFile(tokens, diary)
        hub = Hub(
            config,
            Secrets(),
            sound=room,
            backend=Backend.GEMINI,
            url=url,
            report=diary,
            tokens=purse,
            store=None if state is None else StateFile(state, diary),
            standby=standby,
            timers=None if timers is None else StateFile(timers, diary),
        )
        running = [tasks.create_task(hub.run(), name="hub"), tasks.create_task(room.run(), name="sound")]
        running += [tasks.create_task(standby.run(), name="standby")] if standby is not None else []
        yield Home(hub, room, diary, broker.port, read)
        for task in running:
            assert not task.done()
            task.cancel()


def _at_home(config: Config, port: int, devices: Sequence[Device]) -> Config:
    mqtt = config.mqtt.model_copy(update={"host": HOST, "port": port})
    return replace(config, mqtt=mqtt, devices=tuple(devices) or config.devices)


@asynccontextmanager
async def saying(room: Room, pcm: bytes) -> AsyncIterator[None]:
    """Speak while the block lasts; what has not been said at its end stays unsaid."""
    async with running(room.speak(pcm)):
        yield
