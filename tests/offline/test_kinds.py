from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from pydantic import JsonValue

from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.events import Call
from hubd.offline.grammar import Grammar, NotUnderstood, Understood
from hubd.offline.words import spoken
from hubd.tools import Toolbox

EXAMPLES = Path(__file__).resolve().parents[2] / "config/examples/kinds.toml"
TABLES = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["device"]
TOOLBOX = Toolbox(Catalog([Device.model_validate(table) for table in TABLES]))
GRAMMAR = Grammar(TOOLBOX.declarations())


@pytest.mark.parametrize(
    ("sentence", "device", "settings"),
    [
        ("turn on the bedroom lamp", "bedroom_lamp", {"on": True}),
        ("dim the desk lamp to thirty percent", "desk_lamp", {"on": True, "brightness": 30}),
        ("set the bedroom lamp to red", "bedroom_lamp", {"on": True, "color": "red"}),
        ("make the bedroom lamp warm white", "bedroom_lamp", {"on": True, "color_temperature": 2700}),
        ("switch the boiler off", "boiler", {"on": False}),
        ("open the kitchen blinds", "kitchen_blinds", {"action": "open"}),
        ("stop the awning", "awning", {"action": "stop"}),
        ("set the kitchen blinds to forty percent", "kitchen_blinds", {"position": 40}),
        ("lock the front door", "front_door", {"action": "lock"}),
        ("unlock the front door", "front_door", {"action": "unlock"}),
        ("set the bathroom heating to twenty one degrees", "bathroom_heating", {"temperature": 21}),
        ("set the bathroom heating to auto", "bathroom_heating", {"mode": "auto"}),
        ("turn on the ceiling fan", "ceiling_fan", {"on": True}),
        ("set the ceiling fan to fifty percent", "ceiling_fan", {"on": True, "speed": 50}),
        ("pause the radio", "radio", {"action": "pause"}),
        ("set the volume of the radio to thirty percent", "radio", {"volume": 30}),
        ("activate movie night", "movie_night", {"activate": True}),
        ("turn off downstairs", "downstairs", {"on": False}),
        ("start the robot", "robot", {"action": "start"}),
        ("arm away the house alarm", "house_alarm", {"action": "arm away"}),
        ("disarm the house alarm", "house_alarm", {"action": "disarm"}),
        ("close the garden water", "garden_water", {"action": "close"}),
    ],
)
def test_every_kind_is_understood_offline(sentence: str, device: str, settings: dict[str, JsonValue]) -> None:
    """From the declarations alone a sentence becomes the call that sets the device."""
    meaning = GRAMMAR.meaning(spoken(sentence))
    assert isinstance(meaning, Understood), meaning
    (request,) = meaning.requests
    command = TOOLBOX.resolve(Call("1", request.function, request.arguments))
    assert isinstance(command, Command), command
    assert (command.device.id, command.arguments) == (device, settings)


@pytest.mark.parametrize("sentence", ["turn on the bathroom window", "set the living room temperature to twenty"])
def test_what_is_read_only_can_not_be_set(sentence: str) -> None:
    """No sentence commands a sensor."""
    assert isinstance(GRAMMAR.meaning(spoken(sentence)), NotUnderstood)
