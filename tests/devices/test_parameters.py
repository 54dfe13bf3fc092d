from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue, ValidationError

from hubd.devices.parameters import ArgumentError, Parameter, ParameterType

PERCENT = Parameter(type=ParameterType.INTEGER, minimum=1, maximum=100)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(("given_value", "taken"), [(30, 30), (30.0, 30), (1, 1), (100, 100)])
def test_whole_numbers_are_integers(given_value: JsonValue, taken: int) -> None:
    """30.0 is the integer 30: JSON has only one kind of number."""
    value = PERCENT.accept(given_value)
    assert value == taken
    assert type(value) is int


@pytest.mark.parametrize("wrong", [True, "30", 30.5, 0, 101, None, [], {}, float("inf"), float("nan"), 10**400])
def test_what_is_no_integer_in_range_is_refused(wrong: JsonValue) -> None:
    """True is no number, "30" is none either, and the answer says what is allowed."""
    with pytest.raises(ArgumentError, match="a whole number from 1 to 100"):
        PERCENT.accept(wrong)


def test_an_enum_names_its_texts() -> None:
    """A text outside the enum is refused with the texts that are allowed."""
    mode = Parameter(type=ParameterType.STRING, enum=("heat", "cool"))
    assert mode.accept("heat") == "heat"
    with pytest.raises(ArgumentError, match='has to be one of heat, cool, found "hot"'):
        mode.accept("hot")


@pytest.mark.parametrize("wrong", [1, "a\x00b", "\ud800", "x" * 501])
def test_texts_are_short_and_clean(wrong: JsonValue) -> None:
    """A text with control characters or without an end is refused."""
    with pytest.raises(ArgumentError):
        Parameter(type=ParameterType.STRING).accept(wrong)


@given(st.sampled_from(ParameterType), JSON)
def test_any_json_is_taken_or_refused(kind: ParameterType, value: JsonValue) -> None:
    """No value raises anything but ArgumentError; what is taken has the parameter's type."""
    parameter = Parameter(type=kind)
    types = {"string": (str,), "integer": (int,), "number": (int, float), "boolean": (bool,)}[kind.value]
    with contextlib.suppress(ArgumentError):  # most of it is refused
        taken = parameter.accept(value)
        assert isinstance(taken, types)
        assert isinstance(taken, bool) is (kind is ParameterType.BOOLEAN)


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"type": "integer", "minimum": 5, "maximum": 1}, "the minimum 5 is above the maximum 1"),
        ({"type": "string", "minimum": 5}, "minimum is for integer and number, found the type string"),
        ({"type": "integer", "enum": ["a"]}, "enum is for string, found the type integer"),
        ({"type": "string", "enum": ["a", "a"]}, "enum holds the same text twice"),
        ({"type": "integer", "maximum": 10, "default": 11}, "the default has to be a whole number up to 10, found 11"),
        ({"type": "boolean", "default": "yes"}, 'the default has to be true or false, found "yes"'),
        ({"type": "number", "minimum": float("nan")}, "finite"),
        ({"type": "number", "maximum": 2**53 + 1}, "at most 2 to the power of 53"),
        ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, "there is no whole number from 1.2 to 1.8"),
        ({"type": "string", "enum": ["a\x07"]}, "without control characters"),
        ({"type": "int"}, "'string', 'integer', 'number' or 'boolean'"),
    ],
)
def test_a_parameter_that_contradicts_itself_is_a_complaint(table: dict[str, object], complaint: str) -> None:
    """Each contradiction has a sentence of its own."""
    with pytest.raises(ValidationError) as raised:
        Parameter.model_validate(table)
    assert complaint in raised.value.errors()[0]["msg"]
