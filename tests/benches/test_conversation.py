from __future__ import annotations

from scripts.benches.conversation import measure_growth


def test_a_conversation_is_measured_as_it_grows() -> None:
    """CPU time and memory are told for each number of minutes."""
    rows = measure_growth([0.05], speed=50)
    assert [row.name for row in rows] == ["CPU per minute, to minute 0.05", "memory of its own after 0.05 minutes"]
    assert all(row.value > 0 for row in rows)
