from __future__ import annotations

from pathlib import Path

import pytest

from hubd.config import load
from hubd.edges.micro_wake_model import MicroWakeModel
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.fittings import ready_wake_model


@pytest.mark.parametrize(("engine", "kind"), [("openwakeword", OnnxWakeModel), ("microwakeword", MicroWakeModel)])
def test_wake_engine(engine: str, kind: type[object], tmp_path: Path) -> None:
    """The model of the wake words is one of the engine that the configuration names."""
    (tmp_path / "hubd.toml").write_text(f'[wake]\nengine = "{engine}"\nwords = ["alexa"]\n')
    assert type(ready_wake_model(load(tmp_path / "hubd.toml"))) is kind
