from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.chronicle import Chronicle, Entry
from hubd.events import Backend, CallStatus, Scheduling
from hubd.repetition import PAUSE
from hubd.reports import (
    AnsweredReport,
    CalledReport,
    HeardReport,
    Part,
    PublicState,
    PublishedReport,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    StateReport,
    TroubleReport,
    UsageReport,
    WokeReport,
)

TROUBLE = TroubleReport(Part.MQTT, "no MQTT broker listens at hub:1883", "Start the broker.")
OVER = replace(TROUBLE, cleared=True)
CALLED = CalledReport("c1", "set_light", "lamp", {"on": True})
OWN = PublishedReport(None, "bell", "1", 0)
DONE = AnsweredReport("c1", CallStatus.DONE, Scheduling.SILENT, {}, 93)
CONVERSATION: tuple[Report, ...] = (
    WokeReport("hey_jarvis", 0.987, 720),
    StateReport(PublicState.OPENING),
    SessionReport(SessionChange.OPENED, Backend.GEMINI),
    HeardReport("lamp", final=False),
    HeardReport("lamp on", final=True),
    CALLED,
    PublishedReport("c1", "lamp/set", "ON", 1),
    DONE,
    SaidReport("Done.", interrupted=False),
    SessionReport(SessionChange.CLOSED, Backend.GEMINI, "silence"),
    StateReport(PublicState.IDLE),
    UsageReport(30, 20, 10, 400),
)


def entries(*reports: Report, chronicle: Chronicle | None = None) -> list[Entry]:
    """Return the entries that these reports lead to, all at one moment."""
    writing = chronicle or Chronicle()
    return [entry for report in reports for entry in writing.take(report, 0.0)]


def numbers(found: list[Entry]) -> list[str | None]:
    """Return which conversation each entry belongs to."""
    return [entry.fields.get("HUBD_CONVERSATION") for entry in found]


def test_a_conversation_is_numbered() -> None:
    """All of a conversation carries one number, in a field as in the text; the next one has another."""
    found = entries(OWN, *CONVERSATION, OWN, StateReport(PublicState.OPENING), OWN, StateReport(PublicState.IDLE))
    assert numbers(found) == [None, *["1"] * len(CONVERSATION), None, "2", "2", "2"]
    assert found[1].text == "[1] woke: hey jarvis (score 0.99)"
    assert found[0].text == "published: bell 1"


def test_no_line_tells_a_state() -> None:
    """At INFO the story is what was said and done, not through which states at what cost; being muted is told."""
    told = [entry.text for entry in entries(*CONVERSATION) if entry.level > logging.DEBUG]
    assert not any("state" in text or "…" in text or "tokens" in text for text in told)
    assert len(told) == len(CONVERSATION) - 4
    muting = entries(StateReport(PublicState.MUTED), StateReport(PublicState.IDLE), StateReport(PublicState.OPENING))
    assert [entry.level for entry in muting] == [logging.INFO, logging.INFO, logging.DEBUG]


@pytest.mark.parametrize(
    ("report", "level"),
    [
        (TROUBLE, logging.WARNING),
        (OVER, logging.INFO),
        (SessionReport(SessionChange.FAILED, Backend.GEMINI), logging.WARNING),
        (replace(DONE, status=CallStatus.FAILED), logging.WARNING),
        (DONE, logging.INFO),
    ],
)
def test_what_went_wrong_stands_out(report: Report, level: int) -> None:
    """Whoever asks for warnings gets what did not work."""
    assert [entry.level for entry in entries(report)] == [level]


def test_fields() -> None:
    """Everything is found by its kind, and by whatever names a call, a device, a part, a score; words are no field."""
    found = entries(*CONVERSATION)
    kinds = {entry.fields["HUBD_EVENT"] for entry in found}
    assert kinds == {report.kind for report in CONVERSATION}
    assert found[0].fields == {
        "HUBD_EVENT": "woke", "HUBD_WAKE_WORD": "hey_jarvis", "HUBD_SCORE": "0.987", "HUBD_CONVERSATION": "1",
    }  # fmt: skip
    assert [entry.text for entry in found if entry.fields.get("HUBD_DEVICE") == "lamp"] == [
        "[1] called: set_light(on=true) on lamp",
        "[1] published: lamp/set ON",
        "[1] answered: done after 93 ms, SILENT (lamp)",
    ]
    assert found[7].fields["HUBD_DURATION_MS"] == "93"
    assert entries(TROUBLE)[0].fields == {"HUBD_EVENT": "trouble", "HUBD_PART": "mqtt", "HUBD_CLEARED": "false"}
    assert not any("Done." in value or "lamp on" in value for entry in found for value in entry.fields.values())


def test_trouble_comes_with_its_advice() -> None:
    """The entry says what a person can do."""
    assert entries(TROUBLE)[0].text == "trouble: mqtt: no MQTT broker listens at hub:1883. Start the broker."


def test_trouble_that_flutters_is_told_once_a_minute() -> None:
    """The first time is told, and its end; after a minute how often it came since, and how it stands."""
    chronicle = Chronicle()
    assert len(entries(TROUBLE, OVER, *(TROUBLE, OVER) * 4, TROUBLE, chronicle=chronicle)) == 2
    assert chronicle.due(PAUSE - 1) == ()
    (summary,) = chronicle.due(PAUSE)
    assert summary.level == logging.WARNING
    assert summary.text.endswith("Start the broker. (it came 5 more times in the last minute)")
    assert [entry.text for entry in chronicle.take(OVER, PAUSE + 1)] == ["trouble over: mqtt"]
    assert chronicle.take(TROUBLE, PAUSE + 2) == ()
    assert chronicle.due(PAUSE + 3) == ()


def test_other_trouble_is_not_held_back() -> None:
    """Each problem is counted by itself."""
    assert len(entries(TROUBLE, replace(TROUBLE, problem="wrong password"), replace(TROUBLE, part=Part.LIVE))) == 3


@given(st.lists(st.floats(0, 50), max_size=60))
def test_the_last_word_is_true(pauses: list[float]) -> None:
    """However trouble comes and goes, the log says in the end how it stands, in at most four lines a minute."""
    chronicle, now, told, on = Chronicle(), 0.0, list[tuple[float, str]](), False
    for pause in pauses:
        on = not on
        for entry in (*chronicle.due(now), *chronicle.take(replace(TROUBLE, cleared=not on), now)):
            told.append((now, entry.fields["HUBD_CLEARED"]))
        now += pause
    for later in (now + PAUSE, now + 2 * PAUSE):
        told += [(later, entry.fields["HUBD_CLEARED"]) for entry in chronicle.due(later)]
    assert not told or told[-1][1] == str(not on).lower()
    for start, _ in told:
        assert len([at for at, _ in told if start <= at < start + PAUSE]) <= 4
