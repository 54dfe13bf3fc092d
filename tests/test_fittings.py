from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubd import fittings
from hubd.audio.buffers import Uplink
from hubd.config import load
from hubd.edges.micro_wake_model import MicroWakeModel
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.events import Backend
from hubd.fittings import live_servers, ready_wake_model, toolbox_of
from hubd.wake import FRAME_SAMPLES


@pytest.mark.parametrize(("engine", "kind"), [("openwakeword", OnnxWakeModel), ("microwakeword", MicroWakeModel)])
def test_wake_engine(engine: str, kind: type[object], tmp_path: Path) -> None:
    """The model of the wake words is one of the engine that the configuration names."""
    (tmp_path / "hubd.toml").write_text(f'[wake]\nengine = "{engine}"\nwords = ["alexa"]\n')
    assert type(ready_wake_model(load(tmp_path / "hubd.toml"))) is kind


def test_wake_model_is_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first frame is scored, as after a quiet room; what it took to get there was given back before."""
    given_back: list[bool] = []
    monkeypatch.setattr(fittings, "give_back", lambda: given_back.append(True))
    (tmp_path / "hubd.toml").write_text('[wake]\nwords = ["alexa", "timer"]\n')
    model = ready_wake_model(load(tmp_path / "hubd.toml"))
    assert given_back == [True]
    assert model.score(np.zeros(FRAME_SAMPLES, np.int16)).keys() == {"alexa", "timer"}


@pytest.mark.parametrize(
    ("settings", "backend", "ahead"),
    [
        ("", Backend.GEMINI, True),
        ("[live]\nhead_start = false\n", Backend.GEMINI, False),
        ("", Backend.OFFLINE, False),
    ],
)
def test_head_start(settings: str, backend: Backend, tmp_path: Path, *, ahead: bool) -> None:
    """Gemini is dialled ahead of the wake word, unless one line says otherwise; the offline server never is."""
    (tmp_path / "hubd.toml").write_text(settings)
    config = load(tmp_path / "hubd.toml")
    (server,) = live_servers(
        config, toolbox_of(config), backend=backend, url="ws://127.0.0.1:9", key=None, standby=None, uplink=Uplink(1000)
    )
    assert server.ahead is ahead
