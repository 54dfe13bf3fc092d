from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.devices.templates import MAX_OUTPUT, TemplateError, problems, render, render_payload

ARGUMENTS: dict[str, JsonValue] = {"level": 30, "on": True, "text": 'say "hi"'}

SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=500)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("{{ level * 254 // 100 }}", 76),
        ("{{ level / 100 }}", 0.3),
        ("{{ (level * 2.54) | round | int }}", 76),
        ("{{- level -}}", 30),
        ("{{ -level }}", -30),
        ("{{ on }}", True),
        ("{{ 'ON' if on else 'OFF' }}", "ON"),
        ("{% if level > 50 %}high{% else %}low{% endif %}", "low"),
        ("{{ text | upper }}", 'SAY "HI"'),
        ("{{ level }}%", "30%"),
        ("on={{ on }}", "on=true"),
        ("{{ level }}{{ level }}", "3030"),
        ("{{ [level, on] }}", [30, True]),
        ("{{ text[:3] }}", "say"),
        ("{{ 42.55 | round(1, 'floor') }}", 42.5),
        ("{{ 5 }}", 5),
        ("no template", "no template"),
        ({"a": ["{{ level }}", 1, None], "b": {"c": "{{ on }}"}}, {"a": [30, 1, None], "b": {"c": True}}),
    ],
)
def test_numbers_stay_numbers(source: JsonValue, value: JsonValue) -> None:
    """A text that is one expression has the expression's value and type; any other text stays text."""
    assert list(problems(source, ARGUMENTS)) == []
    rendered = render(source, ARGUMENTS)
    assert rendered == value
    assert type(rendered) is type(value)


def test_json_is_built_from_values() -> None:
    """Quotes in an argument can't break out of a JSON payload."""
    assert json.loads(render_payload({"say": "{{ text }}"}, ARGUMENTS)) == {"say": 'say "hi"'}


@pytest.mark.parametrize(
    ("payload", "sent"),
    [
        ("ON", b"ON"),
        ("{{ level }}", b"30"),
        ("{{ on }}", b"true"),
        (21, b"21"),
        (True, b"true"),
        ({"a": 1}, b'{"a":1}'),
    ],
)
def test_payloads_are_text_or_json(payload: JsonValue, sent: bytes) -> None:
    """Text goes out as it is, anything else in JSON's spelling without blanks."""
    assert render_payload(payload, ARGUMENTS) == sent


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        (
            "{{ levle }}",
            "the template names 'levle', which is no parameter of the function (there are: level, on, text)",
        ),
        ("{{ level", "no Jinja2 template"),
        ("{% if on %}", "no Jinja2 template"),
        ("{% for x in text %}{{ x }}{% endfor %}", "found a loop"),
        ("{{ range(10**9) | list }}", "found a call"),
        ("{{ text.upper() }}", "found a call"),
        ("{{ text.__class__ }}", "found an attribute"),
        ("{% set x = 1 %}", "found an assignment"),
        ("{% include 'x' %}", "found {% include %}"),
        ("{{ text | center(1000000000) }}", "No filter named 'center'"),
        ("{{ text is odd }}", "No test named 'odd'"),
        ("{{ " + "(" * 800 + "1" + ")" * 800 + " }}", "nested too deeply"),
        ("{{ " + "+".join("1" * 900) + " }}", "nested too deeply"),
        ("{{ self }}", "the template names 'self'"),
        ("{{ 1 // 0 }}", "division or modulo by zero"),
        ("{{ level }}" * 300, "3300 characters"),
    ],
)
def test_what_can_not_be_used_is_told_at_load(source: str, complaint: str) -> None:
    """Syntax, unknown names, and everything that could loop are complaints of the configuration, with their place."""
    ((place, found),) = problems({"a": [source]}, ARGUMENTS, ("payload",))
    assert place == ("payload", "a", 0)
    assert complaint in found


def test_a_payload_that_json_can_not_carry_is_told_at_load() -> None:
    """Infinite numbers and bottomless nesting are complaints."""
    deep: JsonValue = "x"
    for _ in range(50):
        deep = [deep]
    assert "JSON can't carry" in next(problems(float("inf"), ()))[1]
    assert "nested deeper" in next(problems(deep, ()))[1]


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'x' * 10**9 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ 9**9**9 }}",
        "{{ " + "*".join(["9999999999"] * 40) + " }}",
        "{{ level | round(10**9, 'floor') }}",
        "{{ 'aaaa' | replace('a', '" + "b" * 1500 + "') | replace('b', '" + "c" * 300 + "') }}",
        "{{ 1 / 0 }}",
        "{{ (0 - 8) ** 0.5 }}",
        "{{ 1e308 * 10 }}",
        "{{ text['__class__'] }}",
        "{{ level | length }}",
    ],
)
def test_bombs_and_faults_end_in_one_error(source: str) -> None:
    """Whatever a template does, it renders within bounds or raises TemplateError; without arguments so at load."""
    names_one = any(name in source for name in ARGUMENTS)
    assert bool(list(problems(source, ARGUMENTS))) is not names_one
    with pytest.raises(TemplateError):
        render_payload({"value": source}, ARGUMENTS)


def test_the_output_is_bounded() -> None:
    """A payload above 64 KiB is not sent."""
    with pytest.raises(TemplateError, match="at most 65536"):
        render_payload(["{{ text }}"] * 1000, {"text": "x" * (MAX_OUTPUT // 1000)})


@given(
    st.sampled_from(
        [
            "{{ x * y }}",
            "{{ x ** y }}",
            "{{ x % y }}",
            "{{ x ~ y }}",
            "{{ x + y }}",
            "{{ x // y }}",
            "{{ x | int + y | float }}",
            "{{ x | round(y) }}",
            "{{ x | replace(y, x) }}",
            "{{ [x, y] | max }}",
            "{{ x | tojson | tojson }}",
            "{{ x in y }}",
            "{{ x[y] }}",
        ]
    ),
    SCALARS,
    SCALARS,
)
def test_any_arguments_render_or_raise_one_error(source: str, x: JsonValue, y: JsonValue) -> None:
    """No pair of arguments makes a template raise anything but TemplateError, or give what is no JSON."""
    try:
        payload = render_payload({"value": source}, {"x": x, "y": y})
    except TemplateError:
        return
    assert len(payload) <= MAX_OUTPUT
    json.loads(payload)
