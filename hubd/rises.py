"""Where the scores of wake words rise, peak, fall again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

# A rise begins at this score.
BAR: Final = 0.1
# It is over when all scores have been below the bar for so long, s: within a word they dip for less.
CALM: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rise:
    """One rise so far. model: the word that has scored highest. score: how high. began, peaked: when, s."""

    model: str
    score: float
    began: float
    peaked: float


class Rises:
    """Follows the best of several words' scores; ``now`` is monotonic, s.

    current: the rise that goes on; None between two of them.
    """

    def __init__(self) -> None:
        self.current: Rise | None = None
        self._high_at = 0.0

    def take(self, scores: Mapping[str, float], now: float) -> Rise | None:
        """Take the next scores, 0 to 1 by name; return the rise that they show to be over, if any.

        The same scores may begin the next one. A name that is missing counts as below the bar.
        """
        over = None
        if self.current is not None and now - self._high_at >= CALM:
            over = self.drop()
        high = [(score, name) for name, score in scores.items() if score >= BAR]
        if high:
            self._high_at = now
            score, name = max(high)
            if self.current is None:
                self.current = Rise(name, score, began=now, peaked=now)
            elif score > self.current.score:
                self.current = replace(self.current, model=name, score=score, peaked=now)
        return over

    def drop(self) -> Rise | None:
        """End the rise that goes on, and return it."""
        over, self.current = self.current, None
        return over
