from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.benches.__main__ import benches, main

CHECKOUT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a bench, as scripts/bench does once all is installed."""
    command = [sys.executable, "-m", "scripts.benches", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_without_a_name_the_benches_are_listed(arguments: Sequence[str]) -> None:
    """Each is told with its purpose, also to who asks for help."""
    ended = bench(*arguments)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("usage: scripts/bench NAME [OPTIONS]\n")
    assert "  live         hubd's Live client beside google-genai's" in ended.stdout
    assert "  house        A thousand discovered devices" in ended.stdout


def test_an_unknown_name_is_told() -> None:
    """What is no bench ends with 2 and the list, on standard error alone."""
    ended = bench("speed")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "  live  " in ended.stderr


@pytest.mark.parametrize("name", benches())
def test_a_bench_tells_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help names each bench as one calls it, and how often it measures."""
    with pytest.raises(SystemExit, match=r"^0$"):
        main([name, "--help"])
    told = capsys.readouterr().out
    assert told.startswith(f"usage: scripts/bench {name} ")
    assert "--rounds ROUNDS" in told


@pytest.mark.parametrize("rounds", ["0", "-1", "some"])
def test_a_number_that_is_none_is_refused(rounds: str, capsys: pytest.CaptureFixture[str]) -> None:
    """No round at all, or no number, is a line on standard error, and the exit status 2."""
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["start", "--rounds", rounds])
    assert f"argument --rounds: invalid count value: '{rounds}'" in capsys.readouterr().err


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bench without what it needs says in a line how one gets it, and ends with 1."""
    monkeypatch.setenv("PATH", "")
    assert main(["start", "--rounds", "1"]) == 1
    assert capsys.readouterr().err == "pactl is missing: sudo apt-get install pulseaudio pulseaudio-utils\n"


def test_both_clients_are_measured() -> None:
    """Each row holds what either client takes, with what a bare connection does."""
    ended = bench("live", "--json", "--rounds", "1", "--minutes", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert len(found["rows"]) == 9
    for row in found["rows"]:
        assert (row["goal"], row["against"]) == (0.5, "google-genai")
        assert all(row[who][0] > 0 for who in ("hubd", "peer", "floor"))


def test_a_house_is_measured() -> None:
    """A small house, flooded for a moment, gives every row; a quiet computer alone says what the numbers are worth."""
    ended = bench("house", "--json", "--rounds", "1", "--devices", "60", "--rate", "50", "--seconds", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    rows = {row["name"]: row for row in json.loads(ended.stdout)["rows"]}
    assert rows["devices"]["hubd"] == [60]
    assert rows["set-up of the session"]["hubd"][0] > 0
    assert rows["commands"]["hubd"][0] >= 1
    assert {row["verdict"].partition(":")[0] for row in rows.values()} <= {"", "met", "missed"}
