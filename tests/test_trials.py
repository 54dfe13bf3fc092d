from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.config import load
from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.events import Call
from hubd.requests import Refusal
from hubd.tools import Toolbox
from hubd.trials import call_of

EXAMPLES: Final = Path(__file__).resolve().parents[1] / "config" / "examples" / "kinds.toml"
GATE: Final = Device.model_validate(
    {
        "id": "gate",
        "name": "garden gate",
        "function": [
            {
                "name": f"{verb}_gate",
                "description": "Move the gate.",
                "publish": {"topic": "gate", "payload": verb},
                "parameters": {"width": {"type": "number", "default": 1}, "how": {"type": "string", "default": ""}},
            }
            for verb in ("open", "close")
        ],
    }
)


def house(folder: Path) -> Catalog:
    """Return a device of each kind, with one whose functions are spelled out."""
    (folder / "hubd.toml").write_text(f'include = ["{EXAMPLES}"]')
    return Catalog((*load(folder / "hubd.toml").devices, GATE))


@pytest.mark.parametrize(
    ("name", "words", "function", "arguments"),
    [
        ("bedroom_lamp", ["on"], "set_light", {"on": True}),
        ("bedroom lamp", ["40%"], "set_light", {"on": True, "brightness": 40}),
        ("bedroom lamp", ["brightness=40"], "set_light", {"on": True, "brightness": 40}),
        ("bedroom lamp", ["on=off"], "set_light", {"on": False}),
        ("bedroom lamp", ["Red"], "set_light", {"on": True, "color": "red"}),
        ("boiler", ["off"], "set_switch", {"on": False}),
        ("kitchen blinds", ["open"], "set_cover", {"action": "open"}),
        ("kitchen blinds", ["30%"], "set_cover", {"position": 30}),
        ("garden water", ["close"], "set_valve", {"action": "close"}),
        ("front door", ["unlock"], "set_lock", {"action": "unlock"}),
        ("house alarm", ["arm away"], "set_alarm", {"action": "arm away"}),
        ("bathroom heating", ["21"], "set_climate", {"temperature": 21}),
        ("bathroom heating", ["21.5°C"], "set_climate", {"temperature": 21.5}),
        ("bathroom heating", ["temperature=21"], "set_climate", {"temperature": 21}),
        ("ceiling fan", ["on", "speed=50"], "set_fan", {"on": True, "speed": 50}),
        ("radio", ["pause"], "set_media_player", {"action": "pause"}),
        ("robot", ["start"], "set_vacuum", {"action": "start"}),
        ("movie night", [], "activate_scene", {"activate": True}),
        ("downstairs", ["off"], "set_group", {"on": False}),
        (
            "garden gate",
            ["open", "width=0.5", "how=slowly = surely"],
            "open_gate",
            {"width": 0.5, "how": "slowly = surely"},
        ),
        ("gate", ["close_gate", "2"], "close_gate", {"width": 2, "how": ""}),
    ],
)
def test_each_kind_is_tried(
    tmp_path: Path, name: str, words: list[str], function: str, arguments: dict[str, JsonValue]
) -> None:
    """A word, or a name with a value, sets what a person means by it."""
    catalog = house(tmp_path)
    call = call_of(catalog, name, words)
    assert isinstance(call, Call), call
    command = Toolbox(catalog).resolve(call)
    assert isinstance(command, Command), command
    assert (command.name, command.arguments) == (function, arguments)


@pytest.mark.parametrize(
    ("name", "words", "complaint"),
    [
        ("bedroom lmap", ["on"], 'There is no device called "bedroom lmap"; there are: bedroom lamp.'),
        ("bedroom lamp", ["onn"], '"onn" sets nothing; did you mean on? set_light takes on, off,'),
        ("bedroom lamp", ["40"], '"40" sets nothing; '),
        ("bathroom window", ["on"], '"bathroom window" can only be read.'),
        ("garden gate", ["width=2"], "Name the function first: open_gate, close_gate."),
        ("boiler", ["21°"], '"21°" sets nothing; '),
    ],
)
def test_what_is_misspelt_is_told(tmp_path: Path, name: str, words: list[str], complaint: str) -> None:
    """The complaint names what was found, with what is allowed or near."""
    refusal = call_of(house(tmp_path), name, words)
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith(complaint)


@pytest.mark.parametrize("words", [["brightness=300"], ["brightness=much"], ["on=maybe"], ["colour=red"], ["on", "=1"]])
def test_what_does_not_fit_is_left_to_the_check(tmp_path: Path, words: list[str]) -> None:
    """A value that a function does not take is complained about as the model's would be."""
    catalog = house(tmp_path)
    call = call_of(catalog, "bedroom lamp", words)
    assert isinstance(call, Call)
    assert isinstance(Toolbox(catalog).resolve(call), Refusal)


def test_two_devices_of_a_name(tmp_path: Path) -> None:
    """Of several that are called so none is guessed; the room tells them apart."""
    one = house(tmp_path).devices[0]
    catalog = Catalog((one, one.model_copy(update={"id": "other", "room": "attic"})))
    refusal = call_of(catalog, one.name, ["on"])
    assert isinstance(refusal, Refusal)
    assert len(refusal.choices) == 2
    assert isinstance(call_of(catalog, f"attic {one.name}", ["on"]), Call)
