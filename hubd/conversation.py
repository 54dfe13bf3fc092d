"""What the hub does next, decided from one event at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from hubd import effects, events
from hubd.audio.pcm import UPLINK_RATE
from hubd.ear import Ear
from hubd.errors import LocalProtocolError
from hubd.floor import Floor, Turn
from hubd.minutes import Minutes
from hubd.open_calls import OpenCalls, closed_by
from hubd.pace import BargeIn, Pace
from hubd.patience import Awaiting, Patience
from hubd.reports import StateReport, WokeReport
from hubd.states import STALE, TRANSITIONS, State

_SILENT = frozenset({State.IDLE, State.MUTED})


class Conversation:
    """A person talking with the hub, from wake word to silence; one conversation after the other, for ever.

    Call step() with each event in order, and carry out the effects that it returns in order. When deadline has come,
    step(DeadlinePassed(), now). Every ``now`` is monotonic, s.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.state = State.IDLE
        self._effects: list[effects.Effect] = []
        self._minutes = Minutes()
        self._floor = Floor()
        self._patience = Patience(pace)
        self._ear = Ear(manual=pace.manual_activity)
        self._calls = OpenCalls(pace.blocking)
        self._ending = False

    @property
    def deadline(self) -> float | None:
        """When DeadlinePassed is due; None for never."""
        return self._patience.deadline

    def step(self, event: events.Event, now: float) -> tuple[effects.Effect, ...]:
        """Return what is to be done about an event; raises LocalProtocolError for one that can't come in this state."""
        allowed = TRANSITIONS[self.state].get(type(event))
        if allowed is None:
            if type(event) in STALE[self.state]:
                return ()
            raise LocalProtocolError(f"{type(event).__name__} can't come while {self.state}")
        target = self._decide(event, now)
        if target not in allowed:
            raise LocalProtocolError(f"{type(event).__name__} can't lead from {self.state} to {target}")
        if target is not self.state:
            self._enter(target, now)
        done, self._effects = tuple(self._effects), []
        return done

    def _decide(self, event: events.Event, now: float) -> State:  # noqa: C901, PLR0911, PLR0912 -- one case an event
        match event:
            case events.Woke():
                return self._woke(event, now)
            case events.LinkReady():
                self._effects += self._minutes.open(event)
                return State.LISTENING
            case events.LinkLost():
                self._effects += self._minutes.lose(event)
                self._effects += [effects.Signal(effects.Sign.FAILED)] if self.state is not State.FOLLOWING_UP else []
                return State.IDLE
            case events.SpeechBegan(position):
                return self._speech_began(position, now)
            case events.SpeechEnded(position):
                return self._speech_ended(position, now)
            case events.HeardText(text, final):
                self._effects += self._minutes.hear(text, final=final)
                self._expect(Awaiting.ANSWER if final else Awaiting.ITS_END, now)
                self._extend(now)
                return self.state
            case events.SaidText(text):
                self._effects += self._minutes.say(text) if self._floor.begin() else ()
                return self.state
            case events.ModelAudio():
                return self._speech(event)
            case events.ToolsAsked():
                return self._asked(event, now)
            case events.ToolsDone():
                return self._done(event, now)
            case events.CallsCancelled(ids):
                self._effects.append(effects.Abandon(ids))
                return self._settled(self._calls.take_back(ids), now)
            case events.Interrupted():
                self._hush()
                self._floor.interrupt()
                return State.LISTENING if self.state is State.SPEAKING else self.state
            case events.GenerationComplete():
                self._floor.generated()
                return self._sound_or_turn_ended(now)
            case events.TurnComplete():
                return self._turn_complete(now)
            case events.Drained(plays):
                self._floor.drain(plays)
                return self._sound_or_turn_ended(now)
            case events.EndAsked():
                self._ending = True
                self._minutes.reason = "the conversation was over"
                self._extend(now)
                return self.state
            case events.StopAsked():
                self._hush()
                self._minutes.reason = "stopped"
                return State.IDLE
            case events.MuteChanged(muted):
                return self._muted(muted=muted)
            case events.DeadlinePassed():
                return self._overdue(now)
            case events.HandleIssued() | events.GoingAway() | events.TokensUsed() | events.Shown():
                return self.state
            case _:
                assert_never(event)

    def _enter(self, state: State, now: float) -> None:
        self.state, before = state, self.state
        self._patience.forever()
        if state in _SILENT and before not in _SILENT:
            self._close()
        self._effects.append(effects.Tell(StateReport(state)))
        match state:
            case State.IDLE | State.MUTED:
                pass
            case State.OPENING:
                self._effects.append(effects.OpenLine())
            case State.LISTENING:
                self._effects += (*self._ear.open(), *self._ear.close())
                self._expect(self._patience.awaiting, now)
            case State.ACTING:
                self._patience.act(now)
            case State.SPEAKING:
                self._patience.awaiting = Awaiting.SPEECH
                self._effects += self._ear.pause(deaf=self._pace.barge_in is not BargeIn.SPEECH)
            case State.FOLLOWING_UP:
                self._effects += self._ear.open()
                self._patience.awaiting = Awaiting.SPEECH
                self._extend(now)
            case _:
                assert_never(state)

    def _close(self) -> None:
        self._effects += (*self._ear.shut(), effects.CloseLine())
        self._effects += self._minutes.close(interrupted=self._floor.running)
        self._floor.turn = Turn.NONE
        self._ending = False
        self._calls.clear()

    def _woke(self, woke: events.Woke, now: float) -> State:
        if self.state is State.SPEAKING and self._pace.barge_in is BargeIn.OFF:
            return self.state
        self._effects.append(effects.Tell(WokeReport(woke.model, round(woke.score, 3), woke.end_ms)))
        self._ending = False
        self._expect(Awaiting.SPEECH, now)
        if self.state is State.LISTENING:
            return self.state
        self._hush()
        self._floor.refuse()
        self._ear.woke(woke.end, woke.end + woke.end_ms * UPLINK_RATE // 1000)
        self._effects += [effects.Signal(effects.Sign.WOKE)] if self._pace.chime else []
        return State.OPENING if self.state is State.IDLE else State.LISTENING

    def _speech_began(self, position: int, now: float) -> State:
        if self.state is State.SPEAKING:
            if self._pace.barge_in is not BargeIn.SPEECH or not self._pace.manual_activity:
                return self.state
            self._hush()
            self._floor.refuse()
        self._ear.speech_began(position)
        self._expect(Awaiting.ITS_END, now)
        if self.state in {State.OPENING, State.ACTING}:
            return self.state
        if self.state is State.FOLLOWING_UP and not self._pace.manual_activity:
            # The server hears it as well, and knows better whether it was a cough.
            self._patience.hear_out(now, calls_open=bool(self._calls))
            return self.state
        self._effects += self._ear.open() if self.state is State.LISTENING else ()
        return State.LISTENING

    def _speech_ended(self, position: int, now: float) -> State:
        if self.state is State.SPEAKING and not self._ear.in_activity:
            return self.state
        if self._ear.speech_ended(position):
            self._effects += self._ear.close()
            self._expect(Awaiting.ANSWER, now)
            self._extend(now)
        return self.state

    def _speech(self, audio: events.ModelAudio) -> State:
        if not self._floor.speak():
            return self.state
        self._effects += (*self._minutes.close_utterance(), effects.Play(audio.pcm, audio.rate))
        self._patience.forever()
        return State.SPEAKING

    def _asked(self, asked: events.ToolsAsked, now: float) -> State:
        self._floor.begin()
        self._effects += self._minutes.close_utterance()
        self._effects.append(effects.Act(asked.calls))
        self._calls.ask(asked.calls)
        if self.state is State.SPEAKING:
            return self.state
        if self._calls.waiting:
            return State.ACTING
        self._expect(Awaiting.ANSWER, now)
        return State.LISTENING

    def _done(self, done: events.ToolsDone, now: float) -> State:
        answers = self._calls.take(done.answers)
        self._effects += [effects.Respond(answers)] if answers else []
        return self._settled(closed_by(answers), now)

    def _settled(self, ids: Iterable[str], now: float) -> State:
        """Close calls; return the state that follows."""
        self._calls.close(ids)
        self._extend(now)
        if self.state is State.ACTING and not self._calls.waiting:
            self._patience.awaiting = Awaiting.ANSWER
            return State.LISTENING
        return self.state

    def _turn_complete(self, now: float) -> State:
        # The end of no turn is an echo of the one that was cut, unless it is all the answer that the person gets.
        echo = self._floor.turn is Turn.NONE and self._patience.awaiting is Awaiting.SPEECH
        own_end = self._floor.complete()
        self._effects += self._minutes.close_turn(interrupted=not own_end)
        if self.state is State.SPEAKING:
            return self._sound_or_turn_ended(now)
        return self._after_answer() if own_end and self.state is State.LISTENING and not echo else self.state

    def _sound_or_turn_ended(self, now: float) -> State:
        if self.state is not State.SPEAKING or self._floor.sounding:
            return self.state
        if self._floor.turn is Turn.NONE:
            return self._after_answer()
        self._patience.speak(now, generated=self._floor.turn is Turn.GENERATED)
        return self.state

    def _after_answer(self) -> State:
        if self._ear.in_activity:
            return State.LISTENING
        if not self._calls and (self._ending or not self._pace.follow_up):
            self._minutes.reason = "the conversation was over"
            return State.IDLE
        return State.FOLLOWING_UP

    def _muted(self, *, muted: bool) -> State:
        if not muted:
            return State.IDLE if self.state is State.MUTED else self.state
        self._hush()
        self._minutes.reason = "the microphone was muted"
        return State.MUTED

    def _overdue(self, now: float) -> State:
        """Return the state that follows a deadline (``design.md`` 5, turn watchdog)."""
        if self.state is State.FOLLOWING_UP:
            self._minutes.reason = self._minutes.reason or "nobody said more"
            return State.IDLE
        if self.state is State.ACTING:
            self._patience.awaiting = Awaiting.ANSWER
            return State.LISTENING
        if self._floor.running:
            self._floor.complete()
            self._expect(self._patience.awaiting, now)
            return self._after_answer()
        match self._patience.awaiting:
            case Awaiting.SPEECH if not self._ear.in_activity:
                self._minutes.reason = "nobody spoke"
                return State.IDLE
            case Awaiting.SPEECH | Awaiting.ITS_END | Awaiting.ANSWER:
                self._ear.nudged()
                self._effects.append(effects.Nudge())
                self._expect(Awaiting.NUDGED, now)
                return self.state
            case Awaiting.NUDGED:
                self._effects.append(effects.Signal(effects.Sign.FAILED))
                self._minutes.reason = "the server did not answer"
                return State.IDLE
            case _:
                assert_never(self._patience.awaiting)

    def _expect(self, awaiting: Awaiting, now: float) -> None:
        self._patience.awaiting = awaiting
        if self.state is State.LISTENING:
            self._patience.listen(now, turn_running=self._floor.running)

    def _extend(self, now: float) -> None:
        if self.state is State.FOLLOWING_UP:
            self._patience.follow_up(now, calls_open=bool(self._calls), ending=self._ending)

    def _hush(self) -> None:
        self._effects += self._minutes.cut() if self._floor.sounding else ()
        self._floor.hush()
