from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubd.edges.systemd_notify import SystemdNotifier
from hubd.errors import MissingPartError
from hubd.ports import Notifier


class Manager:
    """A service manager's end of the socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.settimeout(10)

    def heard(self) -> dict[str, str]:
        """Return the assignments of the next message."""
        return dict(line.split("=", 1) for line in self._socket.recv(4096).decode().splitlines())

    def close(self) -> None:
        """Listen no more."""
        self._socket.close()


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Manager]:
    """Be the service manager of this process."""
    path = tmp_path / "notify"
    monkeypatch.setenv("NOTIFY_SOCKET", str(path))
    listening = Manager(path)
    yield listening
    listening.close()


def test_says_what_happens(manager: Manager) -> None:
    """Each word of the port is the assignment that sd_notify(3) has for it."""
    notifier: Notifier = SystemdNotifier(os.environ)
    for say, heard in (
        (notifier.ready, {"READY": "1"}),
        (notifier.alive, {"WATCHDOG": "1"}),
        (notifier.stopping, {"STOPPING": "1"}),
    ):
        say()
        assert manager.heard() == heard


def test_reloading_carries_its_time(manager: Manager) -> None:
    """RELOADING comes with the monotonic microseconds of its moment, in one message."""
    notifier = SystemdNotifier(os.environ)
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading()
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    heard = manager.heard()
    assert before <= int(heard.pop("MONOTONIC_USEC")) <= after
    assert heard == {"RELOADING": "1"}


def test_status_is_one_line(manager: Manager) -> None:
    """Words from outside that got into a status add no assignment of their own."""
    SystemdNotifier(os.environ).status("Degraded: grün\nSTOPPING=1\x00\u2028.")
    assert manager.heard() == {"STATUS": "Degraded: grün STOPPING=1  ."}


def test_without_a_manager_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody listens nothing is said, and systemd-python is not even looked for."""
    monkeypatch.setitem(sys.modules, "systemd.daemon", None)
    notifier = SystemdNotifier({"WATCHDOG_USEC": "20000000"})
    for say in (notifier.ready, notifier.reloading, notifier.alive, notifier.stopping):
        say()
    notifier.status("Listening.")
    assert notifier.interval is None


def test_a_manager_that_left(manager: Manager, caplog: pytest.LogCaptureFixture) -> None:
    """A manager that can't be reached stops nothing; the log has why."""
    notifier = SystemdNotifier(os.environ)
    manager.close()
    notifier.alive()
    assert "WATCHDOG: Connection refused" in caplog.text


def test_a_manager_without_its_library(manager: Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than to be waited for in silence, a hub that can't speak to its manager says what is missing."""
    monkeypatch.setitem(sys.modules, "systemd.daemon", None)
    with pytest.raises(MissingPartError, match=r'run: .* -m pip install "systemd-python>=235"$'):
        SystemdNotifier(os.environ)


@pytest.mark.parametrize(
    ("watchdog", "interval"),
    [
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())}, 5.0),
        ({"WATCHDOG_USEC": "20000000"}, 5.0),
        ({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_interval(manager: Manager, watchdog: dict[str, str], interval: float | None) -> None:
    """Four signs of life fit into the watchdog's time, if it is this process that is watched."""
    assert SystemdNotifier({"NOTIFY_SOCKET": "/set", **watchdog}).interval == interval
