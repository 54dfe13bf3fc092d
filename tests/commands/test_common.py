from __future__ import annotations

import argparse
import io
import subprocess
import sys
from pathlib import Path

import pytest

from hubd.commands.common import number, say
from hubd.errors import HubdError
from tests.end_to_end.program import CHECKOUT, COMMAND, environment

FULL = "hubd: standard output can't be written: No space left on device.\n"


def test_letters_that_the_output_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal without umlauts gets question marks, and everything else of the line."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    say("Die Küche ist hell …")
    assert written.getvalue() == b"Die K?che ist hell ?\n"


def test_output_that_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who closes it beforehand does not want to read anything."""
    monkeypatch.setattr(sys, "stdout", None)
    say("Hello.")


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is an expected fault, after which nothing is left to be written."""
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        with pytest.raises(HubdError, match=r"^standard output can't be written: No space left on device\.$"):
            say("Hello.")


@pytest.mark.parametrize(("text", "value"), [("1", 1.0), ("2.5", 2.5), ("86400", 86_400.0)])
def test_a_number_within_its_bounds(text: str, value: float) -> None:
    """A number is taken, the bounds themselves included."""
    assert number(1, 86_400)(text) == value


@pytest.mark.parametrize("text", ["0.99", "86400.1", "nan", "inf", "soon", ""])
def test_a_number_out_of_its_bounds(text: str) -> None:
    """What is none, or too small, or too large, is told with what is allowed."""
    with pytest.raises(argparse.ArgumentTypeError, match=f"^found '{text}', allowed are 1 to 86400 seconds$"):
        number(1, 86_400, "seconds")(text)


@pytest.mark.parametrize("command", ["check", "simulate", "ask"])
def test_a_command_with_a_full_disk(tmp_path: Path, command: str) -> None:
    """It ends with 1 and one line that says why."""
    file = tmp_path / "empty"
    file.touch()
    options = {"check": ["--config", str(file)], "simulate": ["--script", str(file)], "ask": ["--demo", "hello"]}
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*COMMAND, command, *options[command]],
            cwd=CHECKOUT,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, FULL)
