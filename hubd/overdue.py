"""What follows when what was waited for has not come."""

from __future__ import annotations

from typing import assert_never

from hubd import effects
from hubd.bridge import Owed
from hubd.crossing import cross, depart
from hubd.floor import Turn
from hubd.parts import Parts
from hubd.patience import Awaiting
from hubd.states import State

_NO_ANSWER = "the server did not answer"
_WITH_A_PERSON = frozenset({State.LISTENING, State.FOLLOWING_UP})


def overdue(parts: Parts, now: float) -> State:
    """Return the state that follows a deadline (``design.md`` 5, turn watchdog)."""
    # The deadline may come a clock's tick early: which one it was is told by their order as well.
    if parts.bridge.departure.due(now) or parts.bridge.departure.before(parts.patience.deadline):
        return depart(parts)
    if parts.notices.playing and parts.patience.awaiting is Awaiting.SPEECH and parts.state in _WITH_A_PERSON:
        # Nobody can be heard before that is over, which it is sure to be.
        parts.patience.renew(now)
        parts.expect(Awaiting.SPEECH, now)
        parts.extend(now)
        return parts.state
    match parts.state:
        case State.FOLLOWING_UP:
            parts.minutes.reason = parts.minutes.reason or "nobody said more"
            return State.IDLE
        case State.ACTING:
            parts.patience.awaiting = Awaiting.ANSWER
            return State.LISTENING
        case _:
            return _silent_too_long(parts, now)


def _silent_too_long(parts: Parts, now: float) -> State:
    """Return the state after a turn that does not go on, or speech that is not answered."""
    if parts.state is State.SPEAKING and parts.floor.turn is Turn.RUNNING:
        if parts.patience.awaiting is not Awaiting.NUDGED:
            parts.nudge()
            parts.patience.nudged(now)
            return parts.state
        owed = parts.bridge.owed(parts.state, ending=parts.ending)
        if owed is not Owed.NOTHING and parts.bridge.despair():
            parts.patience.awaiting = Awaiting.ANSWER
            return cross(parts, owed, _NO_ANSWER)
    if parts.floor.running:
        parts.floor.complete()
        if parts.state is State.LISTENING and parts.ear.owed and parts.ear.finished:
            # The turn was about something else: nothing of it was heard, and no call was made since the person spoke.
            return _unanswered(parts, now)
        parts.answered(now)
        parts.expect(parts.patience.awaiting, now)
        return parts.after_answer()
    return _unanswered(parts, now)


def _unanswered(parts: Parts, now: float) -> State:
    """Return the state of a hub that listened in vain: one nudge, then another connection, then no more."""
    match parts.patience.awaiting:
        case Awaiting.SPEECH if not parts.ear.in_activity:
            parts.minutes.reason = "nobody spoke"
            return State.IDLE
        case Awaiting.ITS_END if parts.patience.endless(now):
            parts.minutes.reason = "it was never quiet"
            return State.IDLE
        case Awaiting.SPEECH | Awaiting.ITS_END | Awaiting.ANSWER:
            parts.nudge()
            parts.expect(Awaiting.NUDGED, now)
            return parts.state
        case Awaiting.NUDGED if parts.bridge.despair():
            return cross(parts, parts.bridge.owed(parts.state, ending=False), _NO_ANSWER)
        case Awaiting.NUDGED:
            parts.effects.append(effects.Signal(effects.Sign.FAILED))
            parts.minutes.reason = _NO_ANSWER
            return State.IDLE
        case _:
            assert_never(parts.patience.awaiting)
