from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PEERS = (CHECKOUT / ".venv-peers/bin/python").exists()


pytestmark = pytest.mark.timeout(400)  # ten seconds of computing each, which a busy computer takes its time for


def bench(*arguments: str) -> dict[str, Any]:
    """Run a bench, as scripts/bench does once all is installed; return what it found."""
    command = [sys.executable, "-m", "scripts.benches", "wake", "--json", *arguments]
    ended = subprocess.run(command, cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert (ended.stderr == "") == PEERS
    assert PEERS or "`scripts/setup bench` installs" in ended.stderr
    return dict(json.loads(ended.stdout))


def test_what_listening_costs_is_measured() -> None:
    """There is a row for each recording beside each engine that is installed, and hubd wakes where openWakeWord does.

    How much time it takes does not matter here.
    """
    rows = bench("--rounds", "1", "--seconds", "1")["rows"]
    beside = {"openWakeWord", "pyopen-wakeword", "pymicro-wakeword"} if PEERS else {"openWakeWord"}
    for sound in ("a quiet room", "digital silence", "speech", "a fan", "a television"):
        assert {row["against"] for row in rows if row["name"] == f"CPU, {sound}"} == beside
    assert all(value > 0 for row in rows if row["peer"] for value in (*row["hubd"], *row["peer"]))
    equal = {row["name"]: row["verdict"] for row in rows if "differ" in row["name"]}
    assert len(equal) >= 6
    assert {verdict.partition(":")[0] for verdict in equal.values()} == {"met"}


def test_what_is_heard_is_measured(tmp_path: Path) -> None:
    """Every wake word has its curves, which fall as the threshold rises; the speech gate takes no wake away."""
    found = bench(
        "--quality", "--voices", "1", "--hours", "0.002", "--near", "0", "--picture", str(tmp_path / "it.png")
    )
    assert {curve["word"] for curve in found["curves"]} == {"alexa", "hey_jarvis", "hey_mycroft"}
    assert {curve["noise"] for curve in found["curves"]} >= {"quiet", "fan", "television", "own voice", "talk"}
    for curve in found["curves"]:
        assert len(curve["values"]) == len(found["thresholds"])
        if curve["ratio"] is not None:
            assert list(curve["values"]) == sorted(curve["values"], reverse=True)
    assert found["agreement"]["wakes"] > 0
    assert found["agreement"]["differ"] == 0
    assert (tmp_path / "it.png").exists() == PEERS
