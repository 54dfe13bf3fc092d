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

__all__ = ["STALE", "TRANSITIONS", "State"]

# Where several states are named, the conversation's other facts choose: whether the turn is over, what still plays,
# which calls are open. The first one is the usual.
TRANSITIONS: Final[Mapping[State, Mapping[type[Event], tuple[State, ...]]]] = {
    State.IDLE: {
        Woke: (State.OPENING,),
        MuteChanged: (State.MUTED, State.IDLE),
    },
    State.OPENING: {
        LinkReady: (State.LISTENING,),
        LinkLost: (State.IDLE,),
        SpeechBegan: (State.OPENING,),
        SpeechEnded: (State.OPENING,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.OPENING),
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
        DeadlinePassed: (State.IDLE, State.LISTENING, State.FOLLOWING_UP),
        LinkLost: (State.IDLE,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.LISTENING),
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
        DeadlinePassed: (State.LISTENING,),
        LinkLost: (State.IDLE,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.ACTING),
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
        DeadlinePassed: (State.FOLLOWING_UP, State.LISTENING, State.IDLE),
        LinkLost: (State.IDLE,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.SPEAKING),
    },
    State.FOLLOWING_UP: {
        SpeechBegan: (State.LISTENING, State.FOLLOWING_UP),
        SpeechEnded: (State.FOLLOWING_UP,),
        Woke: (State.LISTENING,),
        HeardText: (State.FOLLOWING_UP,),
        ModelAudio: (State.SPEAKING,),
        ToolsAsked: (State.LISTENING, State.ACTING),
        SaidText: (State.FOLLOWING_UP,),
        ToolsDone: (State.FOLLOWING_UP,),
        CallsCancelled: (State.FOLLOWING_UP,),
        EndAsked: (State.FOLLOWING_UP,),
        Interrupted: (State.FOLLOWING_UP,),
        TurnComplete: (State.FOLLOWING_UP,),
        DeadlinePassed: (State.IDLE, State.FOLLOWING_UP),
        LinkLost: (State.IDLE,),
        StopAsked: (State.IDLE,),
        MuteChanged: (State.MUTED, State.FOLLOWING_UP),
    },
    State.MUTED: {
        MuteChanged: (State.IDLE, State.MUTED),
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
        ToolsDone,
        EndAsked,
        Drained,
        DeadlinePassed,
        StopAsked,
        SpeechBegan,
        SpeechEnded,
    }
)
# For the keeper of the handle, or for somebody who reads; not for the conversation.
_BOOKKEEPING: Final = frozenset({HandleIssued, GoingAway, TokensUsed, Shown})

# Events that may come in a state, and change nothing.
STALE: Final[Mapping[State, frozenset[type[Event]]]] = {
    State.IDLE: _LEFT_OVER | _BOOKKEEPING,
    State.OPENING: _BOOKKEEPING | {Woke, Drained, DeadlinePassed, ToolsDone, EndAsked},
    State.LISTENING: _BOOKKEEPING | {LinkReady, Drained},
    State.ACTING: _BOOKKEEPING | {LinkReady, Drained, Woke},
    State.SPEAKING: _BOOKKEEPING | {LinkReady},
    State.FOLLOWING_UP: _BOOKKEEPING | {LinkReady, Drained, GenerationComplete},
    State.MUTED: _LEFT_OVER | _BOOKKEEPING | {Woke},
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
