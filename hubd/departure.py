"""When to leave a connection that its server is going to close."""

from __future__ import annotations

from typing import Final

# So long before the end that was announced the connection is left, whatever is going on (``live-protocol.md`` 8.5), s.
_MARGIN: Final = 5.0
# An end that is further off than this is not anticipated: an announcement of 300 s was seen 1 s after a start.
_SOON: Final = 60.0


class Departure:
    """Follows one connection's announcement of its end (``goAway``) with its handles; every ``now`` is monotonic, s.

    deadline: when to leave at the latest; None without an announcement. The server may fall silent instead of closing
    (``live-protocol.md`` 13, pitfall 23), so it is kept by the hub itself.
    """

    def __init__(self) -> None:
        self.deadline: float | None = None
        self._fresh = False

    def announced(self, time_left: float, now: float) -> None:
        """Note that the server closes the connection in time_left seconds."""
        self.deadline = now + max(time_left - _MARGIN, time_left / 2)

    def turn_began(self) -> None:
        """Note that something happened which no handle covers yet."""
        self._fresh = False

    def handle_issued(self) -> None:
        """Note a handle: resuming from it loses nothing."""
        self._fresh = True

    def due(self, now: float) -> bool:
        """Whether the connection is to be left now, whatever is going on."""
        return self.deadline is not None and now >= self.deadline

    def before(self, other: float | None) -> bool:
        """Whether the connection is to be left before another deadline."""
        return self.deadline is not None and (other is None or self.deadline <= other)

    def opportune(self, now: float) -> bool:
        """Whether the next quiet moment is the one to leave: nothing would be lost, and the end is near."""
        return self._fresh and self.deadline is not None and self.deadline - now <= _SOON
