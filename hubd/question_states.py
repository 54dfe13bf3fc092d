"""Which event leads from which state of a typed request to which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from hubd import events


class State(StrEnum):
    """What a request waits for.

    OPENING: the session. ASKED: the end of the model's turn. ACTING: outcomes of calls, after it.
    LINGERING: a word that the model may have about an outcome. STRANDED: outcomes of calls, without a connection.
    """

    OPENING = "opening"
    ASKED = "asked"
    ACTING = "acting"
    LINGERING = "lingering"
    STRANDED = "stranded"
    ANSWERED = "answered"
    FAILED = "failed"


ENDS: Final = frozenset({State.ANSWERED, State.FAILED})

_TURN: Final[tuple[type[events.Event], ...]] = (events.SaidText, events.ModelAudio, events.Shown, events.ToolsAsked)
_AFTER_TURN: Final = (State.ANSWERED, State.LINGERING, State.ACTING)
# What leads where; where several states are named, the request's other facts choose.
TRANSITIONS: Final[Mapping[State, Mapping[type[events.Event], tuple[State, ...]]]] = {
    State.OPENING: {
        events.LinkReady: (State.ASKED,),
        events.LinkLost: (State.FAILED,),
        events.DeadlinePassed: (State.FAILED,),
    },
    State.ASKED: {
        **dict.fromkeys(_TURN, (State.ASKED,)),
        events.ToolsDone: (State.ASKED,),
        events.CallsCancelled: (State.ASKED,),
        events.Interrupted: (State.ASKED,),
        events.GenerationComplete: (State.ASKED,),
        events.TurnComplete: _AFTER_TURN,
        events.LinkLost: (State.ANSWERED, State.FAILED, State.STRANDED),
        events.DeadlinePassed: (*_AFTER_TURN, State.FAILED),
    },
    State.ACTING: {
        **dict.fromkeys(_TURN, (State.ASKED,)),
        events.ToolsDone: (State.ACTING, State.LINGERING, State.ANSWERED),
        events.CallsCancelled: (State.ACTING, State.LINGERING, State.ANSWERED),
        events.LinkLost: (State.STRANDED,),
        events.DeadlinePassed: (State.FAILED,),
    },
    State.LINGERING: {
        **dict.fromkeys(_TURN, (State.ASKED,)),
        events.ToolsDone: (State.LINGERING, State.ANSWERED),
        events.LinkLost: (State.ANSWERED, State.FAILED),
        events.DeadlinePassed: (State.ANSWERED, State.FAILED),
    },
    State.STRANDED: {
        events.ToolsDone: (State.STRANDED, State.FAILED),
        events.DeadlinePassed: (State.FAILED,),
    },
    State.ANSWERED: {},
    State.FAILED: {},
}
# For the keeper of the handle; HeardText would be about sound, of which there is none.
_PASSED_OVER: Final[frozenset[type[events.Event]]] = frozenset(
    {events.HandleIssued, events.GoingAway, events.TokensUsed, events.HeardText, events.EndAsked}
)
# About a turn that is over.
_LATE: Final[frozenset[type[events.Event]]] = frozenset(
    {events.LinkReady, events.Interrupted, events.GenerationComplete, events.TurnComplete}
)
# Events that may come in a state, and change nothing.
STALE: Final[Mapping[State, frozenset[type[events.Event]]]] = {
    State.OPENING: _PASSED_OVER,
    State.ASKED: _PASSED_OVER | {events.LinkReady},
    State.ACTING: _PASSED_OVER | _LATE,
    State.LINGERING: _PASSED_OVER | _LATE | {events.CallsCancelled},
    State.STRANDED: _PASSED_OVER,
    State.ANSWERED: frozenset(),
    State.FAILED: frozenset(),
}
