"""A ledger that is switched off, to see what it is good for."""

from __future__ import annotations

from hubd.events import Answer, Call
from hubd.ledger import Ledger, Verdict


class Blank(Ledger):
    """A ledger that is switched off: every call is new to it."""

    def enter(self, call: Call, now: float) -> Verdict:
        """Return that the call is new."""
        return Verdict.NEW

    def acted(self, call_id: str, now: float) -> None:
        """Note nothing."""

    def answered(self, answer: Answer) -> None:
        """Note nothing."""
