"""The parts of a conversation, with what several of its decisions share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from enum import Flag, auto

from hubd import effects
from hubd.bridge import Bridge
from hubd.ear import Ear
from hubd.floor import Floor, Turn
from hubd.minutes import Minutes
from hubd.notices import Notices
from hubd.open_calls import OpenCalls
from hubd.pace import Pace
from hubd.patience import Awaiting, Patience
from hubd.states import State


class Ahead(Flag):
    """What lies ahead of a conversation.

    END: its end. TURN: another turn, which the model works on. WORD: one of the model's about an outcome, it may be.
    NEWS: what is to be told in a pause.
    """

    NOTHING = 0
    END = auto()
    TURN = auto()
    WORD = auto()
    NEWS = auto()


class Parts:
    """What a conversation consists of; each ``now`` is monotonic, s.

    effects: what the event that is being decided about leads to. ahead: what comes by itself. spoke_at: when the person
    was last heard to begin.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.state = State.IDLE
        self.effects: list[effects.Effect] = []
        self.minutes = Minutes()
        self.floor = Floor()
        self.patience = Patience(pace)
        self.ear = Ear(manual=pace.manual_activity)
        self.calls = OpenCalls(pace.blocking)
        self.notices = Notices()
        self.bridge = Bridge(self.ear, self.floor, self.calls, self.patience)
        self.ahead = Ahead.NOTHING
        self.spoke_at = -math.inf

    def adopt(self, pace: Pace) -> None:
        """Have the next conversation go at this pace; called between conversations."""
        self.pace = pace
        self.patience.adopt(pace)
        self.ear.manual = pace.manual_activity
        self.calls.blocking = pace.blocking

    @property
    def busy(self) -> bool:
        """Whether more comes by itself: the outcomes of calls, another turn."""
        return Ahead.TURN in self.ahead or bool(self.calls)

    @property
    def ending(self) -> bool:
        """Whether the person expects no more."""
        return Ahead.END in self.ahead

    def expect(self, awaiting: Awaiting, now: float) -> None:
        """Wait for this from now on; talk without end is no reason to wait for an end of it once more."""
        if awaiting is Awaiting.ITS_END and self.patience.awaiting is Awaiting.NUDGED and self.patience.endless(now):
            return
        self.patience.awaiting = awaiting
        if awaiting is not Awaiting.SPEECH:
            self.patience.first_word = None
        if self.state is State.LISTENING:
            self.patience.listen(now, turn_running=self.floor.running)

    def extend(self, now: float) -> None:
        """Prolong the time after an answer."""
        if self.state is State.FOLLOWING_UP:
            self.patience.follow_up(now, calls_open=self.busy, ending=self.ending)

    def hear_word(self) -> None:
        """Note that the model says something: with a turn that begins so, the word about an outcome has come."""
        if self.floor.turn is Turn.NONE:
            self.ahead &= ~Ahead.WORD

    def hush(self) -> None:
        """Fall silent."""
        self.effects += self.minutes.cut() if self.floor.sounding else ()
        self.floor.hush()

    def nudge(self) -> None:
        """Say to the server that the person has finished."""
        self.ear.nudged()
        self.effects.append(effects.Nudge())

    def settled(self, ids: Iterable[str], now: float) -> State:
        """Close calls; return the state that follows."""
        self.calls.close(ids)
        self.patience.renew(now)
        self.extend(now)
        if self.state is State.ACTING and not self.calls.waiting:
            self.patience.awaiting = Awaiting.ANSWER
            return State.LISTENING
        return self.state

    def answered(self, now: float) -> None:
        """Note that the model's turn is over: whatever was said has its answer."""
        self.ear.answered()
        self.bridge.progressed()
        self.patience.renew(now)

    def sound_or_turn_ended(self, now: float) -> State:
        """Return the state that follows when the speaker has played all, or the turn is over."""
        if self.state is not State.SPEAKING or self.floor.sounding:
            return self.state
        if self.floor.turn is Turn.NONE:
            return self.after_answer()
        self.patience.speak(now, generated=self.floor.turn is Turn.GENERATED)
        return self.state

    def after_answer(self) -> State:
        """Return the state that follows an answer."""
        if self.ear.in_activity:
            return State.LISTENING
        if not self.busy and (self.ending or not self.pace.follow_up) and Ahead.WORD not in self.ahead:
            self.minutes.reason = "the conversation was over"
            return State.IDLE
        return State.FOLLOWING_UP
