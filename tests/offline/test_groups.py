from __future__ import annotations

import pytest

from hubd.offline.groups import plurals
from tests.offline.calling import called
from tests.offline.house import BRIGHTNESS, ON, devices, function

AREAS = devices("kitchen", "living room", "first floor", "downstairs", "here", "everywhere")
HOUSE = (
    function(
        "set_light", "Light.", device=devices("kitchen lights", "desk lamp"), area=AREAS, on=ON, brightness=BRIGHTNESS
    ),
    function("set_cover", "Cover.", device=devices("awning"), area=AREAS, action=devices("open", "close", "stop")),
    function("turn_off_everything", "Turn off everything in a room, on a floor or in the whole house.", area=AREAS),
)


@pytest.mark.parametrize(
    ("text", "name", "arguments"),
    [
        ("turn off all the lights in the living room", "set_light", {"area": "living room", "on": False}),
        ("all the lights in the living room off", "set_light", {"area": "living room", "on": False}),
        ("turn the lights off in the living room", "set_light", {"area": "living room", "on": False}),
        ("turn the living room lights off", "set_light", {"area": "living room", "on": False}),
        ("turn on the lamps on the first floor", "set_light", {"area": "first floor", "on": True}),
        ("turn off all the lights", "set_light", {"area": "everywhere", "on": False}),
        ("turn on the lights", "set_light", {"area": "here", "on": True}),
        ("dim the lights in the kitchen to thirty percent", "set_light", {"area": "kitchen", "brightness": 30}),
        ("set the brightness in the kitchen to ten", "set_light", {"area": "kitchen", "brightness": 10}),
        ("close all the blinds downstairs", "set_cover", {"area": "downstairs", "action": "close"}),
        ("open all the shutters", "set_cover", {"area": "everywhere", "action": "open"}),
        ("everything off", "turn_off_everything", {}),
        ("everything off downstairs", "turn_off_everything", {"area": "downstairs"}),
        ("turn everything off in here", "turn_off_everything", {"area": "here"}),
        ("switch off everything in the kitchen", "turn_off_everything", {"area": "kitchen"}),
        ("turn everything off in the whole house", "turn_off_everything", {"area": "everywhere"}),
    ],
)
def test_a_place_stands_for_what_is_in_it(text: str, name: str, arguments: dict[str, object]) -> None:
    """A kind or everything in a room, on a floor, here, in the house is one call."""
    assert called(HOUSE, text) == [(name, arguments)]


def test_who_is_called_so_is_meant() -> None:
    """A lamp that is called "kitchen lights" is not all the lights in the kitchen."""
    assert called(HOUSE, "turn off the kitchen lights") == [("set_light", {"device": "kitchen lights", "on": False})]


@pytest.mark.parametrize("text", ["turn on the lights", "set the desk lamp to kitchen", "turn off the kitchen"])
def test_a_place_is_not_guessed(text: str) -> None:
    """Without a hub's own room "the lights" are none; a place is nothing that a lamp could be set to."""
    areas = devices("kitchen", "everywhere")
    light = function("set_light", "Light.", device=devices("desk lamp"), area=areas, on=ON, brightness=BRIGHTNESS)
    assert called([light, function("turn_off_everything", "Turn off everything.", area=areas)], text) is None


def test_a_room_can_be_the_thing_itself() -> None:
    """A function whose only name is a room is asked for by it."""
    heating = function("set_heating", "Heat.", ["room"], room=devices("bathroom"), temperature=BRIGHTNESS)
    wanted = [("set_heating", {"room": "bathroom", "temperature": 21})]
    assert called([heating], "set the bathroom to twenty one") == wanted


def test_every_kind_has_a_plural() -> None:
    """What nobody thought of gets an s."""
    assert plurals("media_player")[0] == "music"
    assert plurals("sauna") == ("saunas",)
