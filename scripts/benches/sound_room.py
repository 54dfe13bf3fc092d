"""A room of sound for the benches: a private PulseAudio with a microphone, a speaker, an echo from one to the other.

Both are null sinks that keep time as a card does, in blocks of 10 ms. The speaker is recorded from its monitor, the
microphone is what is said into the other sink.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from hubd.audio.pcm import UPLINK_RATE
from hubd.errors import MissingPartError

RATE: Final = 48_000
_PATIENCE: Final = 10.0
_BLOCK_MS: Final = 10
_SOUND: Final = ("--raw", "--format=s16le", f"--latency-msec={_BLOCK_MS}")
_MODULES: Final = f"""
load-module module-null-sink sink_name=speaker rate={RATE} channels=1 channel_map=mono norewinds=1
load-module module-null-sink sink_name=mouth rate={RATE} channels=1 channel_map=mono norewinds=1
load-module module-remap-source source_name=microphone master=mouth.monitor channels=1 channel_map=mono
set-default-sink speaker
set-default-source microphone
load-module module-native-protocol-unix socket={{folder}}/native auth-anonymous=1
"""
_SETTINGS: Final = f"""
exit-idle-time = -1
enable-shm = no
enable-memfd = no
high-priority = no
realtime-scheduling = no
flat-volumes = no
default-sample-rate = {RATE}
default-fragment-size-msec = {_BLOCK_MS}
"""
_ALSA: Final = 'pcm.!default {{ type pulse server "unix:{folder}/native" hint {{ show on description "Room" }} }}\n'


class SoundRoom:
    """The room, while it is entered; environment leads a program to it.

    echo_db: how loud the microphone hears the speaker, against what is said into it; None for not at all.
    Raises MissingPartError where PulseAudio is not installed.
    """

    def __init__(self, echo_db: float | None = None) -> None:
        self._pactl, *_ = (_path(name) for name in ("pactl", "pulseaudio", "pacat", "parec"))
        self._folder = tempfile.TemporaryDirectory(prefix="hubd-room-")
        self._echo_db = echo_db
        self._server: subprocess.Popen[bytes] | None = None
        folder = self._folder.name
        self.environment = {
            "PULSE_SERVER": f"unix:{folder}/native",
            "PULSE_SINK": "speaker",
            "PULSE_SOURCE": "microphone",
            "PULSE_COOKIE": f"{folder}/cookie",
            "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
        }

    def __enter__(self) -> Self:
        folder = Path(self._folder.name)
        (folder / "default.pa").write_text(_MODULES.format(folder=folder))
        (folder / "daemon.conf").write_text(_SETTINGS)
        (folder / "asound.conf").write_text(_ALSA.format(folder=folder))
        (folder / "cookie").touch()
        kept = {name: os.environ[name] for name in os.environ.keys() - {"DISPLAY", "DBUS_SESSION_BUS_ADDRESS"}}
        places = {name: str(folder) for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "PULSE_STATE_PATH")}
        more = {"PULSE_RUNTIME_PATH": f"{folder}/pulse", "PULSE_CONFIG": f"{folder}/daemon.conf"}
        command = ["pulseaudio", "--daemonize=no", "--use-pid-file=no", "-n", "-F", f"{folder}/default.pa"]
        self._server = subprocess.Popen(
            [*command, "--log-target=stderr", "--log-level=error"],
            env=kept | places | more | {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/no-bus"},
            stdin=subprocess.DEVNULL,
            stderr=(folder / "log").open("wb"),
        )
        ends = time.monotonic() + _PATIENCE
        while b"microphone" not in self._control("list", "short", "sources"):
            if self._server.poll() is not None or time.monotonic() > ends:
                raise RuntimeError(f"PulseAudio does not start: {(folder / 'log').read_text()}")
            time.sleep(0.05)  # PulseAudio tells nobody when it is ready: it has to be asked
        if self._echo_db is not None:
            self._control("load-module", "module-loopback", "source=speaker.monitor", "sink=mouth", "latency_msec=50")
            inputs = self._control("list", "short", "sink-inputs").decode().splitlines()
            index = next(line.split()[0] for line in inputs if "module-loopback" in line)
            self._control("set-sink-input-volume", index, f"{self._echo_db}dB")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.wait()
        self._folder.cleanup()

    def say(self, pcm: bytes) -> None:
        """Say 16 kHz mono into the microphone; returns once it is said."""
        command = ["pacat", "--playback", "--device=mouth", *_SOUND, f"--rate={UPLINK_RATE}", "--channels=1"]
        subprocess.run(command, input=pcm, env={**os.environ, **self.environment}, check=True)

    def _control(self, *arguments: str) -> bytes:
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            [self._pactl, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        ).stdout


def _path(name: str) -> str:
    if (path := shutil.which(name)) is None:
        raise MissingPartError(f"{name} is missing: sudo apt-get install pulseaudio pulseaudio-utils")
    return path


class Recording:
    """What one of the room's sinks played, from the moment that it is entered: "speaker", or "mouth".

    began: when its first sample was there, monotonic, s: the earliest that fits the moments at which its parts came,
    so at most a block too late.
    """

    def __init__(self, room: SoundRoom, sink: str) -> None:
        self._command = ["parec", f"--device={sink}.monitor", *_SOUND, f"--rate={RATE}", "--channels=1"]
        self._environment = {**os.environ, **room.environment}
        self._pcm = bytearray()
        self.began = float("inf")

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, env=self._environment, stdout=subprocess.PIPE, bufsize=0)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()

    @property
    def samples(self) -> NDArray[np.int16]:
        """All of it so far."""
        return np.frombuffer(bytes(self._pcm[: len(self._pcm) // 2 * 2]), "<i2")

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 -- it was asked for
        while data := self._process.stdout.read(4096):
            self._pcm += data
            self.began = min(self.began, time.monotonic() - len(self._pcm) / 2 / RATE)
