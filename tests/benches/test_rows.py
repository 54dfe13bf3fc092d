from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.benches.rows import Row, run_bench


def test_a_ratio_is_that_of_one_round() -> None:
    """What both took in the same round is compared, so that a slow moment of the computer falls on both."""
    row = Row("idle", "ms", [1, 2, 30], "openWakeWord", [10, 20, 100], goal=0.15)
    assert row.ratios == [0.1, 0.1, 0.3]
    assert row.ratio == 0.1
    assert row.verdict == "met: at most 0.15"


@pytest.mark.parametrize(
    ("goal", "verdict"),
    [
        ({"goal": 2}, "met: at most 2 ms"),
        ({"goal": 1.9}, "missed: at most 1.9 ms"),
        ({"goal": 2, "at_least": True}, "met: at least 2 ms"),
        ({"goal": 2.1, "at_least": True}, "missed: at least 2.1 ms"),
        ({}, ""),
    ],
)
def test_without_a_peer_the_value_is_judged(goal: dict[str, Any], verdict: str) -> None:
    """The median of the rounds meets the goal, or does not."""
    assert Row("p99", "ms", [1.0, 2.0, 9.0], **goal).verdict == verdict


@pytest.mark.parametrize(
    ("hubd", "verdict"),
    [([4.0, 5.0, 5.0], "met: at most 0.5"), ([9.0, 9.0, 9.0], "missed: at most 0.5; the floor is 0.60")],
)
def test_a_goal_below_the_floor_is_told(hubd: list[float], verdict: str) -> None:
    """Where nobody could meet the goal, that is said beside what was missed."""
    assert Row("connect", "ms", hubd, "it", [10.0] * 3, goal=0.5, floor=[6.0, 6.0, 8.0]).verdict == verdict


def test_a_row_survives_json() -> None:
    """What stands in a file is the row that was measured."""
    row = Row("rate", "/s", [1.0, 2.0], "it", [3.0, 4.0], 0.5, at_least=True, floor=[0.5, 0.5])
    assert Row.of_json(json.loads(json.dumps(row.as_json()))) == row


@pytest.mark.parametrize("lacking", [{"hubd": []}, {"peer": [1.0]}, {"against": ""}, {"floor": [1.0]}])
def test_a_row_that_lacks_something_is_refused(lacking: dict[str, Any]) -> None:
    """Nothing measured, a round without its peer, a peer without a name: none of them passes for a result."""
    with pytest.raises(ValueError, match="idle"):
        Row(**{"name": "idle", "unit": "ms", "hubd": [1.0, 2.0], "against": "it", "peer": [1.0, 2.0], **lacking})


@pytest.mark.parametrize("as_json", [True, False])
def test_what_was_found_is_printed(capsys: pytest.CaptureFixture[str], *, as_json: bool) -> None:
    """As a table and as JSON it names the machine, the date and the versions, and each row with its spread."""
    arguments = ["--rounds", "3", *(["--json"] if as_json else [])]

    def measure(rounds: int) -> list[Row]:
        return [Row("idle", "ms", [1.0, 2.0, 4.0][:rounds], "it", [10.0] * rounds, 0.25)]

    assert run_bench("idle", "Idles.", measure, arguments) == 0
    printed = capsys.readouterr().out
    if as_json:
        found = json.loads(printed)
        assert found["versions"]["Python"].startswith("3.")
        assert found["machine"]
        assert found["rows"][0]["ratio"] == 0.2
        assert found["rows"][0]["hubd"] == [1.0, 2.0, 4.0]
    else:
        assert "processors" in printed
        assert "2 (1 to 4) ms" in printed
        assert "0.2 (0.1 to 0.4)" in printed
