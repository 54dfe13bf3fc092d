from __future__ import annotations

from pathlib import Path

import pytest

from hubd.doctor.findings import Verdict, bad
from hubd.doctor.probes import configuration
from hubd.doctor.probes.configuration import look
from hubd.errors import Complaint, ConfigError
from tests.doctor.patients import LAMP


def test_good(tmp_path: Path) -> None:
    """A configuration without a mistake is told with its file and its devices."""
    file = tmp_path / "hubd.toml"
    file.write_text(LAMP)
    config, (finding,) = look(file, {})
    assert config is not None
    assert (finding.verdict, finding.found) == (Verdict.GOOD, f"{file}, 1 device")


def test_what_is_probably_not_meant(tmp_path: Path) -> None:
    """A notice of hubd check is told, and does not keep the others from being looked at."""
    file = tmp_path / "hubd.toml"
    file.write_text(f'[live]\nvoice = "Korre"\n{LAMP}')
    config, (finding,) = look(None, {"HUBD_CONFIG": str(file)})
    assert config is not None
    assert finding.verdict is Verdict.DOUBTFUL
    assert 'live.voice: "Korre" is no voice known to hubd; did you mean "Kore"?' in finding.found


def test_none_at_all(tmp_path: Path) -> None:
    """A file that is not there is named."""
    config, (finding,) = look(tmp_path / "hubd.toml", {})
    assert config is None
    assert finding.verdict is Verdict.BAD
    assert finding.found.startswith(f"{tmp_path}/hubd.toml: can't be read: no such file or directory")


def test_closed_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not read the file is told how to, and nothing of mistakes."""

    def load(path: Path) -> None:
        raise ConfigError([Complaint(str(path), "", "can't be read: permission denied")])

    monkeypatch.setattr(configuration, "load", load)
    closed = bad("configuration", "/etc/hubd/hubd.toml can't be read by this user.", "Run: sudo hubd doctor")
    assert look(Path("/etc/hubd/hubd.toml"), {}) == (None, [closed])
