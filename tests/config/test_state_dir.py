"""Where what survives a restart is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from hubd.config import HubSettings, load
from hubd.errors import ConfigError


@pytest.mark.parametrize(
    ("option", "environment", "folder"),
    [
        ("", {"STATE_DIRECTORY": "/var/lib/hubd", "HOME": "/home/x"}, Path("/var/lib/hubd")),
        ("", {"STATE_DIRECTORY": "/var/lib/hubd:/var/lib/other"}, Path("/var/lib/hubd")),
        ("", {"XDG_STATE_HOME": "/home/x/state", "HOME": "/home/x"}, Path("/home/x/state/hubd")),
        ("", {"HOME": "/home/x"}, Path("/home/x/.local/state/hubd")),
        ("", {}, None),
        ("none", {"STATE_DIRECTORY": "/var/lib/hubd"}, None),
        ("/data", {"STATE_DIRECTORY": "/var/lib/hubd"}, Path("/data")),
    ],
)
def test_folder(option: str, environment: Mapping[str, str], folder: Path | None) -> None:
    """The option decides, then systemd, then the home folder."""
    assert HubSettings(state_dir=option).state_folder(environment) == folder


def test_relative_path(tmp_path: Path) -> None:
    """A folder that depends on where the hub was started is refused, with what is allowed."""
    (tmp_path / "hubd.toml").write_text('[hub]\nstate_dir = "state"\n')
    with pytest.raises(ConfigError, match=r'hubd\.toml:2: hub\.state_dir: found "state", allowed is a path from / on'):
        load(tmp_path / "hubd.toml")
