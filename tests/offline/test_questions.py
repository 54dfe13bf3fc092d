from __future__ import annotations

import pytest

from tests.offline.calling import called
from tests.offline.house import ON, devices, function

AREAS = devices("kitchen", "upstairs")
KINDS = devices("light", "window", "lock", "media_player")
NAMES = devices("desk lamp", "garage door", "bedroom temperature", "cellar humidity", "office blinds")
ASK = (function("get_state", "Tell how a device is.", device=NAMES, area=AREAS, kind=KINDS),)


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("is the desk lamp on", {"device": "desk lamp"}),
        ("are the office blinds open", {"device": "office blinds"}),
        ("what is the state of the desk lamp", {"device": "desk lamp"}),
        ("is the garage closed", {"device": "garage door"}),
        ("is the garage door open", {"device": "garage door"}),
        ("how warm is the bedroom", {"device": "bedroom temperature"}),
        ("how cold is it in the bedroom", {"device": "bedroom temperature"}),
        ("what's the temperature in the bedroom", {"device": "bedroom temperature"}),
        ("how humid is the cellar", {"device": "cellar humidity"}),
        ("which windows are open", {"kind": "window"}),
        ("are all the windows closed", {"kind": "window"}),
        ("are any of the windows in the kitchen open", {"kind": "window", "area": "kitchen"}),
        ("which lights are on upstairs", {"kind": "light", "area": "upstairs"}),
        ("which lights upstairs are on", {"kind": "light", "area": "upstairs"}),
        ("are the locks locked", {"kind": "lock"}),
        ("are the lights in the kitchen on", {"kind": "light", "area": "kitchen"}),
        ("what's on in the kitchen", {"area": "kitchen"}),
        ("is everything off upstairs", {"area": "upstairs"}),
    ],
)
def test_a_question_is_a_call(text: str, arguments: dict[str, object]) -> None:
    """One can ask about a thing, a kind, a place, what a sensor measures."""
    assert called(ASK, text) == [("get_state", arguments)]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("which windows are open", {"kind": "window", "state": "open"}),
        ("which lights upstairs are on", {"kind": "light", "area": "upstairs", "state": "on"}),
        ("which lights are off", {"kind": "light"}),
        ("are all the windows closed", {"kind": "window"}),
    ],
)
def test_which_are_so_is_asked_by_the_state(text: str, arguments: dict[str, object]) -> None:
    """Where one can ask for a state; whether all are so is asked about all."""
    ask = function("get_state", "Tell.", device=NAMES, area=AREAS, kind=KINDS, state=devices("open", "closed", "on"))
    assert called([ask], text) == [("get_state", arguments)]


@pytest.mark.parametrize("text", ["is the desk lamp", "are the desk lamp on", "how warm is the garage door", "which"])
def test_half_a_question_is_none(text: str) -> None:
    """What nobody would ask so is not understood."""
    assert called(ASK, text) is None


@pytest.mark.parametrize("text", ["is the desk lamp on", "is the cellar humidity wet", "check the window contact"])
def test_names_may_stand_elsewhere(text: str) -> None:
    """A question that takes any device's name knows those of all functions, and has names of its own."""
    free = {"type": "STRING", "description": "Any device."}
    light = function("set_light", "Light.", ["device"], device=devices("desk lamp"), on=ON)
    ask = function("get_state", "State.", device=free, sensor=devices("cellar humidity", "window contact"))
    assert called([light, ask], text) is not None


def test_a_question_without_a_choice() -> None:
    """A function that asks for one thing only is understood by its name."""
    assert called([function("get_weather", "Tell the weather.")], "what is the weather") == [("get_weather", {})]
