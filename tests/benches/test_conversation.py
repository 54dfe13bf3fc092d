from __future__ import annotations

from scripts.benches.conversation import measure_growth


def test_a_conversation_is_measured_as_it_grows() -> None:
    """CPU time and memory are told for each number of minutes, a value a round."""
    rows = measure_growth(2, [0.05], speed=50)
    assert [row.name for row in rows] == ["CPU per minute, to minute 0.05", "memory of its own after 0.05 minutes"]
    assert all(len(row.hubd) == 2 and min(row.hubd) > 0 for row in rows)
