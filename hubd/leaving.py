"""What follows when somebody breaks the conversation off."""

from __future__ import annotations

from hubd import effects
from hubd.parts import Parts
from hubd.states import State
from hubd.wishes import WishStatus


def stopped(parts: Parts) -> State:
    """Return the state after stop: nothing is said any more, announcements included."""
    _break_off(parts, "stopped")
    parts.effects += (*parts.notices.stop(), *parts.ear.uncover(), effects.Quiet())
    return State.MUTED if parts.state is State.MUTED else State.IDLE


def muted(parts: Parts, *, muted: bool) -> State:
    """Return the state after the microphone was muted, or opened again; what is announced is said to its end."""
    if not muted:
        return State.IDLE if parts.state is State.MUTED else parts.state
    _break_off(parts, "the microphone was muted")
    parts.effects += parts.notices.mute(parts.minutes.reason)
    if not parts.notices.playing:
        parts.effects += parts.ear.uncover()
    return State.MUTED


def _break_off(parts: Parts, reason: str) -> None:
    parts.hush()
    parts.minutes.reason = reason
    parts.effects += parts.notices.closed(WishStatus.STOPPED, reason)
