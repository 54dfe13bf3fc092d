from __future__ import annotations

import tomllib
from pathlib import Path

from hubd.devices.appendix import appendix
from hubd.devices.dialects import CELLS
from hubd.devices.model import Device, Dialect, Kind

TOP = Path(__file__).resolve().parents[2]


def test_the_readme_has_the_table() -> None:
    """What the README says of kinds and dialects is what the table says."""
    assert appendix() in (TOP / "README.md").read_text(encoding="utf-8")


def test_every_property_has_a_line() -> None:
    """No row of the table is left out, and no cell breaks the lines."""
    lines = [
        line for line in appendix().splitlines() if line.startswith("| ") and not line.startswith(("| kind", "| ---"))
    ]
    assert len(lines) == sum(len(cell.rows) for cells in CELLS.values() for cell in cells.values())
    assert {line.count("|") for line in lines} == {6}


def test_the_examples_are_devices() -> None:
    """The examples hold every kind, every dialect, and hubd takes them."""
    tables = tomllib.loads((TOP / "config/examples/kinds.toml").read_text(encoding="utf-8"))["device"]
    devices = [Device.model_validate(table) for table in tables]
    assert {device.kind for device in devices} == set(Kind)
    assert {device.dialect for device in devices} == set(Dialect)
