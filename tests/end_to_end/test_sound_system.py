"""``hubd run`` with a sound system: a microphone that hears, a speaker that is heard."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.pcm import DOWNLINK_RATE, UPLINK_RATE
from hubd.audio.resample import convert
from hubd.config import load
from hubd.demo.house import House
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.live import codec
from hubd.offline.server import OfflineServer
from tests.edges.sound_system import SpeakerTape, VirtualAudio, samples_of
from tests.end_to_end.daemon import configuration, daemon, ready

pytestmark = pytest.mark.real_time

USB: Final = """
[microphone]
rate = 48000
channels = 2
[speaker]
rate = 48000
channels = 2
"""
_BLOCK: Final = UPLINK_RATE // 10


@asynccontextmanager
async def house(config: Path, port: int) -> AsyncIterator[None]:
    """Have the devices of a configuration at home."""
    connection = PahoBroker(BrokerSettings(HOST, port, "house"), lambda _: None)
    devices = House(load(config).devices, connection)
    async with asyncio.TaskGroup() as tasks:
        living = tasks.create_task(devices.run())
        await devices.ready.wait()
        yield
        living.cancel()


class Answers:
    """What a Live server says: its sound, in order."""

    def __init__(self) -> None:
        self.pcm = bytearray()

    def __call__(self, frame: str) -> None:
        """Take a frame that was sent."""
        content = codec.decode_server(frame).server_content
        for part in content.model_turn.parts if content is not None and content.model_turn is not None else ():
            if part.inline_data is not None:
                assert part.inline_data.mime_type == f"audio/pcm;rate={DOWNLINK_RATE}"
                self.pcm += part.inline_data.data

    @property
    def samples(self) -> NDArray[np.float64]:
        """All of it, at 16 kHz."""
        return convert(samples_of(bytes(self.pcm)).astype(np.float32), DOWNLINK_RATE, UPLINK_RATE).astype(np.float64)


def aligned(said: NDArray[np.float64], heard: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """Return where in what was heard lies what was said, and what was said, moved by the fraction of a sample left."""
    size = 1 << (len(heard) + len(said)).bit_length()
    there, turns = np.fft.rfft(heard, size), np.fft.rfftfreq(size)
    best, place, moved = 0.0, 0, said
    for fraction in np.arange(-0.5, 0.5, 0.05):
        shifted = np.fft.rfft(said, size) * np.exp(-2j * np.pi * turns * fraction)
        product = np.fft.irfft(there * np.conj(shifted), size)[: len(heard) - len(said) + 1]
        if product.max() > best:
            best, place, moved = float(product.max()), int(product.argmax()), np.fft.irfft(shifted, size)[: len(said)]
    return place, moved


def assert_played(said: NDArray[np.float64], heard: NDArray[np.float64]) -> None:
    """Fail unless what was said was heard once, whole, in order, with silence around it; both at 16 kHz."""
    begin, said = aligned(said, heard)
    there = heard[begin : begin + len(said)]
    gain = float(there @ said) / float(said @ said)
    for start in range(0, len(said), _BLOCK):
        wanted, got = said[start : start + _BLOCK] * gain, there[start : start + _BLOCK]
        difference = np.linalg.norm(got - wanted) / max(float(np.linalg.norm(wanted)), 0.05)
        assert difference < 0.1, f"{start / UPLINK_RATE:.1f} s after its beginning the answer sounds otherwise"
    around = np.concatenate([heard[: max(0, begin - _BLOCK)], heard[begin + len(said) + _BLOCK :]])
    assert np.abs(around).max(initial=0) < 0.01, "something else was heard beside the answer"


@pytest.mark.parametrize(
    ("more", "rate", "channels"),
    [pytest.param("", None, None, id="its own rate"), pytest.param(USB, 48_000, 2, id="48 kHz stereo")],
)
async def test_says_what_the_server_says(
    tmp_path: Path, virtual: VirtualAudio, more: str, rate: int | None, channels: int | None
) -> None:
    """Spoken to in its room, the hub sends the command, and its speaker plays the server's answer to the sample."""
    answers, tape = Answers(), SpeakerTape(virtual, tmp_path, rate=rate, channels=channels)
    async with tape, PrivateBroker() as broker, OfflineServer(on_sent=answers) as server:
        config = configuration(tmp_path, server.url, broker.port, more)
        environment = {**tape.environment, "GEMINI_API_KEY": server.key.get_secret_value()}
        async with house(config, broker.port), daemon(config, environment) as running:
            await ready(running)
            request = "hey jarvis, set the heater to twenty one degrees"
            await virtual.do("say", "--speed", "130", "--pad", "1600", request)
            published = await running.event("published", topic="home/heater/set")
            spoken = await running.event("state", published, state="speaking")
            await running.event("state", spoken, state="following_up")
            heard = await tape.played()
            assert json.loads(running.events[published - 1]["payload"]) == {"temperature": 21}
            await running.event("answered", status="done", scheduling="WHEN_IDLE")
    assert len(answers.samples) > UPLINK_RATE
    assert_played(answers.samples, heard)
