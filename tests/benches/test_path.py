from __future__ import annotations

import pytest

from scripts.benches.path import PEER, Often, measure, percentile, reads
from scripts.benches.path_probe import Stamps


def test_a_command_belongs_to_what_the_server_said_last() -> None:
    """From there it is counted, not from what the server said before, nor after."""
    stamps = Stamps(read=[(1.0, 100), (2.0, 100), (3.0, 100)], published=[2.5, 3.001])
    assert stamps.command_ms() == [500.0, pytest.approx(1.0)]


def test_reads_are_told_by_their_size() -> None:
    """Two frames of sound in one read are two, one with an interruption behind it is both, small ones are neither."""
    read = [(0.5, 700), (0.9, 2100), (1.0, 2600), (1.5, 2600), (2.0, 5200), (3.0, 60), (4.0, 2840), (5.0, 240)]
    sound, interrupted = reads(read)
    assert sound == [1.0, 1.5, 2.0, 2.0, 4.0]
    assert interrupted == [4.0, 5.0]


@pytest.mark.parametrize(("share", "value"), [(50, 50), (99, 99), (100, 100)])
def test_a_percentile_is_one_of_the_values(share: int, value: int) -> None:
    """So many percent are not above it."""
    assert percentile(range(1, 101), share) == value


def test_both_carry_out_tool_calls() -> None:
    """What was asked of hubd and of its peer was published by either."""
    rows = measure(1, Often(calls=2, turns=0, wakes=0))
    assert [row.against for row in rows] == ["", PEER, PEER] * 2
    assert all(row.value > 0 for row in rows)
