from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hubd.cli import main
from hubd.edges.packages import pip_install


@pytest.mark.parametrize("installed", [True, False])
def test_a_package_that_is_missing(
    installed: bool,  # noqa: FBT001 -- pytest passes parameters by name
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A package that the configuration asks for, and that is not here, is told with the command that installs it."""
    if not installed:
        monkeypatch.setitem(sys.modules, "pymicro_wakeword", None)
    path = tmp_path / "hubd.toml"
    path.write_text('[wake]\nengine = "microwakeword"\n')
    assert main(["check", "--config", str(path)]) == 0
    command = pip_install("pymicro-wakeword>=2.5,<3")
    notice = f'notice: wake.engine: "microwakeword" needs a package that is not installed here. Run: {command}'
    assert (notice in capsys.readouterr().out.splitlines()) is not installed
