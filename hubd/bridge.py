"""How a conversation gets from one Live connection to the next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import Enum, auto
from typing import Final

from hubd.departure import Departure
from hubd.ear import Ear
from hubd.effects import Manner
from hubd.events import Answer
from hubd.floor import Floor, Turn
from hubd.open_calls import OpenCalls
from hubd.patience import Awaiting, Patience
from hubd.states import State

# So many connections in a row without an answer, and the conversation is over: no dial loop (``live-protocol.md`` 12).
_MOST_CROSSINGS: Final = 3


class Owed(Enum):
    """What the person is to get from the next connection.

    UTTERANCE: an answer to what they say, which it has to hear from its beginning. OUTCOME: word about calls that are
    being carried out. REST: the answer that was cut off after calls, which must not be made again. NOTHING: they may go
    on talking.
    """

    NOTHING = auto()
    UTTERANCE = auto()
    OUTCOME = auto()
    REST = auto()


class Contact(Enum):
    """Whether a conversation has a connection, or seeks one; CUT: not before somebody speaks."""

    KEPT = auto()
    CUT = auto()


class Faith(Enum):
    """Whether a server that does not answer is tried once more; SHAKEN: it was."""

    WHOLE = auto()
    SHAKEN = auto()


class Bridge:
    """Keeps what one connection of a conversation leaves to the next (``live-protocol.md`` 8.5).

    It reads, and on crossing prepares, the conversation's own parts.
    """

    def __init__(self, ear: Ear, floor: Floor, calls: OpenCalls, patience: Patience) -> None:
        self._ear = ear
        self._floor = floor
        self._calls = calls
        self._patience = patience
        self.departure = Departure()
        self._owed = Owed.UTTERANCE
        self._crossings = 0
        self._faith = Faith.WHOLE
        self._contact = Contact.KEPT

    @property
    def cut_off(self) -> bool:
        """Whether there is no connection, and none is sought before somebody speaks."""
        return self._contact is Contact.CUT

    def begin(self) -> None:
        """Begin anew with somebody who talks."""
        self.departure = Departure()
        self._owed = Owed.UTTERANCE
        self._contact = Contact.KEPT
        self.progressed()

    def progressed(self) -> None:
        """Note that the person got an answer."""
        self._crossings = 0
        self._faith = Faith.WHOLE

    @property
    def manner(self) -> Manner:
        """How the next connection is told what the last ones were not."""
        match self._owed:
            case Owed.OUTCOME | Owed.NOTHING:
                return Manner.ALOUD
            case Owed.REST:
                return Manner.OWED
            case Owed.UTTERANCE:
                return Manner.NOTE

    def manner_of(self, answers: Sequence[Answer], blocking: Collection[str]) -> Manner:
        """Return how answers are told of which the connection may not know the calls; blocking: as in Pace."""
        if self._ear.owed:
            return Manner.NOTE
        return Manner.OWED if any(answer.call.name in blocking for answer in answers) else Manner.ALOUD

    def owed(self, state: State, *, ending: bool) -> Owed:
        """Return what the person is owed if the connection ends now; ending: whether they expect no more."""
        if state is State.OPENING:
            return self._owed
        if ending:
            return Owed.NOTHING
        if self._ear.owed:
            return Owed.UTTERANCE
        if self._calls:
            return Owed.OUTCOME
        waiting = state is State.LISTENING and self._patience.awaiting in {Awaiting.ANSWER, Awaiting.NUDGED}
        cut = self._floor.turn is Turn.RUNNING
        return Owed.REST if waiting or cut else Owed.NOTHING

    def passable(self, state: State) -> bool:
        """Return whether another connection is to be tried, from this state."""
        return state is not State.OPENING and self._crossings < _MOST_CROSSINGS

    def despair(self) -> bool:
        """Return whether another connection is to be tried because this one does not answer: once."""
        faith, self._faith = self._faith, Faith.SHAKEN
        return faith is Faith.WHOLE and self._crossings < _MOST_CROSSINGS

    def cross(self, owed: Owed) -> None:
        """Leave the connection for the next one."""
        self._crossings += 1
        self._owed = owed
        self._contact = Contact.KEPT
        self.departure = Departure()
        self._floor.turn = Turn.NONE
        self._ear.reconnect()
        self._calls.leave()
        if self._patience.awaiting is not Awaiting.NUDGED and owed in {Owed.UTTERANCE, Owed.REST}:
            heard_out = self._ear.finished or owed is Owed.REST
            begun = self._patience.awaiting is not Awaiting.SPEECH
            self._patience.awaiting = (
                Awaiting.ANSWER if heard_out else Awaiting.ITS_END if begun else self._patience.awaiting
            )

    def rest(self) -> None:
        """Do without a connection until somebody speaks."""
        self._contact = Contact.CUT
        self.departure = Departure()
        self._ear.reconnect()
        self._calls.leave()

    def spoken_to(self) -> bool:
        """Note that the person speaks while there is no connection; return whether that is new."""
        new = self._owed is not Owed.UTTERANCE
        self._owed = Owed.UTTERANCE
        return new

    def target(self) -> State:
        """Return the state in which the next connection finds the conversation."""
        if self._floor.sounding:
            return State.SPEAKING
        return State.LISTENING if self._owed in {Owed.UTTERANCE, Owed.REST} else State.FOLLOWING_UP
