from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from hubd.cli import main
from hubd.commands import run
from hubd.errors import LocalProtocolError, SoundError

if TYPE_CHECKING:
    from hubd.daemon import Daemon


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Be the service manager of this process."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(path))
        listening.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        yield listening


def test_a_broken_configuration_is_in_the_status(tmp_path: Path, manager: socket.socket) -> None:
    """Whoever asks systemd why there is no hub sees the first mistake; the exit status keeps it from another try."""
    file = tmp_path / "hubd.toml"
    file.write_text("[hub]\nroom = 7\n")
    assert main(["run", "--config", str(file)]) == 78
    assert manager.recv(4096) == b"STATUS=Starting"
    status = manager.recv(4096).decode()
    assert status.startswith(f"STATUS=The configuration has mistakes: {file}:2: hub.room: found the number 7")


def test_signals_before_the_loop() -> None:
    """While the hub still starts, a wish to reload is kept back, and a wish to stop ends it with 0."""
    before = signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with run._ready_for_signals():
        # Not sent: tests have other threads, which would take it.
        assert signal.SIGHUP in signal.pthread_sigmask(signal.SIG_BLOCK, ())
        with pytest.raises(SystemExit) as ended:
            os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 0
    assert (signal.getsignal(signal.SIGTERM), signal.pthread_sigmask(signal.SIG_BLOCK, ())) == before


@pytest.mark.parametrize(
    ("began_on_a_terminal", "is_there", "done"),
    [(False, False, "reload"), (True, True, "reload"), (True, False, "stop")],
    ids=["a service", "on a terminal", "the terminal was closed"],
)
def test_hanging_up(monkeypatch: pytest.MonkeyPatch, *, began_on_a_terminal: bool, is_there: bool, done: str) -> None:
    """It is a wish to reload, unless the terminal is gone: then nobody would see that a hub listens."""
    monkeypatch.setattr(os, "isatty", lambda _descriptor: is_there)
    told: list[str] = []
    daemon = SimpleNamespace(reload=lambda: told.append("reload"), stop=lambda: told.append("stop"))
    run._hang_up(cast("Daemon", daemon), on_terminal=began_on_a_terminal)
    assert told == [done]


@pytest.mark.parametrize("bug", [LocalProtocolError("the inbox is full"), ValueError("a bug")])
def test_a_bug_goes_up(monkeypatch: pytest.MonkeyPatch, bug: Exception) -> None:
    """What is a fault of the hub's own ends it with a traceback, for whoever has to mend it."""

    def fail(*_: object) -> int:
        raise ExceptionGroup("unhandled errors in a TaskGroup", [SoundError("no card"), bug])

    monkeypatch.setattr(run, "_run", fail)
    with pytest.raises(ExceptionGroup) as raised:
        main(["run"])
    assert bug in raised.value.exceptions


def test_what_was_to_be_expected_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Errors that are meant for a person are told without a traceback, and end the hub with 1."""

    def fail(*_: object) -> int:
        raise ExceptionGroup("unhandled errors in a TaskGroup", [SoundError("no card")])

    monkeypatch.setattr(run, "_run", fail)
    assert main(["run"]) == 1
    assert capsys.readouterr().err == "hubd: no card\n"
