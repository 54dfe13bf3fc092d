from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.offline.grammar import Request
from hubd.offline.interpreter import NOT_UNDERSTOOD, Calls, Interpreter, Spoken, outcome
from hubd.offline.words import spoken
from tests.offline.house import HOUSE, devices, function

INTERPRETER = Interpreter(HOUSE)


def test_a_command_is_called() -> None:
    """Words that ask for functions lead to calls, in their order."""
    reply = INTERPRETER.reply(spoken("open the garage door and turn off the lights"))
    assert reply == Calls((Request("open_garage_door", {}), Request("turn_off_the_lights", {})))


@pytest.mark.parametrize("words", [None, spoken("what a lovely day")])
def test_other_speech_is_answered_and_calls_nothing(words: tuple[str, ...] | None) -> None:
    """Whoever was not understood is told so."""
    assert INTERPRETER.reply(words) == Spoken(NOT_UNDERSTOOD)


@pytest.mark.parametrize(
    "text",
    [
        "turn off the lights in half an hour",
        "open the garage door and turn on the lights for ten minutes please",
        "close the garage door after twenty seconds",
    ],
)
def test_what_is_wanted_later_is_not_done_now(text: str) -> None:
    """Nobody can do it then, so nothing is called, and that is said."""
    reply = INTERPRETER.reply(spoken(text))
    assert isinstance(reply, Spoken)
    assert "at once" in reply.text


def test_a_number_out_of_range_is_explained() -> None:
    """The answer says what is possible."""
    assert INTERPRETER.reply(spoken("set the heater to ninety")) == Spoken("The temperature can be from 5 to 30.")


def test_ambiguity_is_asked_back() -> None:
    """Of two things that fit, none is switched."""
    twins = Interpreter([function("turn_on_a", "Turn on the lamp."), function("turn_on_b", "Turn on the lamp.")])
    reply = twins.reply(spoken("turn on the lamp"))
    assert isinstance(reply, Spoken)
    assert "more than one" in reply.text


def test_ways_to_do_it_are_named() -> None:
    """Who leaves out how something is to be done hears how it can be."""
    ways = {"type": "STRING", "enum": ["disarm", "arm home", "arm away", "arm night"]}
    alarm = Interpreter([function("set_alarm", "Arm or disarm an alarm.", device=devices("alarm"), action=ways)])
    reply = alarm.reply(spoken("arm the alarm"))
    assert reply == Spoken("That can be arm away, arm home or arm night. Please say it in full.")


@pytest.mark.parametrize(
    ("response", "sentence"),
    [
        ({"message": "The heater is set to 21 degrees.", "status": "done"}, "The heater is set to 21 degrees."),
        ({"error": "no answer from the device within 4 s"}, "No answer from the device within 4 s."),
        ({"result": "ok"}, "Ok."),
        ({"output": "it is open"}, "It is open."),
        ({"result": {"status": "done", "device": "kitchen lights"}}, "Kitchen lights: done."),
        ({"status": "done", "device": "heater", "state": {"temperature": 21}}, "Heater: done."),
        ({"status": "not_reached"}, "Not reached."),
        ({"message": "  ", "status": "failed"}, "Failed."),
        ({"result": 3}, ""),
        ({}, ""),
    ],
)
def test_an_outcome_is_a_sentence(response: dict[str, JsonValue], sentence: str) -> None:
    """What is meant for people comes first, then the protocol's keys, then what can be made of the rest."""
    assert outcome(response) == sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=400),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["status", "device", "x"]), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["message", "error", "result", "output", "status", "device"]), JSON))
def test_any_outcome_is_short_plain_text(response: dict[str, JsonValue]) -> None:
    """A device may answer what it likes: it is one line of bounded length, or nothing."""
    sentence = outcome(response)
    assert len(sentence) <= 301
    assert "\n" not in sentence
