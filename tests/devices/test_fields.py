from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from hubd.devices.fields import MAX_TOPIC, Duration, Identifier, Name, Topic, topic_problem

DURATION: TypeAdapter[float] = TypeAdapter(Duration)
TOPIC: TypeAdapter[str] = TypeAdapter(Topic)
NAME: TypeAdapter[str] = TypeAdapter(Name)
IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("2s", 2.0), ("500ms", 0.5), ("1m", 60.0), ("1h", 3600.0), (" 1.5 s ", 1.5), (3, 3.0), (0.25, 0.25)],
)
def test_a_duration_is_written_with_a_unit_or_as_seconds(written: object, seconds: float) -> None:
    """Every way of writing a duration means the same seconds."""
    assert DURATION.validate_python(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "2", "s", "2 sec", "-1s", "0s", 0, -1, True, None, [], float("nan"), "1e3s", "٢s"]
)
def test_what_is_no_duration_is_told_with_what_is_allowed(written: object) -> None:
    """The complaint names what was found and what is allowed."""
    with pytest.raises(ValidationError) as raised:
        DURATION.validate_python(written)
    (error,) = raised.value.errors()
    assert "found" in error["msg"]
    assert "allowed is a duration" in error["msg"]


@pytest.mark.parametrize("topic", ["home/living/light/set", "zigbee2mqtt/Küche oben/set", "/leading", "a" * MAX_TOPIC])
def test_ordinary_topics_are_taken(topic: str) -> None:
    """Letters of any language, spaces and a leading slash are legal."""
    assert TOPIC.validate_python(topic) == topic


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        ("", "0 characters"),
        ("a" * (MAX_TOPIC + 1), "201 characters"),
        ("a/+/b", "wildcard +"),
        ("a/#", "wildcard #"),
        ("$SYS/broker", "start with $"),
        ("a\x00b", "control characters"),
        ("a\nb", "control characters"),
        ("a\ud800b", "control characters"),
        ("home/{{ room }}/set", "fixed text"),
    ],
)
def test_topics_that_harm_the_connection_are_refused(topic: str, problem: str) -> None:
    """Each has a complaint of its own; the rules are those of mqtt-devices.md 4, topic safety."""
    assert problem in (topic_problem(topic) or "")


@given(st.text())
def test_a_topic_that_passes_can_be_sent(topic: str) -> None:
    """No topic that passes the check could upset a broker."""
    if topic_problem(topic) is None:
        assert 1 <= len(topic.encode()) <= 4 * MAX_TOPIC
        assert not set(topic) & set("+#\x00\n\r")
        assert not topic.startswith("$")


def test_names_are_normalised_and_on_one_line() -> None:
    """A name is stripped, in normal form C, and holds no invisible characters."""
    assert NAME.validate_python("  Ku\u0308che ") == "Küche"
    for bad in ("", " ", "two\nlines", "a" * 65, "left\u202eright"):
        with pytest.raises(ValidationError):
            NAME.validate_python(bad)


@pytest.mark.parametrize("bad", ["", "Kitchen", "kitchen lights", "küche", "a" * 65, "a-b"])
def test_an_id_is_lower_case_and_plain(bad: str) -> None:
    """Anything but a-z, 0-9 and _ is refused."""
    with pytest.raises(ValidationError):
        IDENTIFIER.validate_python(bad)
