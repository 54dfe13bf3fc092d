"""What can be said in the demo house: as sound to the recogniser, from there to the device that reports."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from pydantic import JsonValue

from hubd.demo.house import demo_devices
from hubd.demo.stand_in import StandIn
from hubd.devices.catalog import Catalog
from hubd.devices.model import Command
from hubd.devices.render import render
from hubd.devices.state import StateStore
from hubd.events import Call
from hubd.offline.grammar import Grammar, Request, Understood
from hubd.offline.pocketsphinx_recognizer import Recognizer
from hubd.offline.recognizer_link import pronunciations
from hubd.requests import Refusal
from hubd.timer_functions import FUNCTIONS
from hubd.tools import Toolbox
from tests.offline.speaking import say

LIGHT, COVER, PLAYER = "set_light", "set_cover", "set_media_player"

Arguments = dict[str, JsonValue]


@dataclass(frozen=True)
class Home:
    """The demo house with a recogniser for its sentences."""

    toolbox: Toolbox
    grammar: Grammar
    recognizer: Recognizer

    def requests(self, text: str) -> tuple[Request, ...]:
        """Return what is asked for by a text that is spoken; nothing if it is not understood."""
        words = self.recognizer.words(say(text))
        meaning = self.grammar.meaning(words) if words is not None else None
        return meaning.requests if isinstance(meaning, Understood) else ()


@pytest.fixture(scope="module")
def home() -> Home:
    """Open the house."""
    toolbox = Toolbox(Catalog(demo_devices()), own=FUNCTIONS)
    grammar = Grammar(toolbox.declarations())
    recognizer = Recognizer()
    unknown = recognizer.load([(arc.start, arc.end, arc.probability, arc.word) for arc in grammar.arcs])
    recognizer.pronounce(pronunciations(grammar.arcs, unknown))
    return Home(toolbox, grammar, recognizer)


@pytest.mark.parametrize(
    ("text", "function", "arguments"),
    [
        ("turn on the kitchen lights", LIGHT, {"device": "kitchen lights", "on": True}),
        ("turn the bedroom lamp to blue", LIGHT, {"device": "bedroom lamp", "color": "blue"}),
        ("set the bedroom lamp to warm white", LIGHT, {"device": "bedroom lamp", "color": "warm white"}),
        ("dim the hallway light to forty percent", LIGHT, {"device": "hallway light", "brightness": 40}),
        ("switch on the Christmas tree", "set_switch", {"device": "Christmas tree", "on": True}),
        ("turn off the coffee machine", "set_switch", {"device": "coffee machine", "on": False}),
        ("open the bedroom blinds", COVER, {"device": "bedroom blinds", "action": "open"}),
        ("set the bedroom blinds to fifty percent", COVER, {"device": "bedroom blinds", "position": 50}),
        ("close the awning", COVER, {"device": "awning", "action": "close"}),
        ("stop the awning", COVER, {"device": "awning", "action": "stop"}),
        ("dim the bedroom lamp to fifteen percent", LIGHT, {"device": "bedroom lamp", "brightness": 15}),
        ("all lights off", LIGHT, {"area": "everywhere", "on": False}),
        ("turn off the bedroom heating", "set_climate", {"device": "bedroom heating", "mode": "off"}),
        ("turn off the radio", PLAYER, {"device": "radio", "action": "stop"}),
        ("start movie night", "activate_scene", {"device": "movie night"}),
        ("lock the front door", "set_lock", {"device": "front door", "locked": True}),
        ("unlock the front door", "set_lock", {"device": "front door", "locked": False}),
        (
            "set the bedroom heating to twenty two degrees",
            "set_climate",
            {"device": "bedroom heating", "temperature": 22},
        ),
        ("set the bedroom heating to auto", "set_climate", {"device": "bedroom heating", "mode": "auto"}),
        ("set the heater to nineteen degrees", "set_heater", {"temperature": 19}),
        ("turn on the ceiling fan", "set_fan", {"device": "ceiling fan", "on": True}),
        ("set the ceiling fan to thirty percent", "set_fan", {"device": "ceiling fan", "speed": 30}),
        ("play the radio", PLAYER, {"device": "radio", "action": "play"}),
        ("pause the music", PLAYER, {"device": "radio", "action": "pause"}),
        ("set the volume of the radio to twenty percent", PLAYER, {"device": "radio", "volume": 20}),
        ("start the robot", "set_vacuum", {"device": "robot", "action": "start"}),
        ("send the robot home", "set_vacuum", {"device": "robot", "action": "return"}),
        ("arm the house alarm away", "set_alarm", {"device": "house alarm", "action": "arm away"}),
        ("disarm the house alarm", "set_alarm", {"device": "house alarm", "action": "disarm"}),
        ("open the sprinkler", "set_valve", {"device": "sprinkler", "action": "open"}),
        ("activate movie night", "activate_scene", {"device": "movie night"}),
        ("turn on the garden lights", "set_group", {"device": "garden lights", "on": True}),
        ("open the garage door", "open_garage_door", {}),
        ("turn off all the lights", LIGHT, {"area": "everywhere", "on": False}),
        ("turn on all the lights in the kitchen", LIGHT, {"area": "kitchen", "on": True}),
        ("close all the blinds", COVER, {"area": "everywhere", "action": "close"}),
        ("everything off", "turn_off_everything", {}),
        ("turn everything off in the kitchen", "turn_off_everything", {"area": "kitchen"}),
        ("which windows are open", "get_state", {"kind": "window", "state": "open"}),
        ("which lights are on", "get_state", {"kind": "light", "state": "on"}),
        ("is the garage closed", "get_state", {"sensor": "garage door"}),
        ("is the front door locked", "get_state", {"device": "front door"}),
        ("how warm is the bedroom", "get_state", {"sensor": "bedroom temperature"}),
        ("how is the robot", "get_state", {"device": "robot"}),
        ("what is on in the kitchen", "get_state", {"area": "kitchen"}),
        ("set a timer for ten minutes", "set_timer", {"minutes": 10}),
        ("set a timer for five minutes for the eggs", "set_timer", {"minutes": 5, "name": "eggs"}),
        ("cancel the timer", "cancel_timer", {}),
        ("how much time is left", "list_timers", {}),
    ],
)
def test_a_sentence_does_what_it_says(home: Home, text: str, function: str, arguments: Arguments) -> None:
    """Spoken, it is understood, allowed, and, where it commands one device, done: the device reports so."""
    (request,) = home.requests(text)
    assert (request.function, dict(request.arguments)) == (function, arguments)
    found = home.toolbox.resolve(Call("1", request.function, request.arguments))
    assert not isinstance(found, Refusal), found
    if isinstance(found, Command):
        assert _confirmed(found)


@pytest.mark.parametrize(
    "text",
    [
        "what a lovely day",
        "I would like some coffee",
        "the heater is too expensive",
        "somebody left the lights on",
        "he works in an office downtown",
        "open your mouth and say ah",
        "what is the weather like tomorrow",
        "tell me a joke",
        "turn around and look at me",
        "where did you park the car",
        "remind me to call my sister",
        "I have to wash the dishes",
        "the robot in that film was funny",
        "turn on the kitchen lights in five minutes",
        "turn off the office lights in half an hour",
    ],
)
def test_another_sentence_does_nothing(home: Home, text: str) -> None:
    """Speech that is no command leads to no call, whatever words of the house are in it."""
    assert home.requests(text) == ()


def _confirmed(command: Command) -> bool:
    """Return whether the device reports what the hub waits for; a scene has nothing to report."""
    order = render(command)
    house, states = StandIn([command.device]), StateStore([command.device])
    reports = [report for publish in order.publishes for report in house.take(publish.topic, publish.payload)]
    for report in sorted(reports, key=lambda each: each.after):
        states.receive(report.topic, report.payload.encode(), now=0.0)
    expectation = order.expectation
    return expectation is None or expectation.met_by(states.known(command.device.id, expectation.scope))
