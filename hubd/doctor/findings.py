"""What a check found, as people or programs read it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Final

from hubd.errors import ConfigError, MissingPartError
from hubd.tables import printable, width, wrapped


class Verdict(StrEnum):
    """What a finding means: all is well, a person had better look, the hub does not work like this."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    check: its name. found: what is the case, in a sentence or a few words. advice: what a person can do about it.
    """

    check: str
    verdict: Verdict
    found: str
    advice: str = ""


Findings = Sequence[Finding]

_MARKS: Final = {Verdict.GOOD: "✓", Verdict.DOUBTFUL: "!", Verdict.BAD: "✗"}
_PLAIN_MARKS: Final = {Verdict.GOOD: "+", Verdict.DOUBTFUL: "!", Verdict.BAD: "x"}
# As wide as the longest name of a check.
_NAME_COLUMNS: Final = 14
# A text in fewer columns than that is no text any more.
_LEAST_COLUMNS: Final = 30


def good(check: str, found: str) -> Finding:
    """Return that all is well."""
    return Finding(check, Verdict.GOOD, found)


def doubtful(check: str, found: str, advice: str = "") -> Finding:
    """Return what a person had better look at."""
    return Finding(check, Verdict.DOUBTFUL, found, advice)


def bad(check: str, found: str, advice: str = "") -> Finding:
    """Return what keeps the hub from working."""
    return Finding(check, Verdict.BAD, found, advice)


def bad_news(check: str, words: str) -> Finding:
    """Return what keeps the hub from working; words: a sentence that says it, then what a person can do about it."""
    problem, _, advice = words.partition(". ")
    return bad(check, f"{problem.rstrip('.')}.", advice)


def bad_file(check: str, error: ConfigError) -> Finding:
    """Return that what a file holds can't be used; one that is closed to this user may be fine for the hub."""
    first = error.complaints[0]
    if "permission denied" in first.problem:
        return bad(check, f"{first.file} can't be read by this user.", "Run: sudo hubd doctor")
    problem, _, advice = first.problem.partition("; ")
    return bad(check, str(replace(first, problem=problem)), advice[:1].upper() + advice[1:])


def missing(check: str, error: MissingPartError) -> Finding:
    """Return that something is not installed; the error's text ends with the command that installs it."""
    what, _, command = str(error).partition(": ")
    return bad(check, f"{what}.", f"Run: {command}") if command else bad(check, what)


def to_json(finding: Finding) -> str:
    """Return the finding as one line of JSON."""
    return json.dumps(asdict(finding), ensure_ascii=False)


def lines(finding: Finding, columns: int | None, encoding: str) -> list[str]:
    """Return the finding as lines of text.

    columns: how wide they may be, None for any width. encoding: of what they are written to.
    """
    head = f"{_mark(finding.verdict, encoding)} {finding.check}"
    head += " " * (_NAME_COLUMNS + 3 - width(head))
    room = None if columns is None else max(_LEAST_COLUMNS, columns - width(head))
    texts = [printable(text) for text in (finding.found, finding.advice) if text]
    rows = [row for text in texts for row in (wrapped(text, room) if room is not None else [text])]
    return [f"{head}{rows[0]}", *(" " * width(head) + row for row in rows[1:])]


def summary(findings: Iterable[Finding]) -> str:
    """Return what all findings together mean."""
    counts = Counter(finding.verdict for finding in findings)
    if not counts[Verdict.BAD] + counts[Verdict.DOUBTFUL]:
        return "All is well."
    parts = ((counts[Verdict.BAD], "to mend"), (counts[Verdict.DOUBTFUL], "to look at"))
    return f"{', '.join(f'{count} {what}' for count, what in parts if count)}."


def _mark(verdict: Verdict, encoding: str) -> str:
    try:
        _MARKS[verdict].encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return _PLAIN_MARKS[verdict]
    return _MARKS[verdict]
