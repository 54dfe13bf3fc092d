from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hubd.cli import main
from hubd.edges.packages import pip_install
from hubd.edges.wake_model_files import find_model, spectrogram_file


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


def test_models_that_no_hub_can_start_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of the models of one's own those are named that can't be loaded or are for something else, with their place."""
    good, path = find_model("hey_jarvis").read_bytes(), tmp_path / "hubd.toml"
    files = {"hey_house": good, "cut": good[:5000], "other": spectrogram_file().read_bytes()}
    for name, content in files.items():
        (tmp_path / f"{name}.onnx").write_bytes(content)
    path.write_text("[wake]\nwords = ['hey_jarvis', './hey_house.onnx', 'cut.onnx', 'other.onnx']\n")
    assert main(["check", "--config", str(path)]) == 1
    cut, other, count = capsys.readouterr().err.splitlines()
    refused = "can't be used as a wake word: it is"
    assert cut.startswith(f"{path}:2: wake.words[2].model: {tmp_path / 'cut.onnx'} {refused} no ONNX model")
    assert other.startswith(f"{path}:2: wake.words[3].model: {tmp_path / 'other.onnx'} {refused} for something else")
    assert count == "2 mistakes in the configuration."
    path.write_text("[wake]\nwords = ['hey_house.onnx']\n")
    assert main(["check", "--config", str(path)]) == 0
