"""What people are told about Live servers that can't be had, once for each reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from hubd.reports import Part, ReportSink, TroubleReport


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

    def trouble(self, words: str) -> None:
        """Report that there is no session, and what can be done about it."""
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
        """Say what was left to be said."""
        words, self._excuse = self._excuse, ""
        if words:
            self.aloud(words)

    def over(self) -> None:
        """Note that the server that is wanted works: whatever comes is news."""
        self._excuse = self._said = ""
        if self._trouble is not None:
            self._report(replace(self._trouble, cleared=True))
            self._trouble = None
