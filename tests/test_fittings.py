from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubd import fittings
from hubd.audio.buffers import Uplink
from hubd.config import load
from hubd.demo.house import demo_devices
from hubd.devices.catalog import Catalog
from hubd.edges.micro_wake_model import MicroWakeModel
from hubd.edges.onnx_wake_model import OnnxWakeModel
from hubd.events import Backend
from hubd.fittings import live_servers, ready_wake_model, servers_of, toolbox_of
from hubd.live.declarations import FunctionDeclaration
from hubd.ports import LiveLink
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


def test_set_up_is_kept_until_the_house_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One house is declared once for all sessions and fingerprints; another is told of from the next session on."""
    (tmp_path / "hubd.toml").write_text("")
    config, (lamp, fan) = load(tmp_path / "hubd.toml"), demo_devices()[:2]
    toolbox, declared = toolbox_of(config), []
    declarations = toolbox.declarations

    def counted() -> tuple[FunctionDeclaration, ...]:
        declared.append(declarations())
        return declared[-1]

    monkeypatch.setattr(toolbox, "declarations", counted)
    server = servers_of(config, toolbox, Uplink(1000))(Backend.GEMINI, "ws://127.0.0.1:9", never)

    def set_up() -> tuple[str, str]:
        (text,) = server.make_mouth(None).frames()
        return server.fingerprint(), text

    toolbox.furnish(Catalog([lamp]))
    before = [set_up(), set_up()]
    assert before[0] == before[1]
    assert len(declared) == 1
    toolbox.furnish(Catalog([lamp, fan]))
    after = set_up()
    assert len(declared) == 2
    assert (lamp.name in after[1], fan.name in after[1], fan.name in before[0][1]) == (True, True, False)
    assert after[0] != before[0][0]


async def never() -> LiveLink:
    """Dial nobody."""
    raise AssertionError
