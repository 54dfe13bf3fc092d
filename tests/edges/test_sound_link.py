from __future__ import annotations

import asyncio
import contextlib
import math
import os
import select
import signal
import subprocess
import sys
import wave
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from hubd.audio.resample import convert, to_pcm
from hubd.edges.sound_link import SoundLink, SoundSettings
from hubd.ports import Sound
from hubd.reports import Part
from tests.edges.sound_system import (
    Ear,
    FakeMicrophone,
    Reports,
    SpeakerTape,
    VirtualAudio,
    delays_of,
    needs_tools,
    noise,
)
from tests.processes import processes_of, told_of

pytestmark = pytest.mark.real_time

MICROPHONE_ONLY = SoundSettings(speaker="none")
USB = SoundSettings(rate=48_000, channels=2, speaker_rate=48_000, speaker_channels=2)


@contextlib.asynccontextmanager
async def linked(
    settings: SoundSettings, environment: Mapping[str, str]
) -> AsyncIterator[tuple[SoundLink, Ear, Reports]]:
    """Run a link with an ear at its microphone; afterwards no process of it may be left."""
    reports = Reports()
    link = SoundLink(settings, reports, environment=environment)
    task = asyncio.create_task(link.run())
    ear = Ear(link)
    try:
        yield link, ear, reports
        assert not task.done()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await ear.close()
        assert sound_processes(os.getpid()) == {}


def sound_processes(parent: int) -> dict[str, int]:
    """Return the ids of a hub's sound processes by what they hold."""
    found = {}
    for child in processes_of(parent):
        words = told_of(child, "cmdline").decode().split("\0")
        if "hubd.edges.pyaudio_sound" in words:
            found[words[words.index("hubd.edges.pyaudio_sound") + 1]] = child
    return found


def looks(link: SoundLink) -> bool:
    """Return whether the microphone is known to be missing, and is going to be looked for."""
    return link.looks_by is not None and asyncio.get_running_loop().time() < link.looks_by < math.inf


async def ended(process: int) -> None:
    """Wait until a process is gone."""
    with contextlib.suppress(ProcessLookupError):  # it is gone already
        descriptor = os.pidfd_open(process)
        try:
            await asyncio.to_thread(select.select, [descriptor], [], [])
        finally:
            os.close(descriptor)


def downlink(samples: np.ndarray) -> bytes:
    """Return samples as the speaker takes them."""
    return to_pcm(convert(samples.astype(np.float32), 24_000, 24_000))


def at_16k(samples: np.ndarray, rate: int) -> np.ndarray:
    """Return samples at the rate that recordings are compared at."""
    return convert(samples.astype(np.float32), rate, 16_000) / 32768


def loudly(heard: np.ndarray) -> int:
    """Return how many samples of what was heard are no silence."""
    return int(np.count_nonzero(np.abs(heard) > 0.01))


@pytest.mark.parametrize("settings", [SoundSettings(), USB], ids=["own-rates", "48-kHz-stereo"])
class TestThroughPulseAudio:
    async def test_speech_arrives(self, virtual: VirtualAudio, tmp_path: Path, settings: SoundSettings) -> None:
        """What is played into the microphone arrives as frames without a gap: nothing missing, nothing doubled."""
        spoken, path, reference = noise(2, 16_000), tmp_path / "spoken.wav", tmp_path / "reference.wav"
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(to_pcm(convert(spoken.astype(np.float32), 16_000, 16_000)))
        async with linked(settings, virtual.environment) as (_, ear, reports):
            await ear.more(5)
            await virtual.record(reference, source="mic")
            await virtual.do("play", path)
            await ear.more(25)
            # What another program heard, because on a busy computer the tool's player leaves gaps.
            there = await virtual.recorded(reference)
        loud = np.flatnonzero(np.abs(there) > 0.05)
        assert len(loud) > 20_000
        assert np.ptp(delays_of(there[loud[0] : loud[-1]], ear.heard)) <= 2
        assert {frame.lost_ms for frame in ear.frames} == {0}
        assert {len(frame.pcm) % 640 for frame in ear.frames} == {0}
        assert reports.all == []

    async def test_answer_is_heard(self, virtual: VirtualAudio, tmp_path: Path, settings: SoundSettings) -> None:
        """What is played comes out of the speaker whole when drained() returns: nothing missing, nothing doubled."""
        answer, path = noise(3, 24_000), tmp_path / "heard.wav"
        tape = SpeakerTape(virtual, tmp_path, rate=settings.speaker_rate, channels=settings.speaker_channels)
        async with tape, linked(settings, tape.environment) as (link, ear, reports):
            await ear.more(5)
            await virtual.record(path)
            for piece in np.array_split(answer, 37):
                link.play(downlink(piece))
            await link.drained()
            heard = await virtual.recorded(path)
            played = await tape.played()
        assert np.ptp(delays_of(at_16k(answer, 24_000), played)) <= 2
        assert loudly(heard) == pytest.approx(loudly(played), rel=0.01)
        assert reports.all == []

    async def test_flush_silences(self, virtual: VirtualAudio, tmp_path: Path, settings: SoundSettings) -> None:
        """After a flush the rest is never heard; what is played next is, and is waited for."""
        tape = SpeakerTape(virtual, tmp_path, rate=settings.speaker_rate, channels=settings.speaker_channels)
        async with tape, linked(settings, tape.environment) as (link, ear, _):
            await ear.more(5)
            link.play(downlink(noise(20, 24_000)))
            await ear.more(25)
            link.flush()
            await link.drained()
            await ear.more(50)
            after = noise(0.5, 24_000, seed=2)
            link.play(downlink(after))
            await link.drained()
            played = await tape.played()
        (delay, *_) = delays_of(at_16k(after, 24_000), played)
        # On a busy computer half a second is not over after half a second.
        assert 0 < loudly(played[:delay]) < 10 * 16_000
        # The place of what came after is known to a millisecond.
        assert loudly(played[delay - 3_200 : delay - 16]) == 0


class TestFaults:
    async def test_unplug(self, virtual: VirtualAudio) -> None:
        """A sound system that goes is trouble of both parts; when it is back so are they, with the gap counted."""
        async with linked(SoundSettings(), virtual.environment) as (link, ear, reports):
            await ear.more(5)
            await virtual.do("unplug")
            await reports.trouble(Part.MICROPHONE, cleared=False)
            await reports.trouble(Part.SPEAKER, cleared=False)
            link.play(downlink(noise(20, 24_000)))
            await link.drained()
            have = len(ear.frames)
            await virtual.do("replug")
            await reports.trouble(Part.MICROPHONE, cleared=True)
            await reports.trouble(Part.SPEAKER, cleared=True)
            await ear.more(5)
            first = ear.frames[have]
            passed_ms = (first.captured - ear.frames[have - 1].captured) * 1000
            assert first.lost_ms == pytest.approx(passed_ms - len(first.pcm) / 32, abs=2)

    async def test_stall(self, virtual: VirtualAudio) -> None:
        """A microphone without frames and without an error is trouble, until it delivers again by itself."""
        async with linked(MICROPHONE_ONLY, virtual.environment) as (link, ear, reports):
            await ear.more(5)
            assert not looks(link)
            await virtual.do("stall")
            trouble = await reports.trouble(Part.MICROPHONE, cleared=False)
            assert trouble.problem == "The microphone does not respond."
            assert looks(link)
            await virtual.do("resume")
            await reports.trouble(Part.MICROPHONE, cleared=True)
            assert not looks(link)
            await ear.more(5)

    async def test_pulled_alsa_card(self, tmp_path: Path) -> None:
        """A card that PortAudio hangs on when it is pulled is trouble, and is back when it is put back."""
        needs_tools()
        microphone = FakeMicrophone(tmp_path)
        async with linked(MICROPHONE_ONLY, microphone.environment) as (_, ear, reports):
            await ear.more(5)
            microphone.unplug()
            await reports.trouble(Part.MICROPHONE, cleared=False)
            microphone.replug()
            await reports.trouble(Part.MICROPHONE, cleared=True)
            await ear.more(5)

    async def test_killed_process(self, virtual: VirtualAudio, tmp_path: Path) -> None:
        """A microphone's process that dies is replaced, without a click in what is being said."""
        answer, tape = noise(3, 24_000), SpeakerTape(virtual, tmp_path)
        async with tape, linked(SoundSettings(), tape.environment) as (link, ear, reports):
            await ear.more(50)
            link.play(downlink(answer))
            await ear.more(5)
            before = sound_processes(os.getpid())
            os.kill(before["microphone"], signal.SIGKILL)
            await reports.trouble(Part.MICROPHONE, cleared=False)
            await link.drained()
            played = await tape.played()
            await reports.trouble(Part.MICROPHONE, cleared=True)
            after = sound_processes(os.getpid())
            assert after["speaker"] == before["speaker"]
            assert after["microphone"] != before["microphone"]
        assert np.ptp(delays_of(at_16k(answer, 24_000), played)) <= 2

    async def test_stopped_ear(self, virtual: VirtualAudio) -> None:
        """A microphone's process that stands still is replaced, and the next one hears."""
        async with linked(MICROPHONE_ONLY, virtual.environment) as (_, ear, reports):
            await ear.more(5)
            os.kill(sound_processes(os.getpid())["microphone"], signal.SIGSTOP)
            await reports.trouble(Part.MICROPHONE, cleared=False)
            await reports.trouble(Part.MICROPHONE, cleared=True)
            lost = await ear.more(2)
            assert lost[-1].lost_ms == 0

    async def test_stopped_process(self, virtual: VirtualAudio) -> None:
        """A speaker's process that stands still is replaced; nobody waits for what it was given."""
        async with linked(SoundSettings(), virtual.environment) as (link, ear, reports):
            await ear.more(5)
            os.kill(sound_processes(os.getpid())["speaker"], signal.SIGSTOP)
            link.play(downlink(noise(20, 24_000)))
            await link.drained()
            await reports.trouble(Part.SPEAKER, cleared=False)
            await reports.trouble(Part.SPEAKER, cleared=True)

    async def test_unknown_name(self, virtual: VirtualAudio) -> None:
        """A name that no device has is trouble which lists the names there are, said once."""
        async with linked(SoundSettings("jabra", "none"), virtual.environment) as (_, _ear, reports):
            trouble = await reports.trouble(Part.MICROPHONE, cleared=False)
        assert trouble.problem == 'No microphone is called "jabra".'
        assert '"default" (32 channels)' in trouble.advice
        assert len(reports.all) == 1

    async def test_missing_speaker_leaves_the_microphone(self, virtual: VirtualAudio) -> None:
        """A speaker that is not there takes nothing from the microphone; sound for it counts as played."""
        async with linked(SoundSettings("default", "jabra"), virtual.environment) as (link, ear, reports):
            await reports.trouble(Part.SPEAKER, cleared=False)
            await ear.more(5)
            process = sound_processes(os.getpid())["microphone"]
            link.play(bytes(48_000))
            await link.drained()
            await ear.more(100)
            assert sound_processes(os.getpid())["microphone"] == process
        assert {report.part for report in reports.all} == {Part.SPEAKER}

    async def test_refused_shape(self, virtual: VirtualAudio) -> None:
        """A shape that the card refuses is trouble that names the card with the reason."""
        async with linked(SoundSettings(rate=1_000_000, speaker="none"), virtual.environment) as (_, _ear, reports):
            trouble = await reports.trouble(Part.MICROPHONE, cleared=False)
        assert trouble.problem == 'The microphone "default" can\'t be opened: Invalid sample rate.'


async def test_nothing_wanted() -> None:
    """With both devices set to none no process is started, and nobody waits for the speaker."""
    async with linked(SoundSettings("none", "NONE"), {}) as (link, _, reports):
        link.play(bytes(4800))
        await link.drained()
        assert sound_processes(os.getpid()) == {}
        assert link.looks_by == math.inf
        assert reports.all == []


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a hub in a process of its own, with a bare ALSA microphone."""
    needs_tools()
    microphone = FakeMicrophone(tmp_path)
    program = """
import asyncio
from hubd.edges.sound_link import SoundLink, SoundSettings
async def main():
    link = SoundLink(SoundSettings(speaker="none"), lambda report: None)
    task = asyncio.create_task(link.run())
    async for frame in link.frames():
        print("heard", flush=True)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, env=microphone.environment, stdout=subprocess.PIPE) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("hangs", [False, True])
async def test_no_orphan(hub: subprocess.Popen[bytes], *, hangs: bool) -> None:
    """A hub that is killed leaves no sound process behind, not even one that hangs."""
    assert hub.stdout is not None
    assert await asyncio.to_thread(hub.stdout.readline) == b"heard\n"
    process = sound_processes(hub.pid)["microphone"]
    if hangs:
        os.kill(process, signal.SIGSTOP)
    hub.kill()
    await ended(process)


async def test_is_a_sound() -> None:
    """The rest of the program can use it as what the port describes."""
    sound: Sound = SoundLink(SoundSettings(), Reports())
    await sound.drained()
