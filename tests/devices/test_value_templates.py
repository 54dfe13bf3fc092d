"""Value templates: what they give, what they may not do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.devices.value_filters import MAX_OUTPUT
from hubd.devices.value_templates import MAX_PAYLOAD, MAX_SOURCE, Flaw, TemplateFlawError, template


@pytest.mark.parametrize(
    ("source", "payload", "text"),
    [
        ("{{ value }}", "21.5", "21.5"),
        ("{{ value_json.state }}", '{"state": "ON"}', "ON"),
        ("{{ value_json['a']['b'][1] }}", '{"a": {"b": [1, 2]}}', "2"),
        ("{{ value_json.on }}", '{"on": true}', "True"),
        ("{{ value_json.on }}", '{"on": null}', "None"),
        ("{{ value_json.missing }}", "{}", ""),
        ("{{ value_json.items }}", '{"items": 3}', "3"),
        ("{{ value_json['items'] }}", "{}", ""),
        ("{{ value_json.a.b }}", "{}", None),
        ("{{ value_json.a | is_defined }}", "{}", None),
        ("{{ value_json.a | default('x') }}", "{}", "x"),
        ("{{ value | float * 2 + 1 }}", "4", "9.0"),
        ("{{ value | float }}", "warm", None),
        ("{{ value | int(7) }}", "warm", "7"),
        ("{{ value_json.a | round(1) }}", '{"a": 21.58}', "21.6"),
        ("{{ value_json.a | round }}", '{"a": 21.58}', "22"),
        ("{{ value | round(0, 'floor') }}", "2.9", "2"),
        ("{{ (value | float(0) / 10) | round(1, default=none) }}", "215", "21.5"),
        ("{{ value | round(1, default=none) }}", "warm", "None"),
        ("{{ '%.1f' % value_json.a }} {{ '%d:%02d' % (2, 5) }}", '{"a": 1.26}', "1.3 2:05"),
        ("{{ '%99999d' % 1 }}", "", None),
        ("{{ 9 % 4 }}", "", "1"),
        ("{{ value if value != 'x' else states(entity_id) }}", "3", "3"),
        ("{{ value if value != 'x' else states(entity_id) }}", "x", None),
        ("{{ value.lstrip('0') }} {{ value.isdigit() }}", "007", "7 True"),
        ("{{ value ~ '-' ~ value | upper }}", "on", "on-ON"),
        ("{{ value.split(',')[0:2] | join(';') }}", "1,2,3", "1;2"),
        ("{{ value | replace('o', '0') }}", "foo", "f00"),
        ("{{ (value == 'ON') | iif('yes', 'no') }}", "ON", "yes"),
        ("{{ {0: 'off', 1: 'on'}[value_json.mode] }}", '{"mode": 1}', "on"),
        ("{% set names = {'a': 'b'} %}{{ names[value] if value in names.keys() else 'c' }}", "a", "b"),
        ("{% if value is defined and value | length > 2 %} long {% else %} short {% endif %}", "abc", "long"),
        ('{"v": {{ value_json | tojson }}}', '{"ä": [1]}', '{"v": {"ä": [1]}}'),
        ("{{ value_json.a }}", "no JSON", None),
        ("{{ '%.1f' | format(value | float) }}", "3.14", "3.1"),
        ("{{ (float(value) * 99) | round(0) + 1 }}", "1", "100"),
        ("{{ int(value, 0) + max(1, 2) }}", "x", "2"),
        ("{{ iif(is_number(value), 'number', 'text') }}", "2.5", "number"),
        ("{{ iif(is_number(value), 'number', 'text') }}", "warm", "text"),
        ("{{ value[1:3] | int(base=16) }}", "#FF00", "255"),
        ("{{ value | float | multiply(2.5) | add(1) | round(0) }}", "4", "11"),
        ("{{ value | multiply(2, 0) }}", "warm", "0"),
        ("{{ value_json.a | bitwise_and(6) }} {{ value_json.a | bitwise_or(8) }}", '{"a": 5}', "4 13"),
        ("{{ value_json.a | sum }} {{ value_json.a | average }}", '{"a": [1, 2]}', "3.0 1.5"),
        ("{{ value_json.a | sum('n') }}", '{"a": [{"n": 1}, {"n": 2}]}', "3.0"),
        ("{{ value_json.a | map(attribute='n') | join(',') }}", '{"a": [{"n": 1}, {"n": 2}]}', "1,2"),
        ("{{ value_json.a | map(attribute='n', default=0) | list }}", '{"a": [{"n": 1}, {}]}', "[1, 0]"),
        ("{{ (value_json.a | selectattr('n', 'eq', 2) | first).v }}", '{"a": [{"n": 1}, {"n": 2, "v": "b"}]}', "b"),
        ("{{ value_json.a | selectattr('n') | list | length }}", '{"a": [{"n": 0}, {"n": 2}]}', "1"),
        ("{{ value_json.a | rejectattr('n', 'in', [1]) | list | length }}", '{"a": [{"n": 1}, {"n": 2}]}', "1"),
        ("{{ (value_json.text | from_json).a }}", '{"text": "{\\"a\\": 7}"}', "7"),
        ("{{ value_json.a | map('upper') | list }}", '{"a": ["b"]}', None),
        ("{{ value_json.a | selectattr('n', 'match', '.*') | list }}", '{"a": [{"n": "b"}]}', None),
        ("{{ value | sum }}", "1", None),
        ("{{ value | multiply(1e300) | multiply(1e300) }}", "1e300", None),
    ],
)
def test_gives_what_home_assistant_gives(source: str, payload: str, text: str | None) -> None:
    """The rendering is Home Assistant's, without blanks around it; None for a message that says nothing."""
    assert template(source).read(payload.encode()) == text


@pytest.mark.parametrize(
    "source",
    [
        "{{ value.__class__ }}",
        "{{ value['__class__'] }}",
        "{{ self }}",
        "{{ 2 ** 99999 }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{" + "(" * 600 + "1" + ")" * 600 + "}}",
        " " * (MAX_SOURCE + 1),
    ],
)
def test_refuses_what_no_device_has_to_do(source: str) -> None:
    """A template that reaches for Python, or is huge, is refused before it is rendered."""
    with pytest.raises(TemplateFlawError) as caught:
        template(source)
    assert caught.value.flaw is Flaw.REFUSED


@pytest.mark.parametrize(
    "source",
    [
        "{{ now() }}",
        "{{ states('light.a') }}",
        "{% for each in value %}{% endfor %}",
        "{% set a = [1] %}{% set a = [a, a] %}{{ a }}",
        "{% set a.b = 1 %}",
        "{{ value | regex_findall('a') }}",
        "{{ value is divisibleby 3 }}",
        "{{ value",
        "{% include 'x' %}",
        "{{ value.format(1) }}",
        "{{ value_json.get(*value) }}",
    ],
)
def test_says_what_it_does_not_offer(source: str) -> None:
    """A template that asks for more than is offered is told so before it is rendered."""
    with pytest.raises(TemplateFlawError) as caught:
        template(source)
    assert caught.value.flaw is Flaw.UNSUPPORTED


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'a' * 999999999 }}",
        "{{ [1] * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%999999999d' | format(1) }}",
        "{{ '%*d' | format(999999999, 1) }}",
        "{% set a = value ~ value %}" + "{% set a = a ~ a %}" * 60 + "{{ a }}",
        "{% set a = value + value %}" + "{% set a = a + a %}" * 60 + "{{ a | length }}",
        "{% set a = value.split('x') %}" + "{% set a = a + a %}" * 60 + "{{ a | join }}",
        "{% set a = value | replace('y', value) %}" + "{% set a = a | replace('y', a) %}" * 30 + "{{ a }}",
        "{% set a = 9 %}" + "{% set a = a * a %}" * 60 + "{{ a }}",
        "{{ value | round(99999999) }}",
    ],
)
def test_drops_what_would_grow_without_bound(source: str) -> None:
    """What would take all memory gives nothing, at once."""
    assert template(source).read(b"yxyxyxyxyx" * 20) is None


def test_reads_no_huge_payload_and_writes_no_huge_text() -> None:
    """Both are bounded."""
    assert template("{{ value }}").read(b"x" * (MAX_PAYLOAD + 1)) is None
    assert template("{{ value }}").read(b"x" * (MAX_OUTPUT + 1)) is None
    assert template("{{ value }}").read(b"\xff") is None


WORDS = "value value_json if set a not in is defined else endif round default split join 1 99"
SIGNS = "{{ }} {% %} . [ ] ( ) | ' = ~ * , : {"
PIECES = st.sampled_from([*WORDS.split(), *SIGNS.split()])


@given(pieces=st.lists(PIECES, max_size=30), payload=st.binary(max_size=20) | st.just(b'{"a": [1, null, "x"]}'))
def test_never_raises_anything_else(pieces: list[str], payload: bytes) -> None:
    """Whatever the template, whatever the payload: a text, nothing, or a flaw."""
    try:
        found = template(" ".join(pieces))
    except TemplateFlawError:
        return
    assert found.read(payload) is None or isinstance(found.read(payload), str)
