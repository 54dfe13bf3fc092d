"""When a ring sounds, when it pauses, when it gives up."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final

# Pauses grow, from long enough for a word that stops it to long enough to forget it, s.
_FIRST_PAUSE: Final = 2.0
_GROWTH: Final = 1.5
_LONGEST_PAUSE: Final = 15.0
# Who begins to speak in a pause is heard out for so long; a television never ends, s.
_HEARD_OUT: Final = 5.0
# A round of which no end is heard, because it waits for a long answer to end, counts as over, s.
_LOST: Final = 90.0


class Step(Enum):
    """What the bell does; HUSHED: it pauses longer, because somebody speaks."""

    SILENT = auto()
    DUE = auto()
    SOUNDING = auto()
    PAUSING = auto()
    HUSHED = auto()


class Bell:
    """A ring in rounds, with growing pauses; every now is monotonic, s.

    lasts: no round begins later than so many seconds after the first; a change counts from the next ring on.
    deadline: when sound() is to be asked again; None for never.
    """

    def __init__(self, lasts: float) -> None:
        self.lasts = lasts
        self._ends = 0.0
        self._pause = _FIRST_PAUSE
        self.step = Step.SILENT
        self.deadline: float | None = None

    @property
    def rings(self) -> bool:
        """Whether it is anything but silent."""
        return self.step is not Step.SILENT

    def ring(self, now: float) -> None:
        """Begin, or begin anew with something else that rings: it is heard as soon as the round that sounds is over."""
        self._ends = now + self.lasts
        self._pause = _FIRST_PAUSE
        if self.step is not Step.SOUNDING:
            self._enter(Step.DUE, now)

    def sound(self, now: float) -> bool:
        """Return whether a round begins now; its end is told by sounded()."""
        if self.deadline is None or now < self.deadline:
            return False
        if self.step is Step.SOUNDING:
            self.sounded(now)
            return False
        if now > self._ends:
            self.stop()
            return False
        self._enter(Step.SOUNDING, now + _LOST)
        return True

    def sounded(self, now: float) -> None:
        """Take that the round is over."""
        if self.step is Step.SOUNDING:
            self._enter(Step.PAUSING, now + self._pause)
            self._pause = min(self._pause * _GROWTH, _LONGEST_PAUSE)

    def hold(self, now: float) -> None:
        """Take that somebody begins to speak: once in a pause, that pause waits."""
        if self.step is Step.PAUSING:
            self._enter(Step.HUSHED, max(self.deadline or now, now + _HEARD_OUT))

    def stop(self) -> None:
        """Fall silent."""
        self._enter(Step.SILENT, None)

    def _enter(self, step: Step, deadline: float | None) -> None:
        self.step, self.deadline = step, deadline
