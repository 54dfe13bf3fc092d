"""[discovery]."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config import describe, notices
from hubd.devices.discovery import Rules
from hubd.events import Scheduling
from tests.config.reading import mistaken, read


def test_is_off_by_default_and_on_by_one_line(tmp_path: Path) -> None:
    """Nobody's devices are offered unasked."""
    assert not read(tmp_path, "").discovery.enabled
    assert read(tmp_path, "discovery.enabled = true").discovery.enabled


def test_a_house_that_announces_itself_is_not_empty(tmp_path: Path) -> None:
    """The summary tells of it; what is set for a device that nobody looks for is pointed out."""
    config = read(tmp_path, "discovery.enabled = true")
    assert "none, further those that announce themselves" in describe(config)
    assert not any("there is no device" in notice for notice in notices(config))
    unused = read(tmp_path, "[[discovery.device]]\nunique_id = 'x'")
    assert any("discovery.enabled" in notice for notice in notices(unused))


def test_says_what_to_look_for(tmp_path: Path) -> None:
    """Every option reaches the registry; of a device only what is set."""
    text = """
    [discovery]
    prefix = "ha"
    bridges = ["z1", "z2"]
    include = ["light"]
    exclude = ["*bridge*"]
    [[discovery.device]]
    unique_id = "0x01"
    aliases = ["big lamp"]
    scheduling = "SILENT"
    """
    rules = read(tmp_path, text).discovery.rules()
    given = rules.given["0x01"]
    assert set(given) == {"aliases", "scheduling"}
    assert given["aliases"] == ("big lamp",)
    assert getattr(given["scheduling"], "done", None) is Scheduling.SILENT
    assert rules == Rules("ha", ("z1", "z2"), ("light",), ("*bridge*",), rules.given)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[discovery]\nprefix = "a/+"', "discovery.prefix"),
        ('[discovery]\nbridges = ["#"]', "discovery.bridges"),
        ("[discovery]\nenable = true", "discovery.enable"),
        ("[[discovery.device]]\nname = 'x'", "unique_id"),
        ("[[discovery.device]]\nunique_id = 'x'\n[[discovery.device]]\nunique_id = 'x'", "discovery.device"),
        ("[[discovery.device]]\nunique_id = 'x'\ntopic = 'y'", "topic"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, text: str, key: str) -> None:
    """A complaint names the option."""
    assert any(key in each for each in mistaken(tmp_path, text))
