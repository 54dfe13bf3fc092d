"""What repeats itself, told once a minute."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

# ``operations.md`` 6: the first time, then once a minute with a count, s.
PAUSE: Final = 60.0
# More different things than this at once are no repetition: the oldest is forgotten.
_MOST: Final = 256


@dataclass(slots=True)
class _Said:
    """When something was let through last; held: how often it came since."""

    at: float
    held: int = 0


class Repetition:
    """Lets through what is new, and what was let through before once a minute; every ``now`` is monotonic, s."""

    def __init__(self) -> None:
        self._said: dict[Hashable, _Said] = {}

    def admit(self, key: Hashable, now: float) -> int | None:
        """Return how often it was held back since it was let through last; None if it is held back now."""
        said = self._said.get(key)
        if said is not None and now - said.at < PAUSE:
            said.held += 1
            return None
        self._said.pop(key, None)
        self._said[key] = _Said(now)
        if len(self._said) > _MOST:
            del self._said[next(iter(self._said))]
        return said.held if said is not None else 0
