"""The watchdog of a real systemd: a hub that hangs is ended and started again, and the journal shows where it hung."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edges.sound_system import FakeMicrophone
from tests.system.sandbox import CHECKOUT, Sandbox

pytestmark = pytest.mark.real_time

_UNIT = "watched.service"
# A watchdog that is as quick as the slowest proof is not: then a test is not slow either.
_SERVICE = """
[Service]
Type=notify
WorkingDirectory={checkout}
ExecStart={python} -m tests.system.hanging_hub run --config {folder}/hubd.toml
Environment=PYTHONDONTWRITEBYTECODE=1 {environment}
WatchdogSec=1s
TimeoutAbortSec=1s
Restart=always
RestartSec=100ms
LimitCORE=0
"""
_PATIENCE = 60.0


@pytest.fixture
def watched(bare: Sandbox, shared_folder: Path) -> Iterator[Sandbox]:
    """Yield a systemd with a hub that has a microphone, and is ready."""
    microphone = FakeMicrophone(shared_folder)
    names = ("ALSA_CONFIG_PATH", "FAKE_MIC_UNPLUGGED")
    environment = " ".join(f"{name}={microphone.environment[name]}" for name in names)
    settings = '[hub]\nstate_dir = "none"\n[live]\nbackend = "offline"\n[speaker]\ndevice = "none"\n'
    (shared_folder / "hubd.toml").write_text(settings)
    unit = _SERVICE.format(python=sys.executable, checkout=CHECKOUT, folder=shared_folder, environment=environment)
    bare.write(Path("/etc/systemd/system", _UNIT), unit)
    bare.systemctl("daemon-reload")
    bare.systemctl("start", _UNIT)
    yield bare
    bare.systemctl("stop", _UNIT)
    bare.remove(Path("/etc/systemd/system", _UNIT))


def restarted(system: Sandbox, times: int) -> None:
    """Wait until systemd has restarted the hub so often, which it does by itself, and the hub is ready."""
    end = time.monotonic() + _PATIENCE
    while system.property("NRestarts", _UNIT) != str(times) or system.property("ActiveState", _UNIT) != "active":
        assert time.monotonic() < end, system.journal(_UNIT)


def test_a_hub_that_hangs_is_restarted(watched: Sandbox) -> None:
    """With its event loop blocked, or its wake word thread stuck, it is replaced by one that is ready."""
    assert watched.property("StatusText", _UNIT).startswith("Degraded: no MQTT broker")
    for times, signal, where in ((1, "USR1", "in block_the_loop"), (2, "USR2", "in stick_in_the_model")):
        before, since = watched.property("MainPID", _UNIT), len(watched.journal(_UNIT))
        watched.systemctl("kill", "--kill-whom=main", f"--signal={signal}", _UNIT)
        restarted(watched, times)
        assert watched.property("MainPID", _UNIT) != before
        journal = watched.journal(_UNIT)[since:]
        assert "Watchdog timeout" in journal
        assert where in journal
    assert "the hub is not vouched for any more: the wake word engine takes no sound" in journal
