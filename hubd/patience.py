"""How long the conversation waits for what."""

from __future__ import annotations

import math
from enum import Enum, auto

from hubd.pace import Pace

# With everything generated and played, the turn's end is overdue, s (``live-protocol.md`` 13, pitfall 28).
_TURN_END_OVERDUE = 3.0
# A word of farewell may follow the call that ends the conversation, as a word about an outcome may follow the outcome.
_LAST_WORD = 2.0

# A slow device may take minutes, and the microphone is open to the server meanwhile: what comes later than this is told
# to the next conversation (``live-protocol.md`` 10: close after 30 to 60 s without conversation), s.
_OUTCOME_COMES = 60.0
# A room that is never quiet, for a television is on: after so many times max_listening nobody is listened to any more.
_ENDLESS = 3
# Once the person has spoken after an answer, the model's next one comes within this time, s.
_ANSWER_COMES = 8.0


class Awaiting(Enum):
    """What a listening hub waits for: the person's speech, its end, the model's answer, that answer after a nudge."""

    SPEECH = auto()
    ITS_END = auto()
    ANSWER = auto()
    NUDGED = auto()


class Patience:
    """Sets the deadline; every ``now`` is monotonic, s.

    awaiting: what for. first_word: how long the person's first word is waited for, s; None for as long as usual.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.deadline: float | None = None
        self.awaiting = Awaiting.SPEECH
        self.first_word: float | None = None
        self._limit = math.inf

    def renew(self, now: float) -> None:
        """Begin to count how long the room is not quiet."""
        usual = _ENDLESS * max(self._pace.max_listening, self._pace.follow_up)
        self._limit = now + max(usual, self.first_word or 0.0)

    def endless(self, now: float) -> bool:
        """Return whether the room has not been quiet for far longer than a person talks."""
        return now >= self._limit

    def forever(self) -> None:
        """Wait for something that is sure to come."""
        self.deadline = None

    def listen(self, now: float, *, turn_running: bool) -> None:
        """Wait for the person, or for the model if its turn is running."""
        if turn_running:
            self.deadline = now + self._pace.silence_timeout
        elif self.awaiting is Awaiting.SPEECH and self.first_word is not None:
            self.deadline = self._limited(now + self.first_word, now)
        elif self.awaiting in {Awaiting.SPEECH, Awaiting.ITS_END}:
            self.deadline = self._limited(now + self._pace.max_listening, now)
        else:
            self.deadline = now + self._pace.answer_timeout

    def act(self, now: float) -> None:
        """Wait for blocking calls, which have deadlines of their own."""
        self.deadline = now + 2 * self._pace.silence_timeout

    def speak(self, now: float, *, generated: bool) -> None:
        """Wait for the end of a turn of which all is played that has come."""
        self.deadline = now + (_TURN_END_OVERDUE if generated else self._pace.silence_timeout)

    def nudged(self, now: float) -> None:
        """Wait for the rest of an answer in which the model fell silent."""
        self.awaiting = Awaiting.NUDGED
        self.deadline = now + self._pace.answer_timeout

    def hear_out(self, now: float, *, calls_open: bool) -> None:
        """Wait for the end of what is being said after an answer."""
        patience = max(self._pace.max_listening, self._pace.follow_up)
        self._wait(patience, now, calls_open=calls_open)

    def follow_up(self, now: float, *, calls_open: bool, ending: bool) -> None:
        """Wait for another word of the person, and for the outcomes of open calls, but for these 60 s at most."""
        least = _ANSWER_COMES if self.awaiting is Awaiting.ANSWER else _LAST_WORD
        patience = _LAST_WORD if ending else max(self._pace.follow_up, least)
        self._wait(patience, now, calls_open=calls_open)

    def adopt(self, pace: Pace) -> None:
        """Wait for as long as this pace says; called between conversations."""
        self._pace = pace

    def _wait(self, patience: float, now: float, *, calls_open: bool) -> None:
        self.deadline = now + max(patience, _OUTCOME_COMES) if calls_open else self._limited(now + patience, now)

    def _limited(self, deadline: float, now: float) -> float:
        """Return the deadline, or the limit if that comes before it."""
        return min(deadline, max(self._limit, now))
