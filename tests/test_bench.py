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


def test_an_unknown_name_is_told() -> None:
    """What is no bench ends with 2 and the list, on standard error alone."""
    ended = bench("speed")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "  live  " in ended.stderr


def test_both_clients_are_measured() -> None:
    """Each row holds what either client takes, with the ratio; how fast this computer is does not matter."""
    ended = bench("live", "--json", "--rounds", "1", "--minutes", "0.05")
    assert (ended.returncode, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    assert found["goal"] == 0.5
    assert len(found["rows"]) == 8
    for row in found["rows"]:
        assert row["hubd"] > 0
        assert row["google"] > 0
        assert row["bare"] > 0
        assert abs(row["ratio"] - row["hubd"] / row["google"]) < 0.01
