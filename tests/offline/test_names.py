from __future__ import annotations

from hubd.offline.names import Names
from hubd.offline.parameters import Choice, Free
from tests.offline.calling import called
from tests.offline.house import ON, devices, function

LIGHTS = devices("kitchen lights", "desk lamp") | {
    "description": "Which light. The same under two names: the big light = kitchen lights; big one = kitchen lights."
}
LIGHT = function("set_light", "Light.", ["device", "on"], device=LIGHTS, on=ON)
ASK = function("get_state", "State.", device={"type": "STRING"})


def test_a_second_name_is_understood() -> None:
    """A description that tells of further names is read, for every function."""
    assert called([LIGHT, ASK], "turn on the big light") == [("set_light", {"device": "kitchen lights", "on": True})]
    assert called([LIGHT, ASK], "is the big one on") == [("get_state", {"device": "kitchen lights"})]


def test_a_free_name_is_any_device() -> None:
    """Where a device may be named freely, all that are known can be said; other free texts can't."""
    names = Names.of([LIGHT, ASK])
    assert isinstance(names.told(Free("device")), Choice)
    assert names.told(Free("text")) == Free("text")
    assert Names().told(Free("device")) == Free("device")


def test_a_second_name_that_the_function_takes_itself_is_understood_once() -> None:
    """What is in the enum and in the description as well leaves nothing to ask."""
    both = devices("bulb", "lamp by the door") | {
        "description": "Which light. The same under two names: lamp by the door = bulb."
    }
    light = function("set_light", "Light.", ["device", "on"], device=both, on=ON)
    assert called([light], "turn on the lamp by the door") == [
        ("set_light", {"device": "lamp by the door", "on": True})
    ]
