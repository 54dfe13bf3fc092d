"""Microphone, wake word, speaker, with a sound system."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hubd.doctor.case import Trial
from hubd.doctor.findings import Verdict
from tests.doctor.patients import case, look
from tests.edges.sound_system import VirtualAudio, needs_tools

pytestmark = pytest.mark.real_time


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[VirtualAudio]:
    """Give a room with a microphone and a speaker."""
    needs_tools()
    virtual = VirtualAudio(tmp_path / "sound")
    await virtual.start()
    try:
        yield virtual
    finally:
        await virtual.do("stop")


async def test_silence(tmp_path: Path, room: VirtualAudio) -> None:
    """A microphone that delivers nothing but zeros is dead, though it can be opened; an unknown one is named."""
    (dead,) = await look(case(tmp_path, "", room.environment), "microphone")
    assert dead.verdict is Verdict.BAD
    assert dead.found == 'The microphone delivers nothing but silence. It is "default".'
    (unknown,) = await look(case(tmp_path, "[microphone]\ndevice = 'jabra'", room.environment), "microphone")
    assert unknown.found == 'No microphone is called "jabra".'
    assert '"default"' in unknown.advice


async def test_too_loud(tmp_path: Path, room: VirtualAudio) -> None:
    """A microphone that cuts off what it hears is told from a good one."""
    file = tmp_path / "loud.wav"
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        wav.writeframes((np.sign(np.sin(np.arange(480_000) * 0.02)) * 32_767).astype("<i2").tobytes())
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(room.do("play", file))
        found = await look(case(tmp_path, "", room.environment), "microphone")
        playing.cancel()
    assert found[0].verdict is Verdict.DOUBTFUL
    assert found[0].found == 'The microphone is set too loud: what it hears is cut off. It is "default".'


async def test_trials(tmp_path: Path, room: VirtualAudio) -> None:
    """A wake word that is said when it is asked for is heard; a sentence is played to its end."""
    asked: asyncio.Queue[str] = asyncio.Queue()
    patient = replace(
        case(tmp_path, "[speaker]\nvolume = 100", room.environment),
        trials=Trial.LISTEN | Trial.SPEAK,
        ask=asked.put_nowait,
    )
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(look(patient, "wake word"))
        asking = tasks.create_task(asked.get())
        await asyncio.wait((listening, asking), return_when=asyncio.FIRST_COMPLETED)
        assert asking.done(), listening.result()
        assert asking.result() == 'Say "hey jarvis" now.'
        await room.do("say", "hey jarvis")
        _, heard = await listening
    assert heard.verdict is Verdict.GOOD
    assert heard.found.startswith("heard hey jarvis with score ")
    recording = tmp_path / "speaker.wav"
    await room.record(recording)
    (played,) = await look(patient, "speaker")
    sound = await room.recorded(recording)
    assert played.verdict is Verdict.GOOD
    assert np.abs(sound).max() > 0.1
