"""Who has the floor: the model's turn joined with the sound that is still to be played."""

from __future__ import annotations

from enum import Enum, auto


class Turn(Enum):
    """How far the model's turn is.

    REFUSED: the person took the floor, and the model does not know it yet. INTERRUPTED: it was cut by the server; its
    turn complete is still to come.
    """

    NONE = auto()
    RUNNING = auto()
    GENERATED = auto()
    REFUSED = auto()
    INTERRUPTED = auto()


class Floor:
    """Counts pieces of speech in and out, and follows the turn (``live-protocol.md`` 8.2, 8.3)."""

    def __init__(self) -> None:
        self.turn = Turn.NONE
        self._plays = 0
        self._drained = 0

    @property
    def sounding(self) -> bool:
        """Whether speech that was given to the speaker has not been played yet."""
        return self._drained < self._plays

    @property
    def running(self) -> bool:
        """Whether the model's turn goes on."""
        return self.turn in {Turn.RUNNING, Turn.GENERATED}

    def begin(self) -> bool:
        """Note that the model does something: it speaks, or calls a function; return whether it has the floor."""
        if self.turn is Turn.REFUSED:
            return False
        self.turn = Turn.RUNNING
        return True

    def speak(self) -> bool:
        """Note a piece of speech; return whether to play it."""
        if not self.begin():
            return False
        self._plays += 1
        return True

    def generated(self) -> None:
        """Note that nothing more will be generated for this turn."""
        if self.turn is Turn.RUNNING:
            self.turn = Turn.GENERATED

    def refuse(self) -> None:
        """Give the floor to the person: nothing more of this turn is played."""
        self.hush()
        if self.running:
            self.turn = Turn.REFUSED

    def interrupt(self) -> None:
        """Note that the server cut the turn; without a turn that is an echo of one that is over."""
        self.hush()
        if self.turn is not Turn.NONE:
            self.turn = Turn.INTERRUPTED

    def complete(self) -> bool:
        """Note the end of the turn; return whether it was its own, not a cut."""
        own_end = self.turn not in {Turn.REFUSED, Turn.INTERRUPTED}
        self.turn = Turn.NONE
        return own_end

    def drain(self, plays: int) -> None:
        """Note how many pieces of speech have been played since start."""
        self._drained = max(self._drained, plays)

    def hush(self) -> None:
        """Forget what was queued: it is not played."""
        self._drained = self._plays
