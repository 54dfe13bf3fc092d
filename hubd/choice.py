"""Which Live server a conversation is opened with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from hubd.backoff import Backoff
from hubd.events import Backend

# With another server at hand, one that failed is not waited for with every wake word, s.
_FIRST_REST: Final = 30.0
_LONGEST_REST: Final = 300.0
# A session that has lived so long was no mere beginning (``live-protocol.md`` 12), s.
_PROVEN: Final = 30.0
# So many sessions in a row may end before the model does anything.
_MOST_BARREN: Final = 2
# 60 s become an hour at the longest.
_DOUBLINGS: Final = 6


class Choice:
    """Prefers the first of several servers, and lets one that failed rest; every ``now`` is monotonic, s.

    backends: the preferred one first; the last one is always there.
    """

    def __init__(self, backends: Sequence[Backend]) -> None:
        self._backends = tuple(backends)
        self._backoffs = {backend: Backoff(_FIRST_REST, _LONGEST_REST) for backend in backends}
        self._until: dict[Backend, float] = {}
        self._barren = dict.fromkeys(self._backends, 0)
        self._refusals = dict.fromkeys(self._backends, 0)
        # Since when: of those whose last session has not been followed by a failure.
        self._opened: dict[Backend, float] = {}

    def order(self, now: float) -> tuple[Backend, ...]:
        """Return whom to dial, one after the other; nobody if there is but one, which said how long it can't."""
        return tuple(backend for backend in self._backends if now >= self._until.get(backend, now))

    def rest(self, now: float) -> float:
        """Return how long the preferred server still rests, s."""
        return max(0.0, self._until.get(self._backends[0], now) - now)

    def failed(self, backend: Backend, now: float, *, wait: float, fatal: bool) -> float:
        """Note that no session could be opened; return the seconds that the server itself has to be left alone.

        wait: what its refusal asks for, s; it doubles with each one in a row. fatal: dialling again can't help.
        """
        if now - self._opened.pop(backend, now) >= _PROVEN:
            self._begin_anew(backend)
        if wait:
            self._refusals[backend] += 1
            wait *= 2.0 ** min(self._refusals[backend] - 1, _DOUBLINGS)
        rest = wait
        if backend is not self._backends[-1]:
            rest = max(wait, _LONGEST_REST if fatal else self._backoffs[backend].next())
        self._until[backend] = now + rest
        return wait

    def ended(self, backend: Backend, *, barren: bool) -> bool:
        """Note that a server ended a session, or opened none; return whether that is as good as a refusal.

        barren: it was open, and the model did nothing. The second one in a row that was is no accident.
        """
        self._barren[backend] = self._barren[backend] + 1 if barren else 0
        return self._barren[backend] >= _MOST_BARREN and backend is not self._backends[-1]

    def opened(self, backend: Backend, now: float) -> None:
        """Note that a session was opened.

        A server may refuse what it has just opened: past failures count until it has lived for 30 s, or ended well.
        """
        self._until.pop(backend, None)
        if backend in self._opened:
            self._begin_anew(backend)
        self._opened[backend] = now

    def _begin_anew(self, backend: Backend) -> None:
        """Take the next failure for a first one."""
        self._refusals[backend] = 0
        self._backoffs[backend].reset()
