from __future__ import annotations

import re
import tomllib
from pathlib import Path

from hubd.devices.model import Device
from hubd.states import diagram

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_diagram_is_drawn_from_the_table() -> None:
    """The picture of the states is the one that the table draws."""
    assert f"```mermaid\n{diagram()}\n```" in README


def test_first_device_is_a_device() -> None:
    """The README's first device takes at most ten lines of TOML, and hubd takes it."""
    (example,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (device,) = tomllib.loads(example)["device"]
    Device.model_validate(device)
    assert len(example.splitlines()) <= 10
