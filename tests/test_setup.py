from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).resolve().parents[1] / "scripts" / "setup"


def run(*arguments: str, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run scripts/setup without standard input."""
    return subprocess.run(
        [SETUP, *arguments],
        env={**os.environ, "HUBD_PYTHON": python},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [(), ("install",), ("demo", "twice")])
def test_wrong_usage_is_told(arguments: tuple[str, ...]) -> None:
    """What is no purpose ends with 2 and the usage, on standard error alone."""
    ended = run(*arguments)
    usage = "setup: usage: scripts/setup demo|test|check|bench\n"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", usage)


@pytest.mark.parametrize("python", ["/bin/false", "/nowhere/python3", "."])
def test_unfit_interpreter_is_told(python: str) -> None:
    """An interpreter that does not fit is named, before anything is installed."""
    ended = run("demo", python=python)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"setup: HUBD_PYTHON={python} is not a 64-bit CPython 3.11, 3.12 or 3.13\n"
