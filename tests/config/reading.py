"""A configuration of one file, as tests write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config import Config, load
from hubd.errors import ConfigError


def read(folder: Path, text: str) -> Config:
    """Return a configuration of this text."""
    file = folder / "hubd.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def mistaken(folder: Path, text: str) -> list[str]:
    """Return the keys that are complained about in a text that is no configuration."""
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return [complaint.key for complaint in caught.value.complaints]
