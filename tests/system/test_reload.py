"""A real systemd has the hub take a changed configuration over, and is told what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.sandbox import CHECKOUT, Sandbox

pytestmark = pytest.mark.real_time

_UNIT: Final = "reloaded.service"
_SERVICE: Final = """
[Service]
Type=notify
WorkingDirectory={checkout}
ExecStart={python} -m hubd run --config {folder}/reloaded.toml
ExecReload={python} -m hubd reload
RuntimeDirectory=reloaded
Environment=PYTHONDONTWRITEBYTECODE=1
"""
_SETTINGS: Final = """
[hub]
state_dir = "none"
[live]
backend = "offline"
[microphone]
device = "none"
[speaker]
device = "none"
[mqtt]
port = 1
"""


@pytest.fixture
def settings(bare: Sandbox, shared_folder: Path) -> Iterator[Path]:
    """Yield the configuration of a hub that runs."""
    file = shared_folder / "reloaded.toml"
    file.write_text(_SETTINGS)
    unit = _SERVICE.format(python=sys.executable, checkout=CHECKOUT, folder=shared_folder)
    with bare.serving(_UNIT, unit):
        yield file


def test_reload(bare: Sandbox, settings: Path) -> None:
    """A good one succeeds; a broken one fails with its reasons, and the hub goes on; what waits is named."""
    process = bare.property("MainPID", _UNIT)
    settings.write_text(_SETTINGS + '[limits]\ndeny = ["lock*"]\n')
    bare.systemctl("reload", _UNIT)
    settings.write_text(_SETTINGS + '[limits]\ndenny = ["lock*"]\n')
    assert bare.attempt("systemctl", "reload", _UNIT).returncode == 1
    assert f"{settings}:13: limits.denny: unknown option" in bare.status("Reload failed: ", _UNIT)
    told = bare.journal(_UNIT, "HUBD_EVENT=reload").splitlines()
    assert told[0] == "the changed configuration is in force"
    assert told[1].startswith("the changed configuration was refused, the old one stays: ")
    # What the command printed is in the journal as well, as hubd check prints it.
    assert "1 mistake in the configuration." in bare.journal(_UNIT)
    settings.write_text(_SETTINGS.replace("port = 1\n", "port = 2\n"))
    bare.systemctl("reload", _UNIT)
    bare.status("Restart to change mqtt.port; ", _UNIT)
    settings.write_text(_SETTINGS)
    bare.systemctl("reload", _UNIT)
    bare.status("Degraded: ", _UNIT)
    assert bare.property("ActiveState", _UNIT) == "active"
    assert bare.property("MainPID", _UNIT) == process
