from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hubd import roster
from hubd.devices.catalog import Catalog
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device
from hubd.devices.state import StateStore
from hubd.tools import Toolbox

LAMP: Final = {
    "id": "lamp",
    "name": "Küchenlampe",
    "aliases": ["the big light"],
    "room": "kitchen",
    "kind": "light",
    "dialect": "zigbee2mqtt",
    "topic": "z/lamp",
}
GATE: Final = {
    "id": "gate",
    "name": "gate",
    "scheduling": "INTERRUPT",
    "function": [
        {
            "name": "open_gate",
            "description": "Open the gate.",
            "publish": {"topic": "gate/set", "payload": "OPEN"},
            "expect": {"topic": "gate", "json": {"state": "open"}},
        }
    ],
}
PLUG: Final = {"name": "Fan plug", "uniq_id": "plug_1", "cmd_t": "plugs/1/set", "stat_t": "plugs/1"}
SENSOR: Final = {"name": "Attic", "uniq_id": "attic_1", "stat_t": "attic", "unit_of_meas": "°C"}


def house() -> tuple[Toolbox, StateStore]:
    """Return two devices of files with two that announced themselves, of which nothing is known yet."""
    discovery = Discovery(Rules())
    for component, message in (("switch", PLUG), ("sensor", SENSOR)):
        discovery.receive(f"homeassistant/{component}/x/config", json.dumps(message).encode())
    devices = discovery.house([Device.model_validate(LAMP), Device.model_validate(GATE)]).devices
    return Toolbox(Catalog(devices)), StateStore(devices)


def listed(toolbox: Toolbox, states: StateStore | None, now: float = 100.0) -> list[list[str]]:
    """Return the rows of the table."""
    return roster.rows(
        roster.roster(toolbox.catalog.devices, toolbox, {"lamp": "devices.d/a.toml", "gate": "b.toml"}, states, now)
    )


def test_each_device_has_its_row() -> None:
    """Name, room, kind, dialect, functions, scheduling, where it comes from, what it said, how long ago."""
    toolbox, states = house()
    states.receive("z/lamp", b'{"state":"ON","brightness":127}', 88.0)
    states.receive("gate", b'{"state":"open"}', 50.0, stored=True)
    states.receive("attic", b"21.5", 100.0 - 7300)
    speech = "SILENT/WHEN_IDLE/INTERRUPT"
    lamp = ["Küchenlampe", "kitchen", "light", "zigbee2mqtt", "set_light", speech, "devices.d/a.toml"]
    assert listed(toolbox, states) == [
        [*lamp, "on at 50 percent", "12 s"],
        ["gate", "", "", "", "open_gate", "INTERRUPT", "b.toml", "state open", "kept"],
        ["Fan plug", "", "switch", "home-assistant", "set_switch", speech, "discovery plug_1", "unknown", ""],
        ["Attic", "", "sensor", "home-assistant", "", "", "discovery attic_1", "21.5 °C", "2 h"],
    ]


def test_a_device_that_can_not_be_reached() -> None:
    """It is offline, with the last that it said."""
    toolbox, states = house()
    states.receive("z/lamp/availability", b"offline", 99.0)
    assert listed(toolbox, states)[0][-2] == "offline"
    states.receive("z/lamp", b'{"state":"OFF"}', 99.0)
    assert listed(toolbox, states)[0][-2:] == ["offline, last off", "1 s"]


def test_without_a_broker_nothing_is_said_about_states() -> None:
    """The rows end before what only the broker knows, as their heads do."""
    toolbox, _ = house()
    rows = listed(toolbox, None)
    assert {len(row) for row in rows} == {len(roster.HEADS) - roster.HEADS_OF_THE_BROKER}
    assert rows[0][-1] == "devices.d/a.toml"


def test_as_json() -> None:
    """One object a line holds the same, and what no table has room for."""
    toolbox, states = house()
    states.receive("z/lamp", b'{"state":"ON","brightness":127}', 88.0)
    found = roster.roster(toolbox.catalog.devices, toolbox, {"lamp": "a.toml"}, states, 100.0)
    lamp, gate, plug, _ = (json.loads(line) for line in roster.lines_of_json(found))
    assert lamp == {
        "id": "lamp",
        "name": "Küchenlampe",
        "aliases": ["the big light"],
        "room": "kitchen",
        "kind": "light",
        "dialect": "zigbee2mqtt",
        "functions": ["set_light"],
        "scheduling": {"set_light": {"done": "SILENT", "late": "WHEN_IDLE", "failed": "INTERRUPT"}},
        "offered": True,
        "confirm": False,
        "from": "a.toml",
        "announced_by": None,
        "reachable": None,
        "state": {"on": True, "brightness": 50},
        "age_s": 12.0,
        "kept": False,
    }
    assert (gate["state"], gate["age_s"], gate["kind"]) == ({}, None, None)
    assert (plug["from"], plug["announced_by"]) == ("discovery plug_1", "homeassistant/switch/x/config")
    away: list[Mapping[str, Any]] = [
        json.loads(line)
        for line in roster.lines_of_json(roster.roster(toolbox.catalog.devices, toolbox, {}, None, 0.0))
    ]
    assert not any("state" in each or "age_s" in each for each in away)


def test_a_device_of_another_hub() -> None:
    """What this hub may not operate is listed as such."""
    toolbox, states = house()
    guest = Device.model_validate(LAMP | {"id": "guest", "confirm": True})
    found = roster.roster([guest], toolbox, {}, states, 100.0)
    assert roster.rows(found)[0][4] == "not offered here"
    (line,) = roster.lines_of_json(found)
    assert (json.loads(line)["offered"], json.loads(line)["confirm"]) == (False, True)
