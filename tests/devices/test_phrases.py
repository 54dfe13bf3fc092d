from __future__ import annotations

import pytest

from hubd.devices import phrases
from hubd.devices.expectations import Expectation, Want
from hubd.devices.model import Command, Device

LAMP = Device.model_validate(
    {"id": "lamp", "name": "kitchen lights", "kind": "light", "dialect": "zigbee2mqtt", "topic": "z/lamp"}
)
HEATER = Device.model_validate(
    {
        "id": "heater",
        "name": "heater",
        "function": [{"name": "heat", "description": "Heat.", "publish": {"topic": "heater/set"}}],
    }
)
HEAT = Command(HEATER, "heat", {}, HEATER.functions[0])
WARM = Expectation((Want("temperature", 21),), "heater")


@pytest.mark.parametrize(
    ("name", "the", "plural"),
    [
        ("kitchen lights", "the kitchen lights", True),
        ("coffee machine", "the coffee machine", False),
        ("the big light", "the big light", False),
        ("my lamps", "my lamps", True),
        ("Anna's lamp", "Anna's lamp", False),
        ("moss glass", "the moss glass", False),
        ("bus", "the bus", False),
    ],
)
def test_names_stand_in_a_sentence(name: str, the: str, *, plural: bool) -> None:
    """A name gets its article unless it has one, and asks for is or are."""
    assert phrases.the(name) == the
    assert phrases.is_plural(name) is plural


@pytest.mark.parametrize(
    ("settings", "state", "sentence"),
    [
        ({"on": True, "brightness": 30}, {"on": True, "brightness": 29.1}, "The kitchen lights are on at 30 percent."),
        ({"on": True}, {"on": True, "brightness": 80.3}, "The kitchen lights are on at 80 percent."),
        ({"on": True}, {"on": True}, "The kitchen lights are on."),
        ({"on": False}, {"on": False, "brightness": 30}, "The kitchen lights are off."),
    ],
)
def test_a_light_is_said_as_people_say_it(
    settings: dict[str, bool | int], state: dict[str, bool | float], sentence: str
) -> None:
    """The level is the one asked for; a lamp that is off has none."""
    assert phrases.done(Command(LAMP, "set_light", settings), "kitchen lights", Expectation(()), state) == sentence


def test_a_function_spelled_out_says_what_the_device_reports() -> None:
    """Done, late, failed and unsent each are one sentence about the device."""
    assert phrases.done(HEAT, "heater", WARM, {"temperature": 21.0}) == "The heater reports temperature 21."
    late = "The heater took a while, but it reports temperature 21 now."
    assert phrases.late(HEAT, "heater", WARM, {"temperature": 21}) == late
    failed = "The command was sent, but the heater did not report temperature 21."
    assert phrases.unconfirmed(HEAT, "heater", WARM, {}) == failed
    instead = "The heater did not report temperature 21, but temperature 12.5."
    assert phrases.unconfirmed(HEAT, "heater", WARM, {"temperature": 12.5}) == instead
    assert phrases.not_sent("heater", "why") == "The command for the heater was not sent: why."


def test_values_are_words() -> None:
    """Capitals are not shouted, true is yes, an object is not read out."""
    values = {"state": "ON", "contact": True, "color": {"x": 1}, "local_temperature": 21.5, "more": 1}
    words = "state on and contact yes and local temperature 21.5"
    assert phrases.values_in_words(values.items()) == words  # type: ignore[arg-type]  # JSON values
