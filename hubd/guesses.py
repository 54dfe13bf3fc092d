"""How often something may be done on a mere guess."""

from __future__ import annotations

from typing import Final

# A person who is misheard tries again at once; a television raises scores all day.
MOST: Final = 6
# So long until one more guess may be wrong, s: 15 an hour, however many reasons there are.
PAUSE: Final = 240.0


class Guesses:
    """Lets six guesses in a row be wrong, then one every four minutes; every ``now`` is monotonic, s."""

    def __init__(self) -> None:
        self._left = float(MOST)
        self._counted_at: float | None = None

    def guess(self, now: float) -> bool:
        """Return whether there may be one more; if so it counts as wrong until right() says otherwise."""
        if self._counted_at is not None:
            self._left = min(MOST, self._left + (now - self._counted_at) / PAUSE)
        self._counted_at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def right(self) -> None:
        """Note that what was guessed came true: all six are there again."""
        self._left = float(MOST)

    def refused(self) -> None:
        """Note that guessing leads nowhere: there is none for the next four minutes."""
        self._left = 0.0
