"""[timers]."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config.timer_section import TimerSettings
from hubd.errors import ConfigError
from tests.config.reading import mistaken, read


def test_timers_are_there_unless_they_are_not_wanted(tmp_path: Path) -> None:
    """An empty file has them, with their usual manners."""
    assert read(tmp_path, "").timers == TimerSettings(enabled=True, most=20, ring_for=60, stop_word=True)
    assert read(tmp_path, '[timers]\nenabled = false\nring_for = "30s"').timers == TimerSettings(
        enabled=False, ring_for=30
    )


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("most = 0", "timers.most"),
        ("most = 1000", "timers.most"),
        ('ring_for = "1h"', "timers.ring_for"),
        ('ring_for = "0s"', "timers.ring_for"),
        ('stop_word = "stop"', "timers.stop_word"),
        ("ring = 1", "timers.ring"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, line: str, key: str) -> None:
    """Each with its key."""
    assert mistaken(tmp_path, f"[timers]\n{line}") == [key]


def test_their_names_are_taken(tmp_path: Path) -> None:
    """A device's own function can't be called like one of the hub's."""
    text = """
    [[device]]
    id = "egg"
    name = "egg"
    [[device.function]]
    name = "set_timer"
    description = "Cook."
    publish = { topic = "egg", payload = "" }
    """
    with pytest.raises(ConfigError, match="set_timer"):
        read(tmp_path, text)
