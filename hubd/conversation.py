"""What the hub does next, decided from one event at a time."""

from __future__ import annotations

from typing import assert_never

from hubd import effects, events
from hubd.audio.pcm import UPLINK_RATE
from hubd.crossing import depart_if_quiet, lost, speech_without_line
from hubd.errors import LocalProtocolError
from hubd.floor import Turn
from hubd.open_calls import closed_by
from hubd.overdue import overdue
from hubd.pace import BargeIn, Pace
from hubd.parts import Parts
from hubd.patience import Awaiting
from hubd.reports import StateReport, WokeReport
from hubd.states import STALE, TRANSITIONS, State

_SILENT = frozenset({State.IDLE, State.MUTED})
_LINELESS = _SILENT | {State.OPENING}


class Conversation:
    """A person talking with the hub, from wake word to silence; one conversation after the other, for ever.

    Call step() with each event in order, and carry out the effects that it returns in order. When deadline has come,
    step(DeadlinePassed(), now). Every ``now`` is monotonic, s.
    """

    def __init__(self, pace: Pace) -> None:
        self._parts = Parts(pace)

    @property
    def state(self) -> State:
        """Where the conversation is."""
        return self._parts.state

    @property
    def deadline(self) -> float | None:
        """When DeadlinePassed is due; None for never."""
        both = self._parts.patience.deadline, self._parts.bridge.departure.deadline
        return min((deadline for deadline in both if deadline is not None), default=None)

    def step(self, event: events.Event, now: float) -> tuple[effects.Effect, ...]:
        """Return what is to be done about an event; raises LocalProtocolError for one that can't come in this state."""
        allowed = TRANSITIONS[self._parts.state].get(type(event))
        if allowed is None:
            if type(event) in STALE[self._parts.state]:
                return ()
            raise LocalProtocolError(f"{type(event).__name__} can't come while {self._parts.state}")
        target = self._decide(event, now)
        if target not in allowed:
            raise LocalProtocolError(f"{type(event).__name__} can't lead from {self._parts.state} to {target}")
        if target is not self._parts.state:
            self._enter(target, now)
        done, self._parts.effects = tuple(self._parts.effects), []
        return done

    def _decide(self, event: events.Event, now: float) -> State:  # noqa: C901, PLR0911, PLR0912 -- one case an event
        match event:
            case events.Woke():
                return self._woke(event, now)
            case events.LinkReady():
                self._parts.effects += self._parts.minutes.open(event)
                return self._parts.bridge.target()
            case events.LinkLost():
                return lost(self._parts, event)
            case events.GoingAway(time_left):
                self._parts.bridge.departure.announced(time_left, now)
                return self._parts.state
            case events.HandleIssued():
                self._parts.bridge.departure.handle_issued()
                depart_if_quiet(self._parts, now)
                return self._parts.state
            case events.SpeechBegan(position):
                return self._speech_began(position, now)
            case events.SpeechEnded(position):
                return self._speech_ended(position, now)
            case events.HeardText(text, final):
                self._parts.effects += self._parts.minutes.hear(text, final=final)
                self._parts.expect(Awaiting.ANSWER if final else Awaiting.ITS_END, now)
                self._parts.extend(now)
                return self._parts.state
            case events.SaidText(text):
                self._parts.effects += self._parts.minutes.say(text) if self._parts.floor.begin() else ()
                return self._parts.state
            case events.ModelAudio():
                return self._speech(event)
            case events.ToolsAsked():
                return self._asked(event, now)
            case events.ToolsDone():
                return self._done(event, now)
            case events.CallsCancelled(ids):
                self._parts.effects.append(effects.Abandon(ids))
                return self._parts.settled(ids, now)
            case events.Interrupted():
                self._parts.hush()
                self._parts.floor.interrupt()
                return State.LISTENING if self._parts.state is State.SPEAKING else self._parts.state
            case events.GenerationComplete():
                self._parts.floor.generated()
                if self._parts.floor.turn is Turn.GENERATED:
                    self._parts.ear.answered()
                return self._parts.sound_or_turn_ended(now)
            case events.TurnComplete(unfinished):
                self._parts.working = unfinished
                return self._turn_complete(now)
            case events.Drained(plays):
                self._parts.floor.drain(plays)
                return self._parts.sound_or_turn_ended(now)
            case events.EndAsked():
                self._parts.ending = True
                self._parts.minutes.reason = "the conversation was over"
                self._parts.extend(now)
                return self._parts.state
            case events.StopAsked():
                self._parts.hush()
                self._parts.minutes.reason = "stopped"
                return State.IDLE
            case events.MuteChanged(muted):
                return self._muted(muted=muted)
            case events.DeadlinePassed():
                return overdue(self._parts, now)
            case events.TokensUsed() | events.Shown():
                return self._parts.state
            case _:
                assert_never(event)

    def _enter(self, state: State, now: float) -> None:
        self._parts.state, before = state, self._parts.state
        self._parts.patience.forever()
        if state in _SILENT and before not in _SILENT:
            self._close()
        self._parts.effects.append(effects.Tell(StateReport(state)))
        match state:
            case State.IDLE | State.MUTED:
                pass
            case State.OPENING:
                self._parts.effects.append(effects.OpenLine(self._parts.bridge.manner))
            case State.LISTENING:
                self._parts.effects += (*self._parts.ear.open(), *self._parts.ear.close())
                self._parts.patience.renew(now)
                if self._parts.patience.awaiting is Awaiting.NUDGED:
                    self._parts.nudge()
                self._parts.expect(self._parts.patience.awaiting, now)
            case State.ACTING:
                self._parts.effects += self._parts.ear.hold() if self._parts.pace.hold_while_acting else ()
                self._parts.patience.act(now)
            case State.SPEAKING:
                self._parts.patience.awaiting = Awaiting.SPEECH
                self._parts.effects += self._parts.ear.pause(deaf=self._parts.pace.barge_in is not BargeIn.SPEECH)
            case State.FOLLOWING_UP:
                self._parts.effects += self._parts.ear.open()
                self._parts.effects += [effects.Brief(effects.Manner.ALOUD)] if self._parts.untold else []
                self._parts.untold = False
                self._parts.patience.awaiting = Awaiting.SPEECH
                self._parts.patience.renew(now)
                self._parts.extend(now)
                depart_if_quiet(self._parts, now)
            case _:
                assert_never(state)

    def _close(self) -> None:
        self._parts.effects += (*self._parts.ear.shut(), effects.CloseLine())
        self._parts.effects += self._parts.minutes.close(interrupted=self._parts.floor.running)
        self._parts.floor.turn = Turn.NONE
        self._parts.ending = self._parts.untold = self._parts.working = False
        self._parts.calls.clear()
        self._parts.bridge.begin()

    def _woke(self, woke: events.Woke, now: float) -> State:
        if self._parts.state is State.SPEAKING and self._parts.pace.barge_in is BargeIn.OFF:
            return self._parts.state
        self._parts.effects.append(effects.Tell(WokeReport(woke.model, round(woke.score, 3), woke.end_ms)))
        self._parts.ending = False
        self._parts.expect(Awaiting.SPEECH, now)
        self._parts.patience.renew(now)
        self._parts.bridge.progressed()
        if self._parts.state is State.LISTENING or (
            self._parts.state is State.OPENING and not self._parts.bridge.spoken_to()
        ):
            return self._parts.state
        self._parts.hush()
        self._parts.floor.refuse()
        self._parts.ear.woke(woke.end, woke.end + woke.end_ms * UPLINK_RATE // 1000)
        self._parts.effects += [effects.Signal(effects.Sign.WOKE)] if self._parts.pace.chime else []
        if self._parts.bridge.cut_off:
            return speech_without_line(self._parts)
        if self._parts.state is State.ACTING and self._parts.pace.hold_while_acting:
            return self._parts.state
        return State.OPENING if self._parts.state in {State.IDLE, State.OPENING} else State.LISTENING

    def _speech_began(self, position: int, now: float) -> State:
        if self._parts.state is State.SPEAKING:
            if self._parts.pace.barge_in is not BargeIn.SPEECH or not self._parts.pace.manual_activity:
                return self._parts.state
            self._parts.hush()
            self._parts.floor.refuse()
        if self._parts.state is State.OPENING:
            if self._parts.floor.sounding:
                return self._parts.state
            self._parts.bridge.spoken_to()
        self._parts.ear.speech_began(position)
        self._parts.expect(Awaiting.ITS_END, now)
        if self._parts.bridge.cut_off:
            return speech_without_line(self._parts)
        if self._parts.state in {State.OPENING, State.ACTING}:
            return self._parts.state
        if self._parts.state is State.FOLLOWING_UP and not self._parts.pace.manual_activity:
            # The server hears it as well, and knows better whether it was a cough.
            self._parts.patience.hear_out(now, calls_open=self._parts.busy)
            return self._parts.state
        self._parts.effects += self._parts.ear.open() if self._parts.state is State.LISTENING else ()
        return State.LISTENING

    def _speech_ended(self, position: int, now: float) -> State:
        if self._parts.state is State.SPEAKING and not self._parts.ear.in_activity:
            return self._parts.state
        if self._parts.ear.speech_ended(position):
            self._parts.effects += self._parts.ear.close()
            self._parts.expect(Awaiting.ANSWER, now)
            self._parts.extend(now)
        return self._parts.state

    def _speech(self, audio: events.ModelAudio) -> State:
        if self._parts.floor.turn is Turn.NONE:
            self._parts.patience.word_due = False
        if not self._parts.floor.speak():
            return self._parts.state
        self._parts.bridge.departure.turn_began()
        self._parts.effects += (*self._parts.minutes.close_utterance(), effects.Play(audio.pcm, audio.rate))
        self._parts.patience.forever()
        return State.SPEAKING

    def _asked(self, asked: events.ToolsAsked, now: float) -> State:
        self._parts.floor.begin()
        self._parts.ear.answered()
        self._parts.bridge.departure.turn_began()
        self._parts.effects += self._parts.minutes.close_utterance()
        self._parts.effects.append(effects.Act(asked.calls))
        self._parts.calls.ask(asked.calls)
        if self._parts.state is State.SPEAKING:
            return self._parts.state
        if self._parts.calls.waiting:
            return State.ACTING
        self._parts.expect(Awaiting.ANSWER, now)
        return State.LISTENING

    def _done(self, done: events.ToolsDone, now: float) -> State:
        self._parts.effects.append(effects.Respond(done.answers))
        self._parts.bridge.departure.turn_began()
        self._parts.patience.word_due |= any(each.scheduling is not events.Scheduling.SILENT for each in done.answers)
        if self._parts.bridge.crossed or self._parts.calls.strange(done.answers):
            if self._parts.state is State.SPEAKING:
                self._parts.untold = True
            elif self._parts.state not in _LINELESS:
                self._parts.effects.append(
                    effects.Brief(self._parts.bridge.manner_of(done.answers, self._parts.pace.blocking))
                )
        return self._parts.settled(closed_by(done.answers), now)

    def _turn_complete(self, now: float) -> State:
        # The end of no turn is an echo of the one that was cut, unless it is all the answer that the person gets.
        echo = self._parts.floor.turn is Turn.NONE and self._parts.patience.awaiting is Awaiting.SPEECH
        own_end = self._parts.floor.complete()
        if own_end and not echo:
            self._parts.answered(now)
        self._parts.effects += self._parts.minutes.close_turn(interrupted=not own_end)
        if self._parts.state is State.SPEAKING:
            return self._parts.sound_or_turn_ended(now)
        return (
            self._parts.after_answer()
            if own_end and self._parts.state is State.LISTENING and not echo
            else self._parts.state
        )

    def _muted(self, *, muted: bool) -> State:
        if not muted:
            return State.IDLE if self._parts.state is State.MUTED else self._parts.state
        self._parts.hush()
        self._parts.minutes.reason = "the microphone was muted"
        return State.MUTED
