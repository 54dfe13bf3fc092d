"""What follows when a Live connection ends, or is about to."""

from __future__ import annotations

from hubd import effects, events
from hubd.bridge import Owed
from hubd.parts import Parts
from hubd.patience import Awaiting
from hubd.states import State


def lost(parts: Parts, event: events.LinkLost) -> State:
    """Return the state after a connection that could not be opened, or is gone (``live-protocol.md`` 12).

    With nothing owed to the person nobody dials. Who speaks while the time after an answer lasts is heard over another
    connection; after that the handle is good for the next wake word.
    """
    owed = parts.bridge.owed(parts.state, ending=parts.ending)
    if not event.hopeless and owed is not Owed.NOTHING and parts.bridge.passable(parts.state):
        return cross(parts, owed, event.reason)
    parts.minutes.reason = event.reason
    parts.effects += parts.minutes.lose(event)
    if owed is not Owed.NOTHING:
        parts.effects.append(effects.Signal(effects.Sign.FAILED))
    elif parts.state is State.FOLLOWING_UP and not event.hopeless and not parts.ending:
        parts.bridge.rest()
        parts.notices.take_back()
        parts.patience.awaiting = Awaiting.SPEECH
        return parts.state
    return State.IDLE


def speech_without_line(parts: Parts) -> State:
    """Return the state after speech that no connection hears: it is heard from its beginning, over another one."""
    parts.bridge.cross(Owed.UTTERANCE)
    return State.OPENING


def depart(parts: Parts) -> State:
    """Return the state after leaving a connection that the server is going to close (``live-protocol.md`` 8.5)."""
    parts.bridge.departure.deadline = None
    if parts.ending or not parts.bridge.passable(parts.state):
        return parts.state
    return cross(parts, parts.bridge.owed(parts.state, ending=False), "the server ends the connection")


def depart_if_quiet(parts: Parts, now: float) -> None:
    """Leave such a connection at once if nothing would be lost by it, with nobody talking."""
    quiet = parts.state is State.FOLLOWING_UP and not (parts.busy or parts.ear.owed or parts.ending)
    if quiet and parts.bridge.departure.opportune(now):
        parts.bridge.departure.deadline = now


def cross(parts: Parts, owed: Owed, reason: str) -> State:
    """Leave the connection for another one, which is to give the person what they are owed."""
    if owed is not Owed.NOTHING:
        parts.hush()
    parts.effects += parts.minutes.leave(reason)
    parts.bridge.cross(owed)
    return State.OPENING
