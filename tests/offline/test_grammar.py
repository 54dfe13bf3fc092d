from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.grammar import Ambiguous, Grammar, NotUnderstood, OutOfRange, Request, Understood
from hubd.offline.words import spoken
from tests.offline.house import BRIGHTNESS, HOUSE, ON, devices, function

GRAMMAR = Grammar(HOUSE)


def light(device: str, **arguments: object) -> tuple[str, dict[str, object]]:
    """Return a call of set_light."""
    return "set_light", {"device": device, **arguments}


def calls(grammar: Grammar, text: str) -> list[tuple[str, dict[str, object]]]:
    """Return what a text asks for; fails if it is not understood."""
    meaning = grammar.meaning(spoken(text))
    assert isinstance(meaning, Understood), text
    return [(request.function, dict(request.arguments)) for request in meaning.requests]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("turn on the kitchen lights", [light("kitchen lights", on=True)]),
        ("turn the kitchen lights off", [light("kitchen lights", on=False)]),
        ("switch off kitchen lights", [light("kitchen lights", on=False)]),
        ("kitchen lights on", [light("kitchen lights", on=True)]),
        ("dim the kitchen lights to thirty percent", [light("kitchen lights", brightness=30)]),
        ("set my office lights to 50", [light("office lights", brightness=50)]),
        ("set the brightness of the kitchen lights to 75 percent", [light("kitchen lights", brightness=75)]),
        ("set the office lights brightness to a hundred percent", [light("office lights", brightness=100)]),
        ("turn on the office lights to forty percent", [light("office lights", on=True, brightness=40)]),
        ("dim the office lights to half", [light("office lights", brightness=50)]),
        ("set the office lights to the maximum", [light("office lights", brightness=100)]),
        (
            "switch on the coffee machine and turn off the office lights",
            [("set_switch", {"device": "coffee machine", "on": True}), light("office lights", on=False)],
        ),
        ("turn on the lights", [("turn_on_the_lights", {})]),
        ("turn on the living room lights", [("turn_on_the_lights", {})]),
        ("turn the living room lights off", [("turn_off_the_lights", {})]),
        ("turn on the lights at twenty percent", [("turn_on_the_lights", {"brightness": 20})]),
        ("dim the living room lights to twenty percent", [("turn_on_the_lights", {"brightness": 20})]),
        ("set the heater to twenty one degrees", [("set_heater", {"temperature": 21})]),
        ("set the temperature to 18", [("set_heater", {"temperature": 18})]),
        ("open the garage door", [("open_garage_door", {})]),
        ("could you please close the garage door", [("close_garage_door", {})]),
        ("please shut the garage door, thank you", [("close_garage_door", {})]),
        ("could you close the garage door for me, please", [("close_garage_door", {})]),
        ("hey jarvis, open the garage door", [("open_garage_door", {})]),
        ("goodbye", [("end_conversation", {})]),
        ("that's all, thank you", [("end_conversation", {})]),
        ("never mind", [("end_conversation", {})]),
        ("stop", [("end_conversation", {})]),
        ("hey jarvis", []),
    ],
)
def test_a_sentence_is_a_call(text: str, wanted: list[tuple[str, dict[str, object]]]) -> None:
    """What people say to a house leads to the function with its arguments."""
    if wanted:
        assert calls(GRAMMAR, text) == wanted
    else:
        assert GRAMMAR.meaning(spoken(text)) in (Understood(()), NotUnderstood())


@pytest.mark.parametrize(
    "text",
    [
        "what a lovely day",
        "turn around and look at me",
        "I think the kitchen is on fire",
        "hey jarvis tell me a joke",
        "turn on the kitchen",
        "kitchen lights",
        "set the coffee machine to fifty percent",
        "turn off the lights and goodbye",
        "please",
        "",
    ],
)
def test_another_sentence_is_none(text: str) -> None:
    """What fits no sentence is not forced into one."""
    meaning = GRAMMAR.meaning(spoken(text))
    assert meaning in (NotUnderstood(), Understood(()))


def test_nobody_asks_for_the_same_thing_twice() -> None:
    """A sentence that repeats itself is none; two things at once are asked for as before."""
    grammar = Grammar(HOUSE)
    assert grammar.meaning(spoken("turn on the lights and turn on the lights")) == NotUnderstood()
    assert isinstance(grammar.meaning(spoken("turn on the lights and turn on the kitchen lights")), Understood)


def test_a_number_out_of_range_is_understood_and_refused() -> None:
    """Fifty degrees must not be heard as fifteen, and a lamp at zero is off, not on at least."""
    meaning = GRAMMAR.meaning(spoken("set the heater to fifty degrees"))
    assert isinstance(meaning, OutOfRange)
    assert (meaning.amount.minimum, meaning.amount.maximum) == (5, 30)


def test_an_alarm_that_may_be_armed_in_several_ways() -> None:
    """Who arms it without saying how is asked; nothing is armed in a way that nobody asked for."""
    alarm = {"device": {"type": "STRING", "enum": ["alarm"]}}
    action = {"action": {"type": "STRING", "enum": ["disarm", "arm home", "arm away"]}}
    schema = {"type": "OBJECT", "properties": {**alarm, **action}, "required": ["device", "action"]}
    grammar = Grammar([FunctionDeclaration.read({"name": "set_alarm", "description": "", "parameters": schema})])
    meaning = grammar.meaning(spoken("arm the alarm"))
    assert isinstance(meaning, Ambiguous)
    assert {request.arguments["action"] for (request,) in meaning.readings} == {"arm home", "arm away"}


def test_what_fits_two_things_is_ambiguous() -> None:
    """Two functions for one sentence are not chosen between."""
    grammar = Grammar([function("turn_on_a", "Turn on the lamp."), function("turn_on_b", "Turn on the lamp.")])
    assert isinstance(grammar.meaning(spoken("turn on the lamp")), Ambiguous)
    assert calls(grammar, "turn on a") == [("turn_on_a", {})]


@pytest.mark.parametrize("number", [*range(101)])
def test_every_percentage_can_be_said(number: int) -> None:
    """Zero to a hundred, in figures as a text has them."""
    assert calls(GRAMMAR, f"set the office lights to {number} percent") == [light("office lights", brightness=number)]


@pytest.mark.parametrize(
    ("declaration", "text", "arguments"),
    [
        (
            function("set_lock", "Lock.", ["device", "locked"], device=devices("front door"), locked=ON),
            "unlock the front door",
            {"device": "front door", "locked": False},
        ),
        (
            function("set_cover", "Blinds.", ["device"], device=devices("Rollo Büro"), open=ON, position=BRIGHTNESS),
            "open the Rollo Büro",
            {"device": "Rollo Büro", "open": True},
        ),
        (
            function("activate_scene", "A scene.", ["scene"], scene=devices("movie night")),
            "activate the movie night scene",
            {"scene": "movie night"},
        ),
        (
            function("set_fan", "A fan.", ["device", "mode"], device=devices("fan"), mode=devices("low", "high")),
            "set the fan to high",
            {"device": "fan", "mode": "high"},
        ),
        (
            function(
                "control_cover", "Blinds.", ["device", "action"], device=devices("awning"), action=devices("open")
            ),
            "open the awning",
            {"device": "awning", "action": "open"},
        ),
        (
            function("set_lamp", "A lamp.", ["device", "on"], device=devices("lamp"), on=ON, brightness=BRIGHTNESS),
            "dim the lamp to ten percent",
            {"device": "lamp", "on": True, "brightness": 10},
        ),
        (
            function("set_color", "Colour.", ["kelvin"], kelvin={"type": "INTEGER", "minimum": 2000, "maximum": 6500}),
            "set the color to two thousand seven hundred kelvin",
            {"kelvin": 2700},
        ),
        (
            function("set_pool", "Pool.", ["degrees"], degrees={"type": "NUMBER", "minimum": 20, "maximum": 30}),
            "set the pool to twenty five and a half degrees",
            {"degrees": 25.5},
        ),
        (
            function("set_freezer", "Freezer.", ["to"], to={"type": "INTEGER", "minimum": -30, "maximum": 0}),
            "set the freezer to minus eighteen",
            {"to": -18},
        ),
        (
            function("get_state", "The state of a device.", ["device"], device=devices("garage")),
            "is the garage open",
            {"device": "garage"},
        ),
        (
            function("play_channel", "Plays a channel.", ["number"], number={"type": "INTEGER", "enum": ["1", "2"]}),
            "play channel",
            None,
        ),
        (function("play_music", "Play music.", ["query"], query={"type": "STRING"}), "play music", None),
    ],
)
def test_other_houses_speak_too(
    declaration: FunctionDeclaration, text: str, arguments: dict[str, object] | None
) -> None:
    """A grammar knows no devices but those that the declarations name; what it can't foresee can't be said."""
    grammar = Grammar([declaration])
    if arguments is None:
        assert grammar.meaning(spoken(text)) == NotUnderstood()
    else:
        assert calls(grammar, text) == [(declaration.name, arguments)]


def test_json_schema_is_read_as_well() -> None:
    """A client may declare its parameters in either of the protocol's two ways."""
    schema = {
        "type": "object",
        "properties": {"device": {"type": "string", "enum": ["lamp"]}, "on": {"type": ["boolean", "null"]}},
        "required": ["device", "on"],
        "additionalProperties": False,
    }
    declaration = FunctionDeclaration.read({"name": "set_light", "parametersJsonSchema": schema})
    assert calls(Grammar([declaration]), "turn off the lamp") == [("set_light", {"device": "lamp", "on": False})]


def test_a_thousand_lamps_share_their_sentences() -> None:
    """A name costs a few arcs, whatever can be done with the thing."""
    names = [f"lamp {number}" for number in range(1000)]
    one = Grammar([function("set_light", "Light.", ["device"], device=devices(names[0]), on=ON, brightness=BRIGHTNESS)])
    many = Grammar([function("set_light", "Light.", ["device"], device=devices(*names), on=ON, brightness=BRIGHTNESS)])
    assert len(many.arcs) - len(one.arcs) < 40 * len(names)
    assert calls(many, "turn on lamp 999") == [light("lamp 999", on=True)]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=4), st.text(max_size=40))
def test_any_name_makes_a_grammar(names: list[str], description: str) -> None:
    """No name or description is an error; what can be said of it leads back to it, or to a question."""
    declaration = function("set_light", description, ["device", "on"], device=devices(*names), on=ON)
    grammar = Grammar([declaration])
    for name in names:
        words = spoken(name)
        meaning = grammar.meaning(("turn", "on", "the", *words))
        if isinstance(meaning, Understood) and meaning.requests:
            assert meaning.requests[0].function == "set_light"


def test_a_request_has_its_arguments() -> None:
    """What is handed on is plain data."""
    assert GRAMMAR.meaning(spoken("open the garage door")) == Understood((Request("open_garage_door", {}),))
