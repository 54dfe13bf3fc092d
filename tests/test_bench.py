from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a bench, as scripts/bench does once all is installed."""
    command = [sys.executable, "-m", "scripts.benches", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_without_a_name_the_benches_are_listed() -> None:
    """Each is told with its purpose."""
    ended = bench()
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("usage: scripts/bench NAME [OPTIONS]\n")
    assert "  live         hubd's Live client beside google-genai's" in ended.stdout
    assert "  house        A thousand discovered devices" in ended.stdout


def test_an_unknown_name_is_told() -> None:
    """What is no bench ends with 2 and the list, on standard error alone."""
    ended = bench("speed")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "  live  " in ended.stderr


def test_both_clients_are_measured() -> None:
    """Each row holds what either client takes, with the ratio; how fast this computer is does not matter."""
    ended = bench("live", "--json", "--rounds", "1", "--minutes", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert found["goal"] == 0.5
    assert len(found["rows"]) == 9
    for row in found["rows"]:
        assert row["hubd"] > 0
        assert row["google"] > 0
        assert row["bare"] > 0
        assert abs(row["ratio"] - row["hubd"] / row["google"]) < 0.01


def test_a_house_is_measured() -> None:
    """A small house, flooded for a moment, gives every row; a quiet computer alone says what the numbers are worth."""
    ended = bench("house", "--json", "--devices", "60", "--rate", "50", "--seconds", "1")
    assert (ended.returncode, ended.stderr) == (0, "")
    rows = {row["name"]: row for row in json.loads(ended.stdout)}
    assert rows["devices"]["value"] == 60
    assert rows["set-up of the session"]["value"] > 0
    assert rows["commands"]["value"] >= 1
    assert {row["verdict"].partition(" ")[0] for row in rows.values()} <= {"", "met", "missed"}
