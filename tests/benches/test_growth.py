from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from scripts.benches.growth import with_devices
from scripts.benches.growth_table import Growth, table


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[5.0], [5.1], [5.2]], "flat"),
        ([[1.0], [10.0], [100.0]], "linear: 0.1 ms for each device"),
        ([[30.0], [31.0], [40.0]], "linear: 0.01 ms for each device"),
        ([[1.0], [10.0], [1000.0]], "more than linear: 1 ms for each device on average"),
        ([[9.0], [5.0], [1.0]], "flat"),
    ],
)
def test_how_something_grows_is_named(values: Sequence[Sequence[float]], words: str) -> None:
    """What rises by less than a twentieth is flat; else the slope is told, and whether it stays what it was."""
    assert Growth("look-up", "ms", "device", (10, 100, 1000), values).words == words


@pytest.mark.parametrize(
    ("values", "words"),
    [
        # Slow and quick rounds, each of which grows alike.
        ([[5.0, 9.0, 6.0], [5.1, 9.1, 6.1], [6.0, 10.0, 7.1]], "linear: 0.001 ms for each device"),
        # A minute of conversation by a slow quarter of an hour, then by a quick one.
        ([[0.68, 0.72, 0.70], [0.70, 0.71, 0.70], [0.78, 0.69, 0.71]], "flat"),
        ([[0.68, 0.72], [0.70, 0.71], [0.78, 0.72]], "unclear: 5e-05 ms for each device, which may be chance"),
        # A computer that had other things to do in every round.
        (
            [[0.66, 0.6, 0.72], [0.81, 0.82, 1.1], [1.4, 1.68, 0.95]],
            "unclear: 0.00061 ms for each device, which may be chance",
        ),
        # One disturbed value in five rounds that grow.
        (
            [[0.8, 0.9, 0.8, 1.3, 0.8], [0.9, 0.9, 0.8, 0.9, 0.9], [1.4, 1.5, 1.4, 1.5, 1.4]],
            "linear: 0.00056 ms for each device",
        ),
    ],
)
def test_chance_is_told_from_growth(values: Sequence[Sequence[float]], words: str) -> None:
    """What grows in each round alike grows, however much rounds differ; where they disagree nothing is claimed."""
    assert Growth("look-up", "ms", "device", (10, 100, 1000), values).words == words


def test_more_rounds_tell_more() -> None:
    """A growth that two rounds leave in doubt is told by five that differ as much."""
    two, five = (
        Growth("it", "s", "word", (1, 2, 3), [[1.0] * n, [1.1] * n, [1.2, 1.3, 1.2, 1.3, 1.2][:n]]) for n in (2, 5)
    )
    assert two.words == "unclear: 0.12 s for each word, which may be chance"
    assert five.words == "linear: 0.12 s for each word"


def test_the_slope_is_that_of_least_squares() -> None:
    """Each value counts, whichever round it is of."""
    assert Growth("it", "s", "word", (1, 2, 3), [[1.0, 3.0], [3.0, 5.0], [5.0, 7.0]]).slope == pytest.approx(2.0)


def test_a_growth_survives_json() -> None:
    """What stands in a file is what was measured, and gives the same table."""
    growth = Growth("memory", "MB", "minute", [1, 10, 100], [[50.0], [50.0], [51.0]])
    assert Growth.of_json(json.loads(json.dumps(growth.as_json()))) == growth


def test_there_is_a_table_for_whatever_there_is_more_of() -> None:
    """What has the same sizes stands in the same table."""
    growths = [
        Growth("CPU", "s", "device", (1, 10, 1000), [[1.0], [1.0], [1.0]]),
        Growth("memory", "MB", "device", (1, 10, 1000), [[1.0], [1.0], [1.0]]),
        Growth("memory", "MB", "wake word", (1, 2, 3), [[1.0], [2.0], [3.0]]),
    ]
    lines = table(growths)
    assert lines[0] == "| devices | 1 | 10 | 1,000 | growth |"
    assert lines[2:5] == ["| CPU, s | 1 | 1 | 1 | flat |", "| memory, MB | 1 | 1 | 1 | flat |", ""]
    assert lines[-1] == "| memory, MB | 1 | 2 | 3 | linear: 1 MB for each wake word |"


async def test_hubs_with_devices_are_measured() -> None:
    """Every quantity is there for each number of devices; more devices have a larger set-up."""
    grown = {each.name: each for each in await with_devices((2, 8), 1)}
    assert all(value > 0 for each in grown.values() for values in each.values for value in values)
    few, many = grown["set-up of the session"].medians
    assert few < many
