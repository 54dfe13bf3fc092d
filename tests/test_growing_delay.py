from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

SCRIPT: Final = Path(__file__).resolve().parents[1] / "systemd" / "growing-delay"


class Unit:
    """A service that is started and fails, with a sleep that only tells how long it would have been."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = folder / "failures"
        sleep = folder / "sleep"
        sleep.write_text('#!/bin/sh\necho "$1" >"$RUNTIME_DIRECTORY/slept"\n')
        sleep.chmod(0o755)

    def fails(self, result: str = "exit-code") -> None:
        """End with a result, as systemd names it."""
        self._run("note", SERVICE_RESULT=result)

    def waits(self) -> int:
        """Start; return the seconds waited before."""
        slept = self._folder / "slept"
        slept.unlink(missing_ok=True)
        self._run("wait")
        return int(slept.read_text()) if slept.exists() else 0

    def lasts(self, minutes: int) -> None:
        """Let the last failure be so long ago."""
        then = self._count.stat().st_mtime - 60 * minutes
        os.utime(self._count, (then, then))

    def _run(self, *arguments: str, **environment: str) -> None:
        path = f"{self._folder}:{os.environ['PATH']}"
        environment |= {"PATH": path, "RUNTIME_DIRECTORY": str(self._folder)}
        subprocess.run([SCRIPT, *arguments], env=environment, capture_output=True, check=True)


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    """Return a service that has never run."""
    return Unit(tmp_path)


def test_delays_grow_to_an_end(unit: Unit) -> None:
    """Beside the 2 s that systemd waits, each failure in a row makes the next start wait longer, up to 28 s."""
    waited = [unit.waits()]
    for _ in range(7):
        unit.fails("watchdog")
        waited.append(unit.waits())
    assert waited == [0, 0, 2, 6, 14, 28, 28, 28]


def test_a_good_end_is_a_new_beginning(unit: Unit) -> None:
    """A hub that was stopped, and did not fail, starts at once."""
    for _ in range(4):
        unit.fails()
    unit.fails("success")
    assert unit.waits() == 0


@pytest.mark.parametrize(("minutes", "expected"), [(9, 14), (11, 0)])
def test_a_failure_long_ago_does_not_count(unit: Unit, minutes: int, expected: int) -> None:
    """Ten minutes without a failure bring the shortest delay back."""
    for _ in range(3):
        unit.fails()
    unit.lasts(minutes)
    unit.fails()
    assert unit.waits() == expected
