"""A real systemd looks after the hub: it starts what hangs anew, and its journal knows what happened."""

from __future__ import annotations

import json
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
WatchdogSec=2s
TimeoutAbortSec=60s
Restart=always
RestartSec=100ms
LimitCORE=0
"""
_PATIENCE = 60.0


@pytest.fixture(scope="module")
def watched(bare: Sandbox, shared_folder: Path) -> Iterator[Sandbox]:
    """Yield a systemd with a hub that has a microphone, and is ready."""
    microphone = FakeMicrophone(shared_folder)
    names = ("ALSA_CONFIG_PATH", "FAKE_MIC_UNPLUGGED")
    environment = " ".join(f"{name}={microphone.environment[name]}" for name in names)
    settings = '[hub]\nstate_dir = "none"\n[live]\nbackend = "offline"\n[speaker]\ndevice = "none"\n[mqtt]\nport = 1\n'
    (shared_folder / "hubd.toml").write_text(settings)
    unit = _SERVICE.format(python=sys.executable, checkout=CHECKOUT, folder=shared_folder, environment=environment)
    with bare.serving(_UNIT, unit):
        yield bare


def replaced(system: Sandbox, process: str) -> None:
    """Wait until systemd has put another hub in the place of this process, which it does by itself, and it is ready."""
    end = time.monotonic() + _PATIENCE
    while system.property("MainPID", _UNIT) in {process, "0"} or system.property("ActiveState", _UNIT) != "active":
        assert time.monotonic() < end, system.journal(_UNIT)


def test_the_journal_can_be_asked(watched: Sandbox) -> None:
    """What happened is found by its fields, and reads as a story without them."""
    told = "trouble: mqtt: no MQTT broker listens at localhost:1. Start the broker"
    watched.journalled(told, _UNIT)
    asked = ("HUBD_EVENT=trouble", "HUBD_PART=mqtt")
    assert watched.journal(_UNIT, *asked).startswith(told)
    (entry,) = map(json.loads, watched.journal(_UNIT, "--output", "json", *asked).splitlines())
    assert entry["PRIORITY"] == "4"
    assert "CODE_ARGS" not in entry
    assert "\nready: " in watched.journal(_UNIT)


def test_a_hub_that_hangs_is_restarted(watched: Sandbox) -> None:
    """With its event loop blocked, or its wake word thread stuck, it is replaced by one that is ready."""
    watched.status("Degraded: no MQTT broker", _UNIT)
    for signal, where in (("USR1", "in block_the_loop"), ("USR2", "in stick_in_the_model")):
        before, since = watched.property("MainPID", _UNIT), len(watched.journal(_UNIT))
        watched.systemctl("kill", "--kill-whom=main", f"--signal={signal}", _UNIT)
        replaced(watched, before)
        journal = watched.journal(_UNIT)[since:]
        assert "Watchdog timeout" in journal
        assert where in journal
    assert "the hub is not vouched for any more: the wake word engine takes no sound" in journal


def test_a_stop_is_a_success(watched: Sandbox) -> None:
    """A hub that is told to stop ends with 0, and stays ended."""
    watched.systemctl("stop", _UNIT)
    assert [watched.property(name, _UNIT) for name in ("Result", "ExecMainStatus")] == ["success", "0"]
