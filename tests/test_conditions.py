from __future__ import annotations

import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.conditions import Condition, Formula, Hours, Member, Scalar, Selector, Whole, read
from hubd.devices.value_templates import template

POWER = Member(("ENERGY", "Power"))
TASMOTA = b'{"Time": "2026-11-23T10:00:00", "ENERGY": {"Power": 4, "Phases": [1.5, "off", null]}}'
SELECTORS = (Whole(), POWER, Member(("0", "x")), Formula(template("{{ value_json.ENERGY.Power }}")))


@pytest.mark.parametrize(
    ("selector", "payload", "value"),
    [
        (Whole(), b" ON\n", "ON"),
        (Whole(), b"21.5", 21.5),
        (Whole(), b"-3", -3),
        (Whole(), b"true", "true"),
        (Whole(), b"007", "007"),
        (Whole(), b"NaN", "NaN"),
        (Whole(), b"1e999", "1e999"),
        (Whole(), b"9" * 200, "9" * 200),
        (Whole(), b'{"a": 1}', '{"a": 1}'),
        (Whole(), b"", ""),
        (Whole(), b"\xff\xfe", None),
        (Whole(), b"two\nlines", None),
        (Whole(), b"x" * 257, None),
        (POWER, TASMOTA, 4),
        (Member(("ENERGY", "Phases", "0")), TASMOTA, 1.5),
        (Member(("ENERGY", "Phases", "1")), TASMOTA, "off"),
        (Member(("ENERGY", "Phases", "2")), TASMOTA, None),
        (Member(("ENERGY", "Phases", "3")), TASMOTA, None),
        (Member(("ENERGY", "Phases", "-1")), TASMOTA, None),
        (Member(("ENERGY", "Phases", "²")), TASMOTA, None),
        (Member(("ENERGY", "Phases", "1" * 5000)), TASMOTA, None),
        (Member(("ENERGY",)), TASMOTA, None),
        (Member(("Time", "0")), TASMOTA, None),
        (Member(("on",)), b'{"on": false}', False),
        (Member(("on",)), b'{"on": "12"}', 12),
        (POWER, b"4", None),
        (POWER, b"[4]", None),
        (Formula(template("{{ value_json.ENERGY.Power * 2 }}")), TASMOTA, 8),
        (Formula(template("{{ value | int + 1 }}")), b"20", 21),
        (Formula(template("{{ value_json.missing }}")), TASMOTA, None),
        (Formula(template("{{ value_json.ENERGY.Power > 3 }}")), TASMOTA, "True"),
        (Formula(template("{{ value_json.a.b.c }}")), TASMOTA, None),
    ],
)
def test_finds_the_value(selector: Selector, payload: bytes, value: Scalar | None) -> None:
    """A text, a number, true or false is found where it stands; anything else is no value."""
    found = read(selector, payload)
    assert found == value
    assert type(found) is type(value)


@given(
    payload=st.binary() | st.recursive(st.none() | st.floats() | st.text(), st.lists).map(json.dumps).map(str.encode)
)
def test_any_payload_can_be_read(payload: bytes) -> None:
    """Whatever comes gives a short text, a finite number, true, false, or nothing."""
    for selector in SELECTORS:
        match read(selector, payload):
            case str() as text:
                assert len(text) <= 256
                assert "\n" not in text
            case int() | float() as number:
                assert math.isfinite(number)
            case None:
                pass


@pytest.mark.parametrize(
    ("wanted", "value", "met"),
    [
        ("ON", "ON", True),
        ("ON", " ON ", True),
        ("ON", "on", False),
        ("21", 21, True),
        (21, 21.0, True),
        (21, "21 °C", False),
        (True, True, True),
        (True, "True", True),
        (True, "true", True),
        (False, "False", True),
        (True, 1, False),
        (True, "ON", False),
        ("true", True, True),
        ("", "", True),
    ],
)
def test_equals(wanted: Scalar, value: Scalar, met: bool) -> None:  # noqa: FBT001 -- a column of the table
    """Texts are equal to the letter, numbers however they are written, truths in any case."""
    assert Condition((wanted,)).judge(value, held=False) is met
    assert Condition(("other", wanted)).judge(value, held=True) is met


NUMBERS = st.floats(-1e6, 1e6)


@given(value=NUMBERS, above=st.none() | NUMBERS, below=st.none() | NUMBERS)
def test_limits_are_exclusive(value: float, above: float | None, below: float | None) -> None:
    """A number is within its limits, not on them; without one that side is open."""
    within = (above is None or value > above) and (below is None or value < below)
    assert Condition(above=above, below=below).judge(value, held=False) is within
    assert Condition(above=above, below=below).judge(str(value), held=True) is within


def test_a_limit_needs_a_number() -> None:
    """What is no number is neither above nor below."""
    for value in ("unavailable", True, ""):
        assert Condition(above=0).judge(value, held=True) is None


def test_hysteresis_holds_on() -> None:
    """Once met, a condition is met until the number has come back so far."""
    warm, cold = Condition(above=25, hysteresis=2), Condition(below=5, hysteresis=2)
    assert [warm.judge(value, held=True) for value in (24, 23.1, 23)] == [True, True, False]
    assert [warm.judge(value, held=False) for value in (24, 25, 25.1)] == [False, False, True]
    assert [cold.judge(value, held=True) for value in (6, 6.9, 7)] == [True, True, False]
    assert cold.judge(5, held=False) is False


@pytest.mark.parametrize(
    ("begin", "end", "inside", "outside"),
    [
        ((7, 0), (22, 30), [(7, 0), (12, 0), (22, 29)], [(6, 59), (22, 30), (0, 0)]),
        ((22, 0), (6, 0), [(22, 0), (23, 59), (0, 0), (5, 59)], [(6, 0), (12, 0), (21, 59)]),
        ((0, 0), (6, 0), [(0, 0), (5, 59)], [(6, 0), (23, 59)]),
        ((22, 0), (0, 0), [(22, 0), (23, 59)], [(0, 0), (21, 59)]),
    ],
)
def test_hours(
    begin: tuple[int, int], end: tuple[int, int], inside: list[tuple[int, int]], outside: list[tuple[int, int]]
) -> None:
    """Hours go from their begin until just before their end, over midnight too."""
    hours = Hours(dt.time(*begin), dt.time(*end))
    assert all(hours.hold(dt.time(*each)) for each in inside)
    assert not any(hours.hold(dt.time(*each)) for each in outside)
