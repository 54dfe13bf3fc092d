from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from hubd.edges.wav_sound import WavSound, read_wav
from hubd.errors import SoundError
from hubd.ports import MicrophoneFrame, Sound

pytestmark = pytest.mark.real_time

FAST = 200.0


def write_wav(path: Path, samples: list[int], rate: int = 16_000, channels: int = 1) -> Path:
    """Write 16-bit samples as a WAV file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.array(samples, "<i2").tobytes())
    return path


def ramp(samples: int) -> bytes:
    """Return samples that count up from 1."""
    return np.arange(1, samples + 1, dtype="<i2").tobytes()


@contextlib.asynccontextmanager
async def running(sound: WavSound) -> AsyncIterator[None]:
    """Run the sound for as long as the block lasts."""
    task = asyncio.create_task(sound.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def heard(sound: Sound, frames: int) -> list[MicrophoneFrame]:
    """Return the next frames of the microphone."""
    async with contextlib.aclosing(sound.frames()) as stream:  # type: ignore[type-var]  # the port promises less
        return [frame async for _, frame in _zip(range(frames), stream)]


async def _zip(numbers: range, stream: AsyncIterator[MicrophoneFrame]) -> AsyncIterator[tuple[int, MicrophoneFrame]]:
    for number in numbers:
        yield number, await anext(stream)


class TestMicrophone:
    async def test_it_waits_for_who_is_behind(self) -> None:
        """A listener that asks for patience is given nothing meanwhile; then the speech goes on where it was."""
        asked = iter([False, True, True, False, False, False, False])
        sound = WavSound(speed=FAST, waits=lambda: next(asked))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sound.speak(ramp(1000)))
            frames = await heard(sound, 5)
        assert b"".join(frame.pcm for frame in frames).strip(b"\0") == ramp(1000).strip(b"\0")
        assert list(asked) == []

    async def test_speech_arrives_whole(self) -> None:
        """What is spoken arrives bit for bit, padded to whole frames; before and after it is silence."""
        sound = WavSound(speed=FAST)
        speech = ramp(1000)
        async with asyncio.TaskGroup() as tasks:
            said = tasks.create_task(sound.speak(speech))
            frames = await heard(sound, 6)
        assert said.done()
        assert b"".join(frame.pcm for frame in frames).strip(b"\0") == speech.strip(b"\0")
        assert {len(frame.pcm) for frame in frames} == {640}
        assert all(earlier.captured <= later.captured for earlier, later in itertools.pairwise(frames))
        assert {frame.lost_ms for frame in frames} == {0}

    async def test_speak_waits_its_turn(self) -> None:
        """Two utterances follow each other, each from a frame of its own."""
        sound = WavSound(speed=FAST)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sound.speak(ramp(10)))
            tasks.create_task(sound.speak(ramp(20)))
            frames = await heard(sound, 3)
        assert [frame.pcm.rstrip(b"\0") for frame in frames] == [
            ramp(10).rstrip(b"\0"),
            ramp(20).rstrip(b"\0"),
            b"",
        ]

    async def test_speak_returns_with_the_last_sample(self) -> None:
        """speak() is not over before its last frame is delivered."""
        sound = WavSound(speed=FAST)
        saying = asyncio.create_task(sound.speak(ramp(700)))
        await heard(sound, 2)
        assert not saying.done()
        await heard(sound, 1)
        await saying

    async def test_cancelled_speech_is_withdrawn(self) -> None:
        """What nobody waits for any more is not said."""
        sound = WavSound(speed=FAST)
        saying = asyncio.create_task(sound.speak(ramp(5000)))
        await heard(sound, 1)
        saying.cancel()
        await asyncio.gather(saying, return_exceptions=True)
        assert [frame.pcm for frame in await heard(sound, 2)] == [bytes(640), bytes(640)]

    async def test_blocked_loop_loses_nothing(self) -> None:
        """After the loop was blocked for several frames they all come, in order."""
        sound = WavSound(speed=FAST)
        stream = sound.frames()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sound.speak(ramp(320 * 20)))
            first = await anext(stream)
            until = time.monotonic() + 0.002
            while time.monotonic() < until:
                pass
            rest = [await anext(stream) for _ in range(20)]
        assert b"".join(frame.pcm for frame in [first, *rest]).strip(b"\0") == ramp(320 * 20).strip(b"\0")


class TestSpeaker:
    async def test_recording_is_the_timeline(self, tmp_path: Path) -> None:
        """The recording holds what was played, once, with silence where nothing was."""
        out = tmp_path / "out.wav"
        sound = WavSound(speed=FAST, record=out)
        async with running(sound):
            sound.play(ramp(3000))
            await sound.drained()
            await heard(sound, 3)
            sound.play(ramp(100))
            await sound.drained()
        with wave.open(str(out)) as file:
            assert file.getparams()[:3] == (1, 2, 24_000)
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        assert samples[samples > 0].tolist() == [*range(1, 3001), *range(1, 101)]
        assert samples[3000:].tolist().count(0) > 0

    async def test_flush_silences(self, tmp_path: Path) -> None:
        """After a flush nothing more is played, and nothing has to be waited for."""
        out = tmp_path / "out.wav"
        sound = WavSound(speed=FAST, record=out)
        async with running(sound):
            sound.play(ramp(20_000))
            sound.flush()
            await sound.drained()
            sound.play(ramp(5))
            await sound.drained()
        with wave.open(str(out)) as file:
            assert file.readframes(file.getnframes()).strip(b"\0") == ramp(5).strip(b"\0")

    async def test_end_lets_go(self) -> None:
        """Who waits for the speaker when it is switched off is not left waiting."""
        sound = WavSound(speed=FAST)
        async with running(sound):
            sound.play(ramp(20_000))
            waiting = asyncio.create_task(sound.drained())
            await heard(sound, 1)
        await waiting
        sound.play(ramp(1))
        await sound.drained()

    async def test_unwritable_recording(self, tmp_path: Path) -> None:
        """A recording that can't be written is said at once, by name."""
        with pytest.raises(SoundError, match=r"nowhere/out\.wav can't be written: No such file"):
            await WavSound(record=tmp_path / "nowhere" / "out.wav").run()


class TestReadWav:
    def test_own_format_is_untouched(self, tmp_path: Path) -> None:
        """A file that is 16 kHz mono 16-bit comes back bit for bit."""
        samples = [0, 1, -1, 32767, -32768, 1234]
        assert read_wav(write_wav(tmp_path / "a.wav", samples)) == np.array(samples, "<i2").tobytes()

    @pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
    def test_other_rates(self, tmp_path: Path, rate: int) -> None:
        """A stereo tone at any rate comes back as the same mono tone at 16 kHz."""
        tone = np.rint(10_000 * np.sin(2 * np.pi * 700 * np.arange(rate) / rate)).astype(int)
        pcm = read_wav(write_wav(tmp_path / "a.wav", np.repeat(tone, 2).tolist(), rate, channels=2))
        got = np.frombuffer(pcm, "<i2")
        expected = 10_000 * np.sin(2 * np.pi * 700 * np.arange(16_000) / 16_000)
        assert len(got) == 16_000
        assert np.abs(got - expected)[500:-500].max() < 20

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [(None, "can't be read: No such file"), (b"", "is not a WAV file"), (b"RIFF1234WAVE", "holds no sound")],
    )
    def test_unreadable_file_is_named(self, tmp_path: Path, content: bytes | None, complaint: str) -> None:
        """What can't be read is a sentence that begins with the file's name."""
        path = tmp_path / "a.wav"
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(SoundError, match=rf"^{path} {complaint}.*\.$"):
            read_wav(path)
