"""Microphone, wake word, speaker, with a sound system."""

from __future__ import annotations

import asyncio
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hubd.doctor.case import Trial
from hubd.doctor.findings import Verdict
from tests.doctor.patients import case, look
from tests.edges.sound_system import VirtualAudio
from tests.edges.test_sound_link import MICROPHONE_ONLY, linked

pytestmark = pytest.mark.real_time


async def test_silence(tmp_path: Path, virtual: VirtualAudio) -> None:
    """A microphone that delivers nothing but zeros is dead, though it can be opened; an unknown one is named."""
    (dead,) = await look(case(tmp_path, "", virtual.environment), "microphone")
    assert dead.verdict is Verdict.BAD
    assert dead.found == 'The microphone delivers nothing but silence. It is "default".'
    (unknown,) = await look(case(tmp_path, "[microphone]\ndevice = 'jabra'", virtual.environment), "microphone")
    assert unknown.found == 'No microphone is called "jabra".'
    assert '"default"' in unknown.advice


async def test_too_loud(tmp_path: Path, virtual: VirtualAudio) -> None:
    """A microphone that cuts off what it hears is told from a good one."""
    file = tmp_path / "loud.wav"
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(48_000)
        wav.writeframes((np.sign(np.sin(np.arange(1_440_000) * 0.02)) * 32_767).astype("<i2").tobytes())
    async with asyncio.TaskGroup() as tasks:
        playing = tasks.create_task(virtual.do("play", file))
        async with linked(MICROPHONE_ONLY, virtual.environment) as (_, ear, _reports):
            while np.abs(ear.heard).max(initial=0) < 0.9:
                await ear.more(1)
        found = await look(case(tmp_path, "", virtual.environment), "microphone")
        playing.cancel()
    assert found[0].verdict is Verdict.DOUBTFUL
    assert found[0].found == 'The microphone is set too loud: what it hears is cut off. It is "default".'


async def test_trials(tmp_path: Path, virtual: VirtualAudio) -> None:
    """A wake word that is said when it is asked for is heard; a sentence is played to its end."""
    asked: asyncio.Queue[str] = asyncio.Queue()
    patient = replace(
        case(tmp_path, "[speaker]\nvolume = 100", virtual.environment),
        trials=Trial.LISTEN | Trial.SPEAK,
        ask=asked.put_nowait,
    )
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(look(patient, "wake word"))
        asking = tasks.create_task(asked.get())
        await asyncio.wait((listening, asking), return_when=asyncio.FIRST_COMPLETED)
        assert asking.done(), listening.result()
        assert asking.result() == 'Say "hey jarvis" now.'
        await virtual.do("say", "hey jarvis")
        _, heard = await listening
    assert heard.verdict is Verdict.GOOD
    assert heard.found.startswith("heard hey jarvis with score ")
    recording = tmp_path / "speaker.wav"
    await virtual.record(recording)
    (played,) = await look(patient, "speaker")
    sound = await virtual.recorded(recording)
    assert played.verdict is Verdict.GOOD
    assert np.abs(sound).max() > 0.1
