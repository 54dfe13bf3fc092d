from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Backend, CallStatus, Scheduling
from hubd.reports import (
    AnsweredReport,
    CalledReport,
    HeardReport,
    NearMissReport,
    Part,
    PublicState,
    PublishedReport,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    Showing,
    ShownReport,
    StateReport,
    ToldReport,
    TroubleReport,
    UsageReport,
    WokeReport,
)
from hubd.story import LONGEST, line

STORY: list[tuple[Report, str]] = [
    (WokeReport("hey_jarvis", 0.987, 720), "woke: hey jarvis (score 0.99)"),
    (NearMissReport("hey_jarvis", 0.499, 0.5), "nearly woke: hey jarvis (score 0.499, threshold 0.5)"),
    (NearMissReport("hey_jarvis", 0.5, 0.5), "nearly woke: hey jarvis (score 0.5, too short, threshold 0.5)"),
    (SessionReport(SessionChange.OPENED, Backend.GEMINI), "session opened: gemini"),
    (SessionReport(SessionChange.CLOSED, Backend.OFFLINE, "stopped"), "session closed: offline (stopped)"),
    (StateReport(PublicState.FOLLOWING_UP), "state: following up"),
    (HeardReport("lights", final=False), 'heard: "lights" …'),
    (HeardReport("lights on", final=True), 'heard: "lights on"'),
    (HeardReport("", final=True), "heard: (words kept private)"),
    (CalledReport("c1", "set_light", "lamp", {"on": True, "colour": "grün"}),
     'called: set_light(on=true, colour="grün") on lamp'),
    (CalledReport("c1", "end_conversation", "", {}), "called: end_conversation()"),
    (PublishedReport("c1", "lamp/set", '{"state": "ON"}', 1), 'published: lamp/set {"state": "ON"}'),
    (AnsweredReport("c1", CallStatus.DONE, Scheduling.SILENT, {"state": "ON"}, 93),
     'answered: done after 93 ms, SILENT, state="ON"'),
    (AnsweredReport("c1", CallStatus.REFUSED, Scheduling.WHEN_IDLE, {}, 0),
     "answered: refused after 0 ms, WHEN_IDLE"),
    (SaidReport("It is noon.", interrupted=False), 'said: "It is noon."'),
    (SaidReport("It is", interrupted=True), 'said: "It is" (interrupted)'),
    (ShownReport(Showing.CODE, "a = 1\nprint(a)"), 'shown: code: "a = 1\\nprint(a)"'),
    (ToldReport("door", "It is open", Scheduling.INTERRUPT), 'told by door: "It is open", INTERRUPT'),
    (UsageReport(30, 20, 10, 400), "tokens: 30 in this turn, 400 of Gemini's today"),
    (TroubleReport(Part.MQTT, "The broker is away.", "Start it."), "trouble: mqtt: The broker is away. Start it."),
    (TroubleReport(Part.MQTT, "The broker is away.", "Start it.", cleared=True), "trouble over: mqtt"),
]  # fmt: skip


@pytest.mark.parametrize(("report", "told"), STORY)
def test_every_kind(report: Report, told: str) -> None:
    """A report is one line that a person likes to read."""
    assert line(report) == told


def test_no_kind_is_left_out() -> None:
    """The stories above are about every kind of report."""
    assert {type(report) for report, _ in STORY} == set(get_args(Report))


def test_a_megabyte() -> None:
    """What a model makes of a call is told in as many words as a person reads."""
    told = line(CalledReport("c1", "set_light", "lamp", {"device": "x" * 1_000_000}))
    assert len(told) == LONGEST
    assert told.startswith('called: set_light(device="xxx')


@given(st.text(st.sampled_from("ab\n\r\x1b\x00\u2028\x85\t é")))
def test_one_line(text: str) -> None:
    """No payload, name or reason breaks the line, or speaks to the terminal."""
    for report in (
        PublishedReport(None, text, text, 0),
        CalledReport("c1", text, text, {text: text}),
        SessionReport(SessionChange.FAILED, Backend.GEMINI, text),
        ToldReport(text, text, Scheduling.SILENT),
        HeardReport(text, final=True),
        TroubleReport(Part.LIVE, text, text),
    ):
        assert line(report).isprintable()
