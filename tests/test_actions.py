from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.actions import Action, Ask, Deed, Listen, Say, Send, Tell, fill
from hubd.devices.render import Publish
from hubd.devices.templates import TemplateError
from hubd.events import Scheduling
from hubd.wishes import LONGEST_TEXT

NAMES: Mapping[str, JsonValue] = {"value": 21.5, "topic": "cellar/temperature"}


@pytest.mark.parametrize(
    ("action", "deed"),
    [
        (Tell("done", Scheduling.SILENT), Tell("done", Scheduling.SILENT)),
        (Say("{{ value | int }} degrees"), Say("21 degrees")),
        (Say("{{ value }}"), Say("21.5")),
        (Ask("{{ topic }}?", "answer"), Ask("cellar/temperature?", "answer")),
        (Listen(), Listen()),
        (
            Send("a", {"t": "{{ value }}", "of": "{{ topic }} now"}),
            Publish("a", b'{"t":21.5,"of":"cellar/temperature now"}', 0, retain=False, expiry=60),
        ),
        (Send("a", "ON", 1, retain=True), Publish("a", b"ON", 1, retain=True, expiry=None)),
        (Send("a"), Publish("a", b"", 0, retain=False, expiry=60)),
    ],
)
def test_fills_in(action: Action, deed: Deed) -> None:
    """Texts hold the value; a payload that is one expression keeps its type; a message that is not kept expires."""
    assert fill(action, NAMES) == deed


@pytest.mark.parametrize(
    "action", [Say("{{ value * 2 }}"), Tell("{{ value / 0 }}"), Ask(" {{ value }} "), Send("a", "{{ value + 1 }}")]
)
def test_says_what_can_t_be_filled_in(action: Action) -> None:
    """A text that the value does not fit, or that comes out empty, is an error of our own."""
    with pytest.raises(TemplateError):
        fill(action, {"value": "\n", "topic": "x"})


@given(value=st.text())
def test_what_is_said_is_one_short_line(value: str) -> None:
    """Whatever the value, what is said is short, printable, on one line."""
    for deed in (
        fill(Say("It says {{ value }}"), {"value": value}),
        fill(Say("so " * 300 + "{{ value }}"), {"value": value}),
    ):
        assert isinstance(deed, Say)
        assert deed.text.isprintable()
        assert deed.text == deed.text.strip()
        assert 0 < len(deed.text) <= LONGEST_TEXT


@given(value=st.text(st.characters(codec="utf-8")) | st.integers() | st.booleans())
def test_a_payload_can_t_be_broken_out_of(value: str | int) -> None:
    """The value stays a value in the JSON object that is sent."""
    deed = fill(Send("a", {"text": "{{ value }}"}), {"value": value})
    assert isinstance(deed, Publish)
    assert json.loads(deed.payload) == {"text": value}
