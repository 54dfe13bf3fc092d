from __future__ import annotations

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Backend, CallStatus
from hubd.reports import (
    CalledReport,
    HeardReport,
    Part,
    PublicState,
    Report,
    SessionChange,
    to_json,
)
from tests.one_of_each import ONE_OF_EACH

DESIGN = Path(__file__).resolve().parents[1] / ".." / "shared" / "design.md"
# The table of design.md 8: what a hub publishes, field by field.
PUBLISHED = {
    "woke": ("model", "score", "end_ms"),
    "session": ("change", "backend", "reason"),
    "state": ("state",),
    "heard": ("text", "final"),
    "called": ("call", "function", "device", "arguments"),
    "published": ("call", "topic", "payload", "qos"),
    "answered": ("call", "status", "scheduling", "device_state", "after_ms"),
    "said": ("text", "interrupted"),
    "told": ("source", "text", "scheduling"),
    "usage": ("total_tokens", "prompt_tokens", "response_tokens", "today_tokens"),
    "trouble": ("part", "problem", "advice", "cleared"),
}
# What came since: what `hubd ask` shows beside what is said; what nearly woke the hub.
ADDED = {"shown": ("what", "text"), "near_miss": ("model", "score", "threshold")}


@pytest.mark.parametrize("report", ONE_OF_EACH)
def test_fields(report: Report) -> None:
    """In JSON a report has time, kind and exactly the fields that its kind is published with."""
    body = json.loads(to_json(report, 1795384217.1234))
    assert list(body)[:2] == ["time", "event"]
    assert (body.pop("time"), body.pop("event")) == (1795384217.123, report.kind)
    assert set(body) == set((PUBLISHED | ADDED)[report.kind])


def test_no_kind_is_left_out() -> None:
    """Every kind of report is published."""
    assert {type(report) for report in ONE_OF_EACH} == set(get_args(Report))
    assert {report.kind for report in ONE_OF_EACH} == PUBLISHED.keys() | ADDED.keys()
    for report in ONE_OF_EACH:
        told = {member.name for member in fields(report) if not member.metadata}
        assert told == set((PUBLISHED | ADDED)[report.kind])


@pytest.mark.skipif(not DESIGN.exists(), reason="the shared design.md is not beside this checkout")
def test_table_is_that_of_the_design() -> None:
    """Kinds, fields and the words that a field may hold are those of the design."""
    table = {
        kind: cell
        for kind, cell in re.findall(r"^\| `(\w+)` \| (.+) \|$", DESIGN.read_text(encoding="utf-8"), re.MULTILINE)
        if kind in PUBLISHED
    }
    assert {kind: tuple(re.findall(r"`(\w+)`", cell)) for kind, cell in table.items()} == PUBLISHED
    for kind, field, words in (
        ("session", "change", SessionChange),
        ("session", "backend", Backend),
        ("state", "state", PublicState),
        # What is said of a slow device before its outcome came later.
        ("answered", "status", [status for status in CallStatus if status is not CallStatus.ON_ITS_WAY]),
        ("trouble", "part", Part),
    ):
        found = re.search(rf"`{field}`: ([\w, ]+)", table[kind])
        assert found is not None
        assert found[1].split(", ")[: len(words)] == [word.value for word in words]


@given(st.text(), st.dictionaries(st.text(), st.none() | st.booleans() | st.integers() | st.text()))
def test_one_line_that_can_be_read_back(text: str, arguments: dict[str, str | int | bool | None]) -> None:
    """Whatever was said, the JSON is one line, and says it."""
    written = to_json(CalledReport("c1", text, "lamp", {**arguments}), 0.0)
    assert "\n" not in written
    assert "\r" not in written
    assert json.loads(written)["function"] == text
    assert json.loads(written)["arguments"] == arguments


def test_words_keep_their_letters() -> None:
    """People read the JSON: letters outside ASCII stay as they are."""
    assert "Küche" in to_json(HeardReport("Küche", final=True), 0.0)
