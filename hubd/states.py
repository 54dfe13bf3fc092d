"""Which event leads from which state of the conversation to which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hubd.events import (
    CallsCancelled,
    DeadlinePassed,
    Drained,
    EndAsked,
    Event,
    GenerationComplete,
    GoingAway,
    HandleIssued,
    HeardText,
    Interrupted,
    LinkLost,
    LinkReady,
    ModelAudio,
    MuteChanged,
    SaidText,
    Shown,
    SpeechBegan,
    SpeechEnded,
    StopAsked,
    TokensUsed,
    ToolsAsked,
    ToolsDone,
    TurnComplete,
    Woke,
)
from hubd.reports import PublicState as State
from hubd.wishes import Announced, AskAsked, ListenAsked, SayAsked, Told

__all__ = ["STALE", "TRANSITIONS", "State"]

_WISHES: Final[tuple[type[Event], ...]] = (Told, SayAsked, AskAsked, ListenAsked)
# What is urgent cuts the model's speech.
_CUT: Final = (State.SPEAKING, State.FOLLOWING_UP, State.LISTENING, State.IDLE)
# Where several states are named, the conversation's other facts choose: whether the turn is over, what still plays,
# which calls are open. The first one is the usual.
TRANSITIONS: Final[Mapping[State, Mapping[type[Event], tuple[State, ...]]]] = {
    State.IDLE: {
        Woke: (State.OPENING,),
        ToolsDone: (State.IDLE,),
        MuteChanged: (State.MUTED, State.IDLE),
        StopAsked: (State.IDLE,),
        **dict.fromkeys(_WISHES, (State.IDLE,)),
        Announced: (State.IDLE, State.OPENING),
    },
    State.OPENING: {
        LinkReady: (State.LISTENING, State.FOLLOWING_UP, State.SPEAKING),
        LinkLost: (State.IDLE,),
        SpeechBegan: (State.OPENING,),
        SpeechEnded: (State.OPENING,),
        Woke: (State.OPENING,),
        Drained: (State.OPENING,),
        ToolsDone: (State.OPENING,),
        EndAsked: (State.OPENING,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.OPENING),
        **dict.fromkeys(_WISHES, (State.OPENING,)),
        Announced: (State.OPENING,),
    },
    State.LISTENING: {
        ModelAudio: (State.SPEAKING, State.LISTENING),
        ToolsAsked: (State.LISTENING, State.ACTING),
        TurnComplete: (State.FOLLOWING_UP, State.LISTENING, State.IDLE),
        SpeechBegan: (State.LISTENING,),
        SpeechEnded: (State.LISTENING,),
        HeardText: (State.LISTENING,),
        SaidText: (State.LISTENING,),
        Woke: (State.LISTENING,),
        Interrupted: (State.LISTENING,),
        GenerationComplete: (State.LISTENING,),
        CallsCancelled: (State.LISTENING,),
        ToolsDone: (State.LISTENING,),
        EndAsked: (State.LISTENING,),
        DeadlinePassed: (State.IDLE, State.LISTENING, State.FOLLOWING_UP, State.OPENING),
        LinkLost: (State.OPENING, State.IDLE),
        HandleIssued: (State.LISTENING,),
        GoingAway: (State.LISTENING,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.LISTENING),
        **dict.fromkeys(_WISHES, (State.LISTENING,)),
        Announced: (State.LISTENING,),
    },
    State.ACTING: {
        ToolsDone: (State.LISTENING, State.ACTING),
        CallsCancelled: (State.LISTENING, State.ACTING),
        ToolsAsked: (State.ACTING,),
        ModelAudio: (State.SPEAKING, State.ACTING),
        HeardText: (State.ACTING,),
        SaidText: (State.ACTING,),
        Interrupted: (State.ACTING,),
        TurnComplete: (State.ACTING,),
        GenerationComplete: (State.ACTING,),
        EndAsked: (State.ACTING,),
        SpeechBegan: (State.ACTING,),
        SpeechEnded: (State.ACTING,),
        DeadlinePassed: (State.LISTENING, State.OPENING, State.IDLE, State.ACTING),
        Woke: (State.LISTENING, State.ACTING),
        LinkLost: (State.OPENING, State.IDLE),
        HandleIssued: (State.ACTING,),
        GoingAway: (State.ACTING,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.ACTING),
        **dict.fromkeys(_WISHES, (State.ACTING,)),
        Announced: (State.ACTING,),
    },
    State.SPEAKING: {
        Drained: (State.FOLLOWING_UP, State.SPEAKING, State.LISTENING, State.IDLE),
        TurnComplete: (State.SPEAKING, State.FOLLOWING_UP, State.LISTENING, State.IDLE),
        Interrupted: (State.LISTENING,),
        Woke: (State.LISTENING, State.SPEAKING),
        ModelAudio: (State.SPEAKING,),
        SaidText: (State.SPEAKING,),
        HeardText: (State.SPEAKING,),
        GenerationComplete: (State.SPEAKING,),
        ToolsAsked: (State.SPEAKING,),
        ToolsDone: (State.SPEAKING,),
        CallsCancelled: (State.SPEAKING,),
        EndAsked: (State.SPEAKING,),
        SpeechBegan: (State.SPEAKING, State.LISTENING),
        SpeechEnded: (State.SPEAKING,),
        DeadlinePassed: (State.FOLLOWING_UP, State.LISTENING, State.OPENING, State.IDLE, State.SPEAKING),
        LinkLost: (State.OPENING, State.IDLE),
        HandleIssued: (State.SPEAKING,),
        GoingAway: (State.SPEAKING,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.SPEAKING),
        Told: _CUT,
        SayAsked: _CUT,
        AskAsked: (State.SPEAKING,),
        ListenAsked: (State.LISTENING,),
        Announced: _CUT,
    },
    State.FOLLOWING_UP: {
        SpeechBegan: (State.LISTENING, State.FOLLOWING_UP, State.OPENING),
        SpeechEnded: (State.FOLLOWING_UP,),
        Woke: (State.LISTENING, State.OPENING),
        HeardText: (State.FOLLOWING_UP,),
        ModelAudio: (State.SPEAKING, State.FOLLOWING_UP),
        ToolsAsked: (State.LISTENING, State.ACTING),
        SaidText: (State.FOLLOWING_UP,),
        ToolsDone: (State.FOLLOWING_UP,),
        CallsCancelled: (State.FOLLOWING_UP,),
        EndAsked: (State.FOLLOWING_UP,),
        Interrupted: (State.FOLLOWING_UP,),
        TurnComplete: (State.FOLLOWING_UP,),
        DeadlinePassed: (State.IDLE, State.OPENING, State.FOLLOWING_UP),
        LinkLost: (State.FOLLOWING_UP, State.OPENING, State.IDLE),
        HandleIssued: (State.FOLLOWING_UP,),
        GoingAway: (State.FOLLOWING_UP,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.FOLLOWING_UP),
        **dict.fromkeys(_WISHES, (State.FOLLOWING_UP,)),
        Announced: (State.FOLLOWING_UP, State.LISTENING, State.OPENING),
    },
    State.MUTED: {
        ToolsDone: (State.MUTED,),
        MuteChanged: (State.IDLE, State.MUTED),
        StopAsked: (State.MUTED,),
        **dict.fromkeys(_WISHES, (State.MUTED,)),
        Announced: (State.MUTED,),
    },
}

# The Live connection's last words, when nobody talks any more.
_LEFT_OVER: Final = frozenset(
    {
        LinkReady,
        LinkLost,
        ModelAudio,
        HeardText,
        SaidText,
        ToolsAsked,
        CallsCancelled,
        Interrupted,
        GenerationComplete,
        TurnComplete,
        EndAsked,
        Drained,
        DeadlinePassed,
        SpeechBegan,
        SpeechEnded,
    }
)
# For somebody who counts or reads, not for the conversation.
_ASIDE: Final = frozenset({TokensUsed, Shown})
# News of a connection that nobody talks over.
_BOOKKEEPING: Final = frozenset({HandleIssued, GoingAway})

# Events that may come in a state, and change nothing.
STALE: Final[Mapping[State, frozenset[type[Event]]]] = {
    State.IDLE: _LEFT_OVER | _BOOKKEEPING | _ASIDE,
    State.OPENING: _BOOKKEEPING | _ASIDE | {DeadlinePassed},
    State.LISTENING: _ASIDE | {LinkReady, Drained},
    State.ACTING: _ASIDE | {LinkReady, Drained},
    State.SPEAKING: _ASIDE | {LinkReady},
    State.FOLLOWING_UP: _ASIDE | {LinkReady, Drained, GenerationComplete},
    State.MUTED: _LEFT_OVER | _BOOKKEEPING | _ASIDE | {Woke},
}


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for the README; events that change no state are left out."""
    lines = ["stateDiagram-v2", f"    [*] --> {State.IDLE}"]
    for state, row in TRANSITIONS.items():
        ways: dict[State, list[str]] = {}
        for event, targets in row.items():
            for target in targets:
                if target is not state:
                    ways.setdefault(target, []).append(event.__name__)
        lines += [f"    {state} --> {target}: {', '.join(names)}" for target, names in ways.items()]
    return "\n".join(lines)
