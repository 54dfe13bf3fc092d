"""A conversation as a script: events in, effects out, with the time in hand."""

from __future__ import annotations

from typing import TypeVar

from hubd import effects, events
from hubd.conversation import Conversation
from hubd.pace import Pace
from hubd.reports import Report
from hubd.states import State

LAMP = events.Call("c1", "set_light")
LOCK = events.Call("c2", "lock_door")
FAREWELL = events.Call("c3", "end_conversation")

READY = events.LinkReady(events.Backend.GEMINI, resumed=False)
LOST = events.LinkLost(events.Backend.GEMINI, "gone")
AUDIO = events.ModelAudio(b"\1\0" * 240, 24_000)
PLAY = effects.Play(AUDIO.pcm, AUDIO.rate)

_R = TypeVar("_R", bound=Report)

# 720 ms is the age that the wake word's gate gives to a word's end.
WOKEN_AT = 20_000
WOKE = events.Woke("hey_jarvis", 0.9, end=WOKEN_AT - 720 * 16, end_ms=720)


def answer(call: events.Call, scheduling: events.Scheduling = events.Scheduling.SILENT) -> events.Answer:
    """Return the answer that a call was carried out."""
    return events.Answer(call, events.CallStatus.DONE, scheduling, {"status": "done"})


def done(call: events.Call, scheduling: events.Scheduling = events.Scheduling.SILENT) -> events.ToolsDone:
    """Return the event that a call was carried out."""
    return events.ToolsDone((answer(call, scheduling),))


class Talk:
    """A conversation with its clock; lock_door is its one blocking function."""

    def __init__(self, pace: Pace | None = None) -> None:
        self.conversation = Conversation(pace or Pace(blocking={"lock_door"}))
        self.now = 100.0
        self.plays = 0
        self.all: list[effects.Effect] = []

    def where(self) -> State:
        """Return the conversation's state."""
        return self.conversation.state

    @property
    def patience(self) -> float | None:
        """How many seconds are left until the deadline."""
        return None if self.conversation.deadline is None else round(self.conversation.deadline - self.now, 6)

    def hear(self, *happened: events.Event) -> list[effects.Effect]:
        """Take events one after the other; return what is to be done about them, but for reports and quiet."""
        follow: list[effects.Effect] = []
        for event in happened:
            follow += self.conversation.step(event, self.now)
        self.plays += sum(isinstance(effect, effects.Play) for effect in follow)
        self.all += follow
        return [effect for effect in follow if not isinstance(effect, effects.Tell | effects.Quiet)]

    def played(self) -> list[effects.Effect]:
        """Let the speaker play all that it was given."""
        return self.hear(events.Drained(self.plays))

    def waits(self) -> list[effects.Effect]:
        """Let the time pass up to the deadline."""
        assert self.conversation.deadline is not None
        self.now = self.conversation.deadline
        return self.hear(events.DeadlinePassed())

    def told(self, kind: type[_R]) -> list[_R]:
        """Return the reports of one kind so far."""
        return [tell.report for tell in self.all if isinstance(tell, effects.Tell) and isinstance(tell.report, kind)]


def listening(pace: Pace | None = None) -> Talk:
    """Return a conversation that was woken and is connected."""
    talk = Talk(pace)
    talk.hear(WOKE, READY)
    return talk


def speaking(pace: Pace | None = None) -> Talk:
    """Return a conversation in which the person has spoken and the model speaks."""
    talk = listening(pace)
    talk.hear(events.SpeechEnded(30_000), events.HeardText("What time is it?", final=True), AUDIO)
    return talk


def following_up(pace: Pace | None = None) -> Talk:
    """Return a conversation in which the model has said all that it had to say."""
    talk = speaking(pace)
    talk.hear(events.GenerationComplete(), events.TurnComplete())
    talk.played()
    return talk


def acting(pace: Pace | None = None) -> Talk:
    """Return a conversation that waits for the lock."""
    talk = listening(pace)
    talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LOCK,)))
    return talk


def opening(pace: Pace | None = None) -> Talk:
    """Return a conversation that was woken and is not connected yet."""
    talk = Talk(pace)
    talk.hear(WOKE)
    return talk


def muted(pace: Pace | None = None) -> Talk:
    """Return a hub whose microphone is muted."""
    talk = Talk(pace)
    talk.hear(events.MuteChanged(muted=True))
    return talk


IN_STATE = {
    State.IDLE: Talk,
    State.OPENING: opening,
    State.LISTENING: listening,
    State.ACTING: acting,
    State.SPEAKING: speaking,
    State.FOLLOWING_UP: following_up,
    State.MUTED: muted,
}
