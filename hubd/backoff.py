"""Delays between attempts."""

from __future__ import annotations


class Backoff:
    """Delays that double from one attempt to the next, up to a limit: 1, 2, 4 .. 30 s (``operations.md`` 7).

    first, longest: the delays before the second and before every late attempt, s.
    """

    def __init__(self, first: float = 1.0, longest: float = 30.0) -> None:
        if not 0 < first <= longest:
            raise ValueError(f"delays have to grow from above 0, not from {first} to {longest}")
        self._first = first
        self._longest = longest
        self._next = first

    def next(self, jitter: float = 0.0) -> float:
        """Return the seconds to wait before the next attempt.

        jitter: a random number from 0 to 1; it shortens the delay by up to a quarter, so that many hubs that lost the
        same broker do not come back at the same moment.
        """
        delay = self._next
        self._next = min(2 * delay, self._longest)
        return delay * (1 - jitter / 4)

    def reset(self) -> None:
        """Begin again with the first delay, because an attempt was a success."""
        self._next = self._first
