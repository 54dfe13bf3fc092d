"""The event stream as entries of a log."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from hubd.events import CallStatus
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
    ShownReport,
    StateReport,
    TroubleReport,
    UsageReport,
    WokeReport,
)
from hubd.story import line

# By which field of an entry a value of a report can be looked for (``operations.md`` 6).
_FIELDS: Final[Mapping[str, str]] = {
    "after_ms": "HUBD_DURATION_MS",
    "backend": "HUBD_BACKEND",
    "call": "HUBD_CALL",
    "change": "HUBD_CHANGE",
    "cleared": "HUBD_CLEARED",
    "device": "HUBD_DEVICE",
    "function": "HUBD_FUNCTION",
    "model": "HUBD_WAKE_WORD",
    "part": "HUBD_PART",
    "scheduling": "HUBD_SCHEDULING",
    "score": "HUBD_SCORE",
    "source": "HUBD_SOURCE",
    "state": "HUBD_STATE",
    "status": "HUBD_STATUS",
    "topic": "HUBD_TOPIC",
    "total_tokens": "HUBD_TOKENS",
}
# What comes out of a conversation, be it a little after its end.
_OF_CONVERSATIONS: Final = (
    WokeReport,
    SessionReport,
    HeardReport,
    CalledReport,
    AnsweredReport,
    SaidReport,
    ShownReport,
    UsageReport,
)
_APART: Final = frozenset({PublicState.IDLE, PublicState.MUTED})
# More calls than this are never open at once.
_CALLS: Final = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. level: as logging has them. fields: what it can be found by, in capitals, beside its text."""

    level: int
    text: str
    fields: Mapping[str, str]


@dataclass(slots=True)
class _Trouble:
    """A trouble that was told: until when its like is held back; latest: the newest that was, came: how often."""

    until: float
    told: set[bool] = field(default_factory=set)
    latest: TroubleReport | None = None
    came: int = 0


class Chronicle:
    """Numbers the conversations, and tells a trouble that comes and goes once a minute; ``now`` is monotonic, s.

    Call due() from time to time: what was held back is told then, so that the last word about a trouble is true.
    """

    def __init__(self) -> None:
        # The number of the conversation that is open, and of the last one.
        self._open: int | None = None
        self._last: int | None = None
        self._before = PublicState.IDLE
        self._devices: dict[str, str] = {}
        self._troubles: dict[tuple[Part, str], _Trouble] = {}

    def take(self, report: Report, now: float) -> tuple[Entry, ...]:
        """Return the entries that a report leads to."""
        if isinstance(report, TroubleReport) and self._held_back(report, now):
            return ()
        return (self._entry(report),)

    def due(self, now: float) -> tuple[Entry, ...]:
        """Return what was held back for long enough."""
        return tuple(self._summaries(now))

    def _held_back(self, report: TroubleReport, now: float) -> bool:
        key = report.part, report.problem
        for old in [each for each, trouble in self._troubles.items() if trouble.until <= now and not trouble.latest]:
            del self._troubles[old]
        trouble = self._troubles.setdefault(key, _Trouble(now + PAUSE))
        if trouble.latest is None and report.cleared not in trouble.told:
            trouble.told.add(report.cleared)
            return False
        trouble.latest = report
        trouble.came += not report.cleared
        return True

    def _summaries(self, now: float) -> Iterator[Entry]:
        for key, trouble in self._troubles.items():
            if trouble.latest is None or now < trouble.until:
                continue
            entry = self._entry(trouble.latest)
            again = f"{trouble.came} more time{'s' if trouble.came > 1 else ''} in the last minute"
            yield Entry(entry.level, f"{entry.text} (it came {again})", entry.fields)
            self._troubles[key] = _Trouble(now + PAUSE, {trouble.latest.cleared})

    def _entry(self, report: Report) -> Entry:
        number = self._number_of(report)
        found = {"HUBD_EVENT": report.kind, **self._values(report)}
        device = found.get("HUBD_DEVICE")
        # The answer itself does not say of which of several calls it is.
        text = f"{line(report)} ({device})" if device and isinstance(report, AnsweredReport) else line(report)
        level = _level(report, self._before)
        if isinstance(report, StateReport):
            self._before = report.state
        if number is None:
            return Entry(level, text, found)
        return Entry(level, f"[{number}] {text}", {**found, "HUBD_CONVERSATION": str(number)})

    def _number_of(self, report: Report) -> int | None:
        """Return which conversation a report belongs to; None if it has nothing to do with any."""
        state = report.state if isinstance(report, StateReport) else None
        if self._open is None and (isinstance(report, WokeReport) or state not in _APART | {None}):
            self._open = self._last = (self._last or 0) + 1
        of_a_call = isinstance(report, PublishedReport) and report.call is not None
        number = self._last if of_a_call or isinstance(report, _OF_CONVERSATIONS) else self._open
        if state in _APART:
            self._open = None
        return number

    def _values(self, report: Report) -> dict[str, str]:
        values: dict[str, object] = {each.name: getattr(report, each.name) for each in fields(report)}
        if isinstance(report, CalledReport):
            self._devices[report.call] = report.device
            if len(self._devices) > _CALLS:
                del self._devices[next(iter(self._devices))]
        elif isinstance(report, PublishedReport | AnsweredReport):
            values["device"] = self._devices.get(report.call or "")
        return {
            _FIELDS[name]: str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in values.items()
            if name in _FIELDS and value not in ("", None)
        }


def _level(report: Report, before: PublicState) -> int:
    """Return how much a report matters to somebody who reads the story of a day; before: the state until now."""
    match report:
        case TroubleReport(cleared=False) | SessionReport(change=SessionChange.FAILED):
            return logging.WARNING
        case AnsweredReport(status=CallStatus.FAILED):
            return logging.WARNING
        case StateReport(state) if PublicState.MUTED not in {state, before}:
            return logging.DEBUG  # what happens meanwhile is told by the others
        case HeardReport(final=False) | UsageReport():
            return logging.DEBUG
        case _:
            return logging.INFO
