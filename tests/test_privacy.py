from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.events import Backend
from hubd.privacy import without_words
from hubd.reports import (
    CalledReport,
    HeardReport,
    PublishedReport,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    Showing,
    ShownReport,
    WokeReport,
    to_json,
)

WORDS = "I owe you"


@pytest.mark.parametrize(
    "report",
    [HeardReport(WORDS, final=True), SaidReport(WORDS, interrupted=True), ShownReport(Showing.RESULT, WORDS)],
)
def test_words_stay_here(report: HeardReport | SaidReport | ShownReport) -> None:
    """What was said or shown leaves as the fact that something was."""
    bare = without_words(report)
    assert isinstance(bare, HeardReport | SaidReport | ShownReport)
    assert bare.text == ""
    assert type(bare) is type(report)
    assert to_json(bare, 0.0) == to_json(report, 0.0).replace(WORDS, "")


values: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.just(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", WORDS]), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["device", "text", "brightness"]), values))
def test_no_argument_repeats_them(arguments: dict[str, JsonValue]) -> None:
    """However deep in the arguments, no word of a person leaves."""
    bare = without_words(CalledReport("c1", "notify", "phone", arguments))
    assert WORDS not in to_json(bare, 0.0)


def test_no_message_repeats_them() -> None:
    """Of a message that is made of what somebody said only the fact that it was sent leaves."""
    report = PublishedReport("c1", "phone/notify", WORDS, 1, in_own_words=True)
    bare = without_words(report)
    assert to_json(bare, 0.0) == to_json(report, 0.0).replace(WORDS, "")


def test_numbers_may_leave() -> None:
    """Function, device and numbers are not what people said."""
    report = CalledReport("c1", "set_light", "lamp", {"device": "lamp", "brightness": 40, "on": True, "speed": 0.5})
    bare = without_words(report)
    assert bare == CalledReport("c1", "set_light", "lamp", {"brightness": 40, "on": True, "speed": 0.5})


@pytest.mark.parametrize(
    "report",
    [
        WokeReport("hey_jarvis", 0.9, 720),
        SessionReport(SessionChange.OPENED, Backend.OFFLINE),
        PublishedReport("c1", "lamp/set", "ON", 1),
    ],
)
def test_others_leave_whole(report: Report) -> None:
    """A report that repeats nobody's words is left as it is."""
    assert without_words(report) is report
