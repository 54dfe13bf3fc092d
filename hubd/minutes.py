"""What the public event stream is told about one conversation."""

from __future__ import annotations

from hubd.effects import Flush, Tell
from hubd.events import Backend, LinkLost, LinkReady
from hubd.reports import HeardReport, SaidReport, SessionChange, SessionReport


class Minutes:
    """Joins pieces of text, and keeps who is talked to; every method returns what to tell.

    No server marks the end of the person's words reliably: they are final when it says so, when the model begins, or
    at the turn's end (``live-protocol.md`` 13, pitfall 29).
    """

    def __init__(self) -> None:
        self._backend: Backend | None = None
        self._heard = ""
        self._said = ""
        self.reason = ""

    @property
    def backend(self) -> Backend | None:
        """Who is talked to; None without a session."""
        return self._backend

    def open(self, ready: LinkReady) -> tuple[Tell, ...]:
        """Note that the session is set up."""
        self._backend, self.reason = ready.backend, ""
        change = SessionChange.RESUMED if ready.resumed else SessionChange.OPENED
        return (Tell(SessionReport(change, ready.backend)),)

    def lose(self, lost: LinkLost) -> tuple[Tell, ...]:
        """Note that the session failed."""
        self._backend = None
        return (Tell(SessionReport(SessionChange.FAILED, lost.backend, lost.reason)),)

    def leave(self, reason: str) -> tuple[Tell, ...]:
        """Note that the conversation goes on over another connection, which hears the person's words again."""
        backend, self._backend, self._heard = self._backend, None, ""
        left = (Tell(SessionReport(SessionChange.CLOSED, backend, reason)),) if backend is not None else ()
        return (*self.close_turn(interrupted=True), *left)

    def close(self, *, interrupted: bool) -> tuple[Tell, ...]:
        """Note the end of the conversation, for the reason that was set."""
        backend, reason = self._backend, self.reason
        self._backend, self.reason = None, ""
        closed = (Tell(SessionReport(SessionChange.CLOSED, backend, reason)),) if backend is not None else ()
        return (*self.close_turn(interrupted=interrupted), *closed)

    def hear(self, text: str, *, final: bool) -> tuple[Tell, ...]:
        """Take a piece of what the person said."""
        self._heard += text
        if final:
            return self.close_utterance()
        return (Tell(HeardReport(self._heard.strip(), final=False)),)

    def close_utterance(self) -> tuple[Tell, ...]:
        """Note that the person has finished."""
        text, self._heard = self._heard.strip(), ""
        return (Tell(HeardReport(text, final=True)),) if text else ()

    def say(self, text: str) -> tuple[Tell, ...]:
        """Take a piece of what the model says."""
        self._said += text
        return self.close_utterance()

    def close_turn(self, *, interrupted: bool) -> tuple[Tell, ...]:
        """Note that the turn is over."""
        text, self._said = self._said.strip(), ""
        said = (Tell(SaidReport(text, interrupted)),) if text else ()
        return (*self.close_utterance(), *said)

    def cut(self) -> tuple[Flush | Tell, ...]:
        """Note that what is being said is not said to its end."""
        return (Flush(), *self.close_turn(interrupted=True))
