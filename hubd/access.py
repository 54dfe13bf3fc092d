"""Which Live server a conversation gets, with what is said if it is not the one that is wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubd.budget import Allowance
from hubd.choice import Choice
from hubd.events import Backend, LinkLost
from hubd.grievance import Grievance
from hubd.live.failures import NextAttempt, Phase, Verdict
from hubd.reports import ReportSink


@dataclass(frozen=True, slots=True)
class End:
    """How far an attempt came, what follows from its end; barren: a session was open, and the model did nothing."""

    phase: Phase
    verdict: Verdict
    barren: bool


class Access:
    """Says whom to dial, and what follows from each end; every ``now`` is monotonic, s.

    backends: the preferred one first. report: takes trouble with reaching a server. announce: says a text aloud,
    without a server. allowance: what a conversation may cost; None for whatever it does.
    """

    def __init__(
        self,
        backends: Sequence[Backend],
        *,
        report: ReportSink,
        announce: Callable[[str], None],
        allowance: Allowance | None,
    ) -> None:
        self.preferred = backends[0]
        self._choice = Choice(tuple(backends))
        self._grievance = Grievance(report, announce)
        self._allowance = allowance
        self._failure = ""

    def at_once(self, now: float) -> bool:
        """Return whether a conversation that was begun now would be dialled with the preferred server first."""
        first = self._choice.order(now)[:1]
        return first == (self.preferred,) and (self._allowance is None or first == self._allowance.affordable(first))

    def whom(self, begun_with: Backend | None, now: float) -> tuple[tuple[Backend, ...], LinkLost]:
        """Return whom to dial, one after the other, with what is to be said if that is nobody.

        begun_with: whom the conversation is talking to; None for one that begins. It stays with its server.
        """
        dialable = self._choice.order(now)
        if self._allowance is None or begun_with is self.preferred:
            affordable = dialable
        else:
            affordable = self._allowance.affordable(dialable)
            if affordable and affordable != dialable:
                self._grievance.excuse(self._allowance.words)
            if dialable and not affordable:
                return (), LinkLost(self.preferred, self._allowance.words, fatal=True)
        return affordable, LinkLost(self.preferred, self._failure, wait=self._choice.rest(now))

    def opened(self, backend: Backend, now: float) -> None:
        """Note that a session was opened."""
        self._choice.opened(backend, now)
        if backend is self.preferred:
            self._grievance.opened()

    def ended(self, backend: Backend, end: End, now: float, *, another: bool) -> LinkLost:
        """Note how the last attempt with a server ended; return what is to be said of it, if no other one is dialled.

        another: there is another one at hand, with which nothing is hopeless.
        """
        verdict, fatal, wait = end.verdict, end.verdict.next is NextAttempt.FATAL, 0.0
        if self._choice.ended(backend, barren=end.barren) or end.phase is not Phase.OPEN or fatal or verdict.wait:
            wait = self._choice.failed(backend, now, wait=verdict.wait, fatal=fatal)
            self._failure = verdict.words
            self._grievance.trouble(verdict.words)
            self._grievance.excuse(f"{verdict.words} I answered without it." if another else "")
        return LinkLost(backend, verdict.words, fatal=fatal and not another, wait=0.0 if another else wait)

    def lost(self, lost: LinkLost) -> None:
        """Say aloud why there is no session, if dialling again can't help."""
        if lost.hopeless:
            self._grievance.aloud(lost.reason)

    def conversation_ended(self) -> None:
        """Say what was left to be said."""
        self._grievance.conversation_ended()
