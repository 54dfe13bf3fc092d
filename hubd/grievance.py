"""What people are told about Live servers that can't be had, once for each reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum, auto
from typing import assert_never

from hubd.reports import Part, ReportSink, TroubleReport


class _Trust(Enum):
    """What a session that the wanted server opens is worth.

    FULL: the end of all trouble. OPEN: there is such a session. NONE: nothing, for the last one was refused as soon as
    it was open. TRIED: there is another one since, and the end of the conversation will tell.
    """

    FULL = auto()
    OPEN = auto()
    NONE = auto()
    TRIED = auto()


class Grievance:
    """Turns reasons, in plain words, into trouble for those who read, and into speech for those who listen.

    report: takes trouble. announce: says a text aloud, without a server.
    """

    def __init__(self, report: ReportSink, announce: Callable[[str], None]) -> None:
        self._report = report
        self._announce = announce
        self._trouble: TroubleReport | None = None
        self._excuse = ""
        self._said = ""
        self._trust = _Trust.FULL

    def trouble(self, words: str) -> None:
        """Report that there is no session, and what can be done about it."""
        if self._trust is not _Trust.FULL:
            self._trust = _Trust.NONE
        problem, _, advice = words.partition(". ")
        trouble = TroubleReport(Part.LIVE, problem, advice)
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(trouble)

    def aloud(self, words: str) -> None:
        """Say aloud what keeps the hub from answering."""
        if words != self._said:
            self._said = words
            self._announce(words)

    def excuse(self, words: str) -> None:
        """Note why another server answers in this conversation; it is said at its end, lest the hub talk over it."""
        self._excuse = words

    def conversation_ended(self) -> None:
        """Say what was left to be said; with a session that was open to the end all trouble is over."""
        if self._trust is _Trust.TRIED:
            self._over()
        if self._trust is not _Trust.NONE:
            self._trust = _Trust.FULL
        words, self._excuse = self._excuse, ""
        if words:
            self.aloud(words)

    def opened(self) -> None:
        """Note that the server that is wanted has opened a session: all trouble is over, if that can be believed."""
        match self._trust:
            case _Trust.FULL | _Trust.OPEN:
                self._over()
                self._trust = _Trust.OPEN
            case _Trust.NONE | _Trust.TRIED:
                self._trust = _Trust.TRIED
            case _:
                assert_never(self._trust)

    def _over(self) -> None:
        """Take whatever comes for news."""
        self._excuse = self._said = ""
        if self._trouble is not None:
            self._report(replace(self._trouble, cleared=True))
            self._trouble = None
