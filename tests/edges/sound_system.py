"""A private sound system for tests: PulseAudio with a virtual microphone and speaker, or a bare ALSA microphone."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Self

import numpy as np
import pytest
from numpy.typing import NDArray

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE
from hubd.audio.resample import convert
from hubd.edges.wav_sound import read_wav
from hubd.ports import Microphone, MicrophoneFrame
from hubd.reports import Part, Report, TroubleReport
from tests.live_server import DEADLINE

TOOLS = Path(__file__).resolve().parents[2] / ".." / "shared" / "tools"
INSTALL = "sudo apt-get install -y"
MISSING_PROGRAM = 77
# With so much in advance a player on a busy computer leaves no gaps (ms).
IN_ADVANCE = "2000"


def needs_tools() -> None:
    """Skip the test where the tools beside the checkout are missing."""
    if not TOOLS.is_dir():
        pytest.skip(f"needs the tools in {TOOLS}, which are not part of this repository")


class VirtualAudio:
    """A sound server with a virtual microphone and speaker, made by ``tools/virtual-audio``; it runs while entered.

    Entering skips the test where the tools are missing; environment then leads to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.environment = dict(os.environ)

    async def __aenter__(self) -> Self:
        needs_tools()
        for line in (await self.do("start")).splitlines():
            name, _, value = line.removeprefix("export ").partition("=")
            self.environment[name] = shlex.split(value)[0]
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.do("stop")

    async def do(self, command: str, *arguments: str | Path) -> str:
        """Carry out one of the tool's commands; return what it printed."""
        line = [TOOLS / "virtual-audio", command, self._folder, *arguments]
        plays = {"PULSE_LATENCY_MSEC": IN_ADVANCE} if command in {"say", "play"} else {}
        process = await asyncio.create_subprocess_exec(
            *map(str, line),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | plays,
            start_new_session=True,
        )
        try:
            out, err = await process.communicate()
        except asyncio.CancelledError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.communicate()
            raise
        if process.returncode == MISSING_PROGRAM:
            packages = "pulseaudio pulseaudio-utils libasound2-plugins alsa-utils espeak-ng sox procps"
            pytest.fail(f"{err.decode().strip()}: {INSTALL} {packages}", pytrace=False)
        assert process.returncode == 0, f"virtual-audio {command}: {err.decode()}"
        return out.decode()

    async def record(self, path: Path, *, source: str = "speaker") -> None:
        """Record the speaker or the microphone ("mic") to a file until recorded()."""
        await self.do("record", path, "--source", source)

    async def recorded(self, path: Path) -> NDArray[np.float64]:
        """End the recording; return it at 16 kHz."""
        await self.do("stop-record")
        return samples_of(read_wav(path))


class SpeakerTape:
    """Takes down what a sound server is given to play; what it makes of that on a busy computer has gaps.

    It runs while entered. rate, channels: how the speaker is opened. environment: of who plays.
    """

    def __init__(
        self, virtual: VirtualAudio, folder: Path, *, rate: int | None = None, channels: int | None = None
    ) -> None:
        self._pipe, configuration = folder / "tape", folder / "taped.conf"
        self._rate, self._channels = rate or DOWNLINK_RATE, channels or 1
        self._given = bytearray()
        self._more = asyncio.Event()
        speaker = f'{{ type file slave.pcm "pulse" file "{self._pipe}" format "raw" }}'
        configuration.write_text(
            f"<{virtual.environment['ALSA_CONFIG_PATH']}>\n"
            f'pcm.!default {{ type asym playback.pcm {speaker} capture.pcm "pulse" }}\n'
        )
        self.environment = virtual.environment | {"ALSA_CONFIG_PATH": str(configuration)}

    async def __aenter__(self) -> Self:
        os.mkfifo(self._pipe)
        # Also for writing: a pipe that others have left is not at its end.
        self._end = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)
        fcntl.fcntl(self._end, fcntl.F_SETPIPE_SZ, 1 << 20)
        asyncio.get_running_loop().add_reader(self._end, self._take)
        return self

    async def __aexit__(self, *_error: object) -> None:
        asyncio.get_running_loop().remove_reader(self._end)
        os.close(self._end)

    async def played(self) -> NDArray[np.float64]:
        """Return all that was given by now, at 16 kHz."""
        # ALSA gives it a little later; where nothing is played it gives silence.
        end = len(self._given) + self._rate * self._channels * SAMPLE_BYTES
        async with asyncio.timeout(DEADLINE):
            while len(self._given) < end:
                self._more.clear()
                await self._more.wait()
        left = samples_of(bytes(self._given[:end]))[:: self._channels].astype(np.float32)
        return convert(left, self._rate, UPLINK_RATE).astype(np.float64) / 32768

    def _take(self) -> None:
        self._given += os.read(self._end, 1 << 20)
        self._more.set()


class FakeMicrophone:
    """An ALSA microphone that is pulled by making a file (``tools/fake-mic.c``).

    rate: the only one that it takes. without: the error that it gives while it is pulled.
    """

    def __init__(self, folder: Path, *, rate: int = UPLINK_RATE, without: str = "ENODEV") -> None:
        self._plug = folder / "unplugged"
        library, configuration = folder / f"fake-mic-{rate}.so", folder / "asound.conf"
        if shutil.which("cc") is None or not Path("/usr/include/alsa/asoundlib.h").exists():
            pytest.fail(f"a C compiler or ALSA's headers are missing: {INSTALL} gcc libasound2-dev", pytrace=False)
        source = (TOOLS / "fake-mic.c").read_text().replace("16000;", f"{rate};").replace("-ENODEV", f"-{without}")
        command = ["cc", "-O2", "-shared", "-fPIC", "-DPIC", "-o", str(library), "-x", "c", "-", "-lasound"]
        subprocess.run(command, input=source.encode(), check=True)
        kind = "{ type fake_mic }"
        configuration.write_text(
            f'pcm_type.fake_mic {{ lib "{library}" }}\npcm.fake_mic {kind}\npcm.!default {kind}\n', encoding="utf-8"
        )
        self.environment = os.environ | {"ALSA_CONFIG_PATH": str(configuration), "FAKE_MIC_UNPLUGGED": str(self._plug)}

    def unplug(self) -> None:
        """Pull the plug: the card says that it does not exist any more."""
        self._plug.touch()

    def replug(self) -> None:
        """Put the plug back in."""
        self._plug.unlink()


class Reports:
    """Takes trouble, and lets a test wait for it."""

    def __init__(self) -> None:
        self.all: list[TroubleReport] = []
        self._arrived = asyncio.Event()

    def __call__(self, report: Report) -> None:
        """Be a ReportSink."""
        assert isinstance(report, TroubleReport)
        self.all.append(report)
        self._arrived.set()

    async def trouble(self, part: Part, *, cleared: bool) -> TroubleReport:
        """Wait until the latest report of this part is trouble, or is its end."""
        while True:
            latest = [report for report in self.all if report.part is part][-1:]
            if latest and latest[0].cleared == cleared:
                return latest[0]
            self._arrived.clear()
            await self._arrived.wait()


class Ear:
    """Reads a microphone in the background."""

    def __init__(self, microphone: Microphone) -> None:
        self.frames: list[MicrophoneFrame] = []
        self._arrived = asyncio.Event()
        self._task = asyncio.create_task(self._read(microphone))

    async def _read(self, microphone: Microphone) -> None:
        async for frame in microphone.frames():
            self.frames.append(frame)
            self._arrived.set()

    async def more(self, number: int) -> list[MicrophoneFrame]:
        """Wait for so many more frames; return them."""
        have = len(self.frames)
        while len(self.frames) < have + number:
            self._arrived.clear()
            await self._arrived.wait()
        return self.frames[have:]

    async def close(self) -> None:
        """Stop reading."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def heard(self) -> NDArray[np.float64]:
        """All that was heard."""
        return samples_of(b"".join(frame.pcm for frame in self.frames))


def samples_of(pcm: bytes) -> NDArray[np.float64]:
    """Return signed 16-bit sound as samples from -1 to 1."""
    samples: NDArray[np.float64] = np.frombuffer(pcm, "<i2").astype(np.float64) / 32768
    return samples


def noise(seconds: float, rate: int, seed: int = 1) -> NDArray[np.float64]:
    """Return noise of 200 to 1500 Hz from -0.5 to 0.5; no two parts of it are alike."""
    count = int(seconds * rate)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[int(1500 * seconds) :] = 0
    spectrum[: int(200 * seconds)] = 0
    samples: NDArray[np.float64] = np.fft.irfft(spectrum, count)
    samples /= 2 * np.abs(samples).max()
    return samples


def delays_of(played: NDArray[np.float64], heard: NDArray[np.float64], block: int = UPLINK_RATE // 10) -> list[int]:
    """Return how many samples later each block of what was played was heard; both at the same rate.

    Fails for a block that is not there. Equal delays mean: nothing missing, nothing doubled, nothing out of order.
    """
    delays = []
    for start in range(0, len(played) - block + 1, block):
        piece = played[start : start + block]
        size = 1 << (len(heard) + block).bit_length()
        product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(piece, size)), size)
        at = int(product[: len(heard) - block + 1].argmax())
        there = heard[at : at + block]
        likeness = product[at] / (np.linalg.norm(piece) * np.linalg.norm(there) + 1e-12)
        assert likeness > 0.96, f"the sound at {start} of {len(played)} samples was not heard (likeness {likeness:.2f})"
        delays.append(at - start)
    return delays
