"""Payloads of commands: plain text or JSON, whatever they hold."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.mqtt.members import LONGEST_PAYLOAD
from hubd.mqtt.orders import Ask, Declined, Fault, Listen, Mute, Order, Quiet, Say, Stop, Tell, Turned, Volume, Wish
from hubd.mqtt.reading import READERS, read
from hubd.wishes import LONGEST_TEXT, Scheduling

NOW, IDLE, SILENT = Scheduling.INTERRUPT, Scheduling.WHEN_IDLE, Scheduling.SILENT


def order(command: str, payload: JsonValue) -> Order:
    """Return the order that a payload is; texts are sent as they are."""
    text = payload if isinstance(payload, str) else json.dumps(payload)
    read_ = read(command, text.encode())
    assert isinstance(read_, Order), read_
    return read_


def problem(command: str, payload: JsonValue | bytes) -> str:
    """Return what is wrong with a payload."""
    raw = (
        payload
        if isinstance(payload, bytes)
        else (payload if isinstance(payload, str) else json.dumps(payload)).encode()
    )
    read_ = read(command, raw)
    assert isinstance(read_, Declined), read_
    assert read_.fault is Fault.UNREADABLE
    return read_.problem


@pytest.mark.parametrize(
    ("command", "payload", "wish"),
    [
        ("say", "The  post\n is here. ", Say("The post is here.", IDLE)),
        ("say", {"text": "Fire!", "scheduling": "INTERRUPT"}, Say("Fire!", NOW)),
        ("say", {"text": "Fire!", "when": "now"}, Say("Fire!", NOW)),
        ("say", {"text": "Later.", "when": "queue"}, Say("Later.", IDLE)),
        ("say", {"text": "Up!", "when": "replace"}, Say("Up!", NOW, replaces=True)),
        ("say", {"text": "Up!", "volume": 30, "chime": True}, Say("Up!", IDLE, volume=30, chime=True)),
        ("say", {"text": "Up!", "mode": "Verbatim", "then_listen": True}, Say("Up!", IDLE, then_listen=True)),
        ("say", {"text": "Up!", "quiet": "ignore"}, Say("Up!", IDLE, quiet=Quiet.IGNORE)),
        ("say", {"text": "Up!", "mode": "model", "when": "now"}, Tell("Up!", NOW)),
        ("ask", "Shall I close the blinds?", Ask("Shall I close the blinds?")),
        ("ask", {"text": "Tea?", "timeout_s": 30, "quiet": "ignore"}, Ask("Tea?", (), 30.0, Quiet.IGNORE)),
        ("ask", {"text": "Tea?", "choices": ["yes", "no"]}, Ask("Tea?", ("yes", "no"))),
        ("tell", "The window is open.", Tell("The window is open.", SILENT)),
        ("tell", {"text": "Done.", "scheduling": "when-idle"}, Tell("Done.", IDLE)),
        ("tell", {"text": "Fire!", "scheduling": "Interrupt", "source": "alarm"}, Tell("Fire!", NOW, "alarm")),
        ("listen", "", Listen()),
        ("listen", "PRESS", Listen()),
        ("listen", {"timeout_s": 5}, Listen(5.0)),
        ("listen", {"silent": True, "context": "The door  rang."}, Listen(silent=True, context="The door rang.")),
        ("stop", "PRESS", Stop()),
        ("stop", "whatever", Stop()),
        ("mute", "ON", Mute(Turned.ON)),
        ("mute", "off", Mute(Turned.OFF)),
        ("mute", "TOGGLE", Mute(Turned.OTHER)),
        ("mute", {"muted": True}, Mute(Turned.ON)),
        ("mute", {"state": "OFF"}, Mute(Turned.OFF)),
        ("volume", "0", Volume(0)),
        ("volume", "49.6", Volume(50)),
        ("volume", {"volume": 100}, Volume(100)),
    ],
)
def test_commands_are_read_from_text_or_json(command: str, payload: JsonValue, wish: Wish) -> None:
    """Each form that ``mqtt-devices.md`` 5 names means what it says there."""
    assert order(command, payload).wish == wish


@pytest.mark.parametrize(
    ("command", "payload", "words"),
    [
        ("say", "", "text is empty"),
        ("say", {"text": " \n"}, "text is empty"),
        ("say", {"words": "x"}, "text is missing"),
        ("say", {"text": 5}, "text is no text"),
        ("say", "x" * (LONGEST_TEXT + 1), "allowed are 500"),
        ("say", '{"text": "x"', "it is none"),
        ("say", '{"text": NaN}', "it is none"),
        ("say", "{" * 15000, "it is none"),
        ("say", {"text": "x", "scheduling": "SILENT"}, "use the command tell"),
        ("say", {"text": "x", "scheduling": "soon"}, "scheduling is none of"),
        ("say", {"text": "x", "when": "tomorrow"}, "when is none of"),
        ("say", {"text": "x", "id": 1.5}, "id is neither"),
        ("say", {"text": "x", "id": ""}, "id is empty"),
        ("say", {"text": "x", "id": 2**63}, "id is too large"),
        ("say", {"text": "x", "ts": "yesterday"}, "ts is neither"),
        ("say", {"text": "x", "ts": "2026-11-23T10:00:00"}, "with its zone"),
        ("say", {"text": "x", "ts": True}, "ts is neither"),
        ("say", {"text": "x", "ttl_s": -1}, "ttl_s is no number"),
        ("say", b"\xff", "not UTF-8"),
        ("say", b" " * (LONGEST_PAYLOAD + 1), "allowed are 16384"),
        ("say", {"text": "x", "ts": 10**400}, "ts is neither"),
        ("say", {"text": "x", "chime": 1}, "chime is neither true nor false"),
        ("say", {"text": "x", "volume": 101}, "volume is no number of 0 to 100"),
        ("say", {"text": "x", "mode": "loud"}, "mode is none of verbatim, model"),
        ("say", {"text": "x", "quiet": True}, "quiet is none of respect, ignore"),
        ("ask", {"text": "x", "timeout_s": 0}, "timeout_s is no number of 1 to 120"),
        ("listen", {"context": 3}, "context is no text"),
        ("ask", {"text": "x", "choices": "yes"}, "choices is no list"),
        ("ask", {"text": "x", "choices": [1]}, "one of choices is no text"),
        ("ask", {"text": "x", "choices": ["a"] * 21}, "choices is no list of at most 20"),
        ("tell", {"text": "x", "source": 3}, "source is no text"),
        ("listen", "now", "takes nothing, PRESS"),
        ("mute", "", "mute takes ON"),
        ("mute", {"muted": 1}, "mute takes ON"),
        ("volume", "loud", "volume takes a number"),
        ("volume", "101", "volume takes a number"),
        ("volume", {"loud": 1}, "volume takes a number"),
        ("volume", {"volume": True}, "volume is no number"),
        ("volume", {"volume": -1}, "volume is no number"),
    ],
)
def test_what_is_wrong_is_said(command: str, payload: JsonValue | bytes, words: str) -> None:
    """A payload that can't be read is no command, and the reason says what to mend."""
    assert words in problem(command, payload)


def test_a_command_that_is_none_names_those_that_are() -> None:
    """Whoever misspells it finds the right one."""
    read_ = read("shout\u202e\n", b"x")
    assert isinstance(read_, Declined)
    assert read_.fault is Fault.UNKNOWN_COMMAND
    assert read_.problem == "there is no command 'shout'; there are: say, ask, listen, tell, stop, mute, volume"


def test_id_and_time_come_with_a_command() -> None:
    """id, ts, ttl_s are read from every JSON payload; the time may be s, ms, or ISO 8601."""
    whole = order("stop", {"id": "a-1", "ts": 1795384217, "ttl_s": 5})
    assert (whole.id, whole.given, whole.good_for) == ("a-1", 1795384217.0, 5.0)
    assert order("stop", {"id": 7, "ts": 1795384217123}).given == pytest.approx(1795384217.123)
    assert order("stop", {"ts": "2026-11-22T21:50:17+01:00"}).given == pytest.approx(1795380617.0)
    assert order("say", "plain").id is None


def test_an_id_is_told_even_if_the_rest_is_wrong() -> None:
    """The sender can tell which of its commands it was."""
    read_ = read("say", b'{"id": "a-1"}')
    assert isinstance(read_, Declined)
    assert read_.id == "a-1"


def test_members_that_mean_nothing_are_named() -> None:
    """What the sender asked for in vain is not passed over in silence."""
    assert order("say", {"text": "x", "lang": "en", "chime": True, "id": 1}).unread == ("lang",)
    assert order("say", {"text": "x", "volume": 5, "mode": "model"}).unread == ("volume",)


def test_texts_hold_nothing_that_nobody_sees() -> None:
    """Control characters, direction marks, halves of characters are left out."""
    assert order("say", '{"text": "a\\u0000\\u202eb\\ud800c\\u200b"}').wish == Say("abc", IDLE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)
MEMBERS = st.sampled_from(
    ["text", "id", "ts", "ttl_s", "scheduling", "when", "choices", "source", "muted", "state", "volume"]
)


@given(st.sampled_from([*READERS, "", "other"]), st.binary(max_size=200))
def test_random_bytes_are_an_order_or_a_reason(command: str, payload: bytes) -> None:
    """Nothing else comes of them, and nothing is raised."""
    assert isinstance(read(command, payload), Order | Declined)


@given(st.sampled_from([*READERS]), st.dictionaries(MEMBERS, JSON, max_size=6))
def test_hostile_json_is_an_order_within_bounds_or_a_reason(command: str, members: dict[str, JsonValue]) -> None:
    """What is accepted is short, clean, in range; nothing is raised."""
    found = read(command, json.dumps(members).encode())
    if isinstance(found, Declined):
        assert found.problem
        return
    match found.wish:
        case Say(text) | Ask(text) | Tell(text):
            assert 1 <= len(text) <= LONGEST_TEXT
            assert text.isprintable()
        case Volume(percent):
            assert 0 <= percent <= 100
        case _:
            pass
    assert found.given is None or math.isfinite(found.given)
