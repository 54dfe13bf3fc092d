"""What follows from the ends of connections is tried with the line, in tests/stages/test_line*.py."""

from __future__ import annotations

from collections.abc import Sequence

from hubd.access import Access, End
from hubd.events import Backend
from hubd.live.failures import NextAttempt, Phase, Verdict
from hubd.reports import Report

BOTH = (Backend.GEMINI, Backend.OFFLINE)


class Poor:
    """An allowance for nothing that costs."""

    words = "no"

    def affordable(self, backends: Sequence[Backend]) -> tuple[Backend, ...]:
        """Return those that cost nothing."""
        return tuple(backend for backend in backends if backend is Backend.OFFLINE)


def test_asking_changes_nothing() -> None:
    """Whoever asks whether the server of choice can be had at once leaves no trace, and no words to be said."""
    said: list[str] = []
    reported: list[Report] = []
    rich, poor = (
        Access(BOTH, report=reported.append, announce=said.append, allowance=allowance) for allowance in (None, Poor())
    )
    assert rich.at_once(0.0)
    assert not poor.at_once(0.0)
    poor.conversation_ended()
    assert (said, reported) == ([], [])


def test_a_server_that_rests_is_not_there_at_once() -> None:
    """After a failure the other server is first for half a minute."""
    access = Access(BOTH, report=lambda _: None, announce=lambda _: None, allowance=None)
    failed = End(Phase.CONNECTING, Verdict(NextAttempt.RETRY_WITH_HANDLE, "Away. Wait."), barren=False)
    access.ended(Backend.GEMINI, failed, 0.0, another=True)
    assert not access.at_once(29.0)
    assert access.whom(None, 29.0)[0] == (Backend.OFFLINE,)
    assert access.at_once(31.0)
