from __future__ import annotations

import json

import pytest

from hubd.doctor.findings import (
    Finding,
    Verdict,
    bad,
    bad_file,
    bad_news,
    doubtful,
    good,
    lines,
    missing,
    summary,
    to_json,
)
from hubd.errors import Complaint, ConfigError, MissingPartError


def test_lines() -> None:
    """A finding has a mark, the check's name, what was found; the advice stands below what was found."""
    assert lines(good("clock", "synchronised"), None, "utf-8") == ["✓ clock          synchronised"]
    assert lines(bad("broker", "It is away.", "Start it."), None, "utf-8") == [
        "✗ broker         It is away.",
        "                 Start it.",
    ]


def test_narrow_terminal() -> None:
    """Long texts are broken between words, below their beginning."""
    told = lines(doubtful("microphone", "It is very faint today.", "Raise its level."), 48, "utf-8")
    assert told == ["! microphone     It is very faint today.", "                 Raise its level."]
    assert all(len(line) <= 48 for line in lines(bad("microphone", "word " * 40), 48, "utf-8"))


def test_terminal_without_our_marks() -> None:
    """Where the marks can't be written, plain ones stand for them."""
    marks = [lines(Finding("x", verdict, "y"), None, "ascii")[0][0] for verdict in Verdict]
    assert marks == ["+", "!", "x"]


def test_no_orders_to_a_terminal() -> None:
    """What was found may come from a broker: control characters don't get through."""
    assert "\x1b" not in lines(bad("broker", "\x1b[2J"), None, "utf-8")[0]


def test_json() -> None:
    """One object with the same four fields for every finding."""
    body = {"check": "clock", "verdict": "bad", "found": "It is 1970.", "advice": "Wait."}
    assert json.loads(to_json(bad("clock", "It is 1970.", "Wait."))) == body


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        ([good("a", "")], "All is well."),
        ([good("a", ""), doubtful("b", "")], "1 to look at."),
        ([bad("a", ""), doubtful("b", ""), bad("c", "")], "2 to mend, 1 to look at."),
    ],
)
def test_summary(findings: list[Finding], told: str) -> None:
    """The last line counts what is not good."""
    assert summary(findings) == told


def test_news_in_one_text() -> None:
    """What errors say in a breath is parted into cause and advice."""
    assert bad_news("x", "It broke. Mend it. Soon.") == bad("x", "It broke.", "Mend it. Soon.")
    assert bad_news("x", "It broke") == bad("x", "It broke.")


@pytest.mark.parametrize("command", ["sudo apt install voice", "'/home/me/hub: new/python' -m pip install voice"])
def test_what_is_missing(command: str) -> None:
    """The command that installs it becomes the advice, whatever stands in it."""
    finding = missing("x", MissingPartError(f"the voice is not installed: {command}"))
    assert finding == bad("x", "the voice is not installed.", f"Run: {command}")


def test_file_that_is_closed_to_us() -> None:
    """Who may not read a file is told how to."""
    error = ConfigError([Complaint("/etc/hubd/hubd.toml", "", "can't be read: permission denied")])
    finding = bad("x", "/etc/hubd/hubd.toml can't be read by this user.", "Run: sudo hubd doctor")
    assert bad_file("x", error) == finding


def test_file_with_a_mistake() -> None:
    """What is found is told apart from what is allowed."""
    error = ConfigError([Complaint("hubd.toml", "mqtt.hots", "unknown option; did you mean host?", 2)])
    assert bad_file("x", error) == bad("x", "hubd.toml:2: mqtt.hots: unknown option", "Did you mean host?")
