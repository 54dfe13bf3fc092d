from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

INSTALL: Final = Path(__file__).resolve().parents[1] / "scripts" / "install"


def run(*arguments: str, programs: Path | None = None, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run scripts/install without standard input; programs: a folder with some that are found first."""
    path = os.environ["PATH"] if programs is None else f"{programs}:{os.environ['PATH']}"
    environment = {**os.environ, "HUBD_PYTHON": python, "PATH": path}
    line = ["/bin/sh", "-c", 'exec "$0" "$@" <&-', str(INSTALL), *arguments]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False)


def program(folder: Path, name: str, text: str) -> Path:
    """Write a shell script into a folder; return the folder."""
    file = folder / name
    file.write_text(f"#!/bin/sh\n{text}\n")
    file.chmod(0o755)
    return folder


def test_help_tells_everything() -> None:
    """The help names each option, and is no failure."""
    ended = run("--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    for option in ("--upgrade", "--rollback", "--uninstall", "--dry-run", "--watch SECONDS", "--help"):
        assert f"\n  {option} " in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--force",), "unknown: --force"),
        (("--upgrade", "--uninstall"), "only one of --upgrade, --rollback and --uninstall"),
        (("--watch",), "--watch needs a number of seconds"),
        (("--watch", "long"), "--watch needs a number of seconds"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], problem: str) -> None:
    """Wrong usage ends with 2 and says what is wrong, on standard error alone."""
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"install: {problem} (scripts/install --help tells more)\n"


@pytest.mark.parametrize("architecture", ["armhf", "i386"])
def test_32_bit_is_refused(tmp_path: Path, architecture: str) -> None:
    """A 32-bit system is refused in one sentence, before anything is done."""
    ended = run(programs=program(tmp_path, "dpkg", f"echo {architecture}"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"install: this system is {architecture}; hubd needs a 64-bit one, amd64 or arm64:"
        " on a Raspberry Pi, Raspberry Pi OS (64-bit)\n"
    )


def test_what_is_not_debian_is_refused(tmp_path: Path) -> None:
    """A system without Debian's package manager is refused in one sentence."""
    ended = run(programs=program(tmp_path, "dpkg", "exit 127"))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "install: this is neither Debian nor Raspberry Pi OS: dpkg is missing\n"


def test_unfit_interpreter_is_refused(tmp_path: Path) -> None:
    """An interpreter that does not fit is named."""
    programs = program(tmp_path, "dpkg", "echo amd64")
    ended = run("--dry-run", programs=programs, python="/bin/false")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "install: HUBD_PYTHON=/bin/false is not a 64-bit CPython 3.11, 3.12 or 3.13\n"


def test_interpreter_in_a_home_is_refused(tmp_path: Path) -> None:
    """An interpreter that the service could not see is named, with the reason."""
    programs = program(tmp_path, "dpkg", "echo amd64")
    python = program(tmp_path, "python", "echo 3.13 3.13.1 /home/pi/.pyenv/versions/3.13.1") / "python"
    ended = run("--dry-run", programs=programs, python=str(python))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "/home/pi/.pyenv/versions/3.13.1 can't be used" in ended.stderr
