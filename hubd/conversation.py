"""What the hub does next, decided from one event at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from hubd import announcing, effects, events
from hubd.audio.pcm import UPLINK_RATE
from hubd.crossing import depart_if_quiet, lost, speech_without_line
from hubd.floor import Turn
from hubd.leaving import muted, stopped
from hubd.open_calls import closed_by
from hubd.overdue import overdue
from hubd.pace import BargeIn
from hubd.parts import Ahead, Parts
from hubd.patience import Awaiting
from hubd.reports import StateReport, WokeReport
from hubd.states import STALE, TRANSITIONS, State
from hubd.transitions import Table
from hubd.wishes import Announced, AskAsked, ListenAsked, SayAsked, Told, WishStatus

_TABLE: Table[State, events.Event] = Table(TRANSITIONS, STALE)
# Nobody says a request, is heard out, and understood within so short a time, s.
_UNDERSTOOD = 2.0
_SILENT = frozenset({State.IDLE, State.MUTED})
_LINELESS = _SILENT | {State.OPENING}


class Conversation(Parts):
    """A person talking with the hub, from wake word to silence; one conversation after the other, for ever.

    Call step() with each event in order, and carry out the effects that it returns in order. When deadline has come,
    step(DeadlinePassed(), now). Every ``now`` is monotonic, s.
    """

    @property
    def deadline(self) -> float | None:
        """When DeadlinePassed is due; None for never."""
        both = self.patience.deadline, self.bridge.departure.deadline
        return min((deadline for deadline in both if deadline is not None), default=None)

    def step(self, event: events.Event, now: float) -> tuple[effects.Effect, ...]:
        """Return what is to be done about an event; raises LocalProtocolError for one that can't come in this state."""
        target = _TABLE.target(self.state, event, lambda: self._decide(event, now))
        if target is None:
            return ()
        if target is not self.state:
            self._enter(target, now)
        announcing.answered(self)
        done, self.effects = tuple(self.effects), []
        return done

    def _decide(self, event: events.Event, now: float) -> State:  # noqa: C901, PLR0911, PLR0912 -- one case an event
        match event:
            case events.Woke():
                return self._woke(event, now)
            case events.LinkReady():
                self.effects += (*self.minutes.open(event), *self.notices.opened())
                return self.bridge.target()
            case events.LinkLost():
                state = lost(self, event)
                return announcing.proceed(self, now) if state is State.FOLLOWING_UP else state
            case events.GoingAway(time_left):
                self.bridge.departure.announced(time_left, now)
                return self.state
            case events.HandleIssued():
                self.bridge.departure.handle_issued()
                depart_if_quiet(self, now)
                return self.state
            case events.SpeechBegan(position):
                return self._speech_began(position, now)
            case events.SpeechEnded(position):
                return self._speech_ended(position, now)
            case events.HeardText(text, final):
                self.effects += self.minutes.hear(text, final=final)
                self.expect(Awaiting.ANSWER if final else Awaiting.ITS_END, now)
                self.extend(now)
                return self.state
            case events.SaidText(text):
                self.hear_word()
                self.effects += self.minutes.say(text) if self.floor.begin() else ()
                return self.state
            case events.ModelAudio():
                return self._speech(event)
            case events.ToolsAsked():
                return self._asked(event, now)
            case events.ToolsDone():
                return self._done(event, now)
            case events.CallsCancelled(ids):
                self.effects.append(effects.Abandon(ids))
                if self.calls.crossed(ids):
                    self._tell(())
                return self.settled(ids, now)
            case events.Interrupted():
                self.hush()
                self.floor.interrupt()
                return State.LISTENING if self.state is State.SPEAKING else self.state
            case events.GenerationComplete():
                self.floor.generated()
                if self.floor.turn is Turn.GENERATED:
                    self.ear.answered()
                return self.sound_or_turn_ended(now)
            case events.TurnComplete(following):
                works_on = following is events.Next.MODEL
                self.ahead = self.ahead | Ahead.TURN if works_on else self.ahead & ~Ahead.TURN
                return self._turn_complete(now)
            case events.Drained(plays):
                self.floor.drain(plays)
                return self.sound_or_turn_ended(now)
            case events.EndAsked():
                self.ahead |= Ahead.END
                self.minutes.reason = "the conversation was over"
                self.extend(now)
                return self.state
            case events.StopAsked():
                return stopped(self)
            case events.MuteChanged(is_muted):
                return muted(self, muted=is_muted)
            case Told() | SayAsked() | AskAsked() | ListenAsked() | Announced():
                return announcing.wished(self, event, now)
            case events.DeadlinePassed():
                return overdue(self, now)
            case events.TokensUsed() | events.Shown():
                return self.state
            case _:
                assert_never(event)

    def _enter(self, state: State, now: float) -> None:
        self.state, before = state, self.state
        self.patience.forever()
        if state in _SILENT and before not in _SILENT:
            self._close()
        self.effects.append(effects.Tell(StateReport(state)))
        match state:
            case State.IDLE | State.MUTED:
                self.notices.take_back()
                announcing.proceed(self, now)
            case State.OPENING:
                self.effects.append(effects.OpenLine(self.bridge.manner))
            case State.LISTENING:
                self.effects += (*self.ear.open(), *self.ear.close())
                self.patience.renew(now)
                if self.patience.awaiting is Awaiting.NUDGED:
                    self.nudge()
                self.expect(self.patience.awaiting, now)
            case State.ACTING:
                self.effects += self.ear.hold() if self.pace.hold_while_acting else ()
                self.patience.act(now)
            case State.SPEAKING:
                self.patience.awaiting = Awaiting.SPEECH
                self.effects += self.ear.pause(deaf=self.pace.barge_in is not BargeIn.SPEECH)
            case State.FOLLOWING_UP:
                self.effects += self.ear.open()
                self.patience.awaiting = Awaiting.SPEECH
                self.patience.renew(now)
                self.extend(now)
                if Ahead.NEWS in self.ahead:
                    self.effects.append(effects.Brief(effects.Manner.ALOUD))
                    self.ahead &= ~Ahead.NEWS
                else:
                    announcing.proceed(self, now)
                depart_if_quiet(self, now)
            case _:
                assert_never(state)

    def _close(self) -> None:
        reason = self.minutes.reason
        self.effects += (*self.ear.shut(), effects.CloseLine())
        self.effects += self.minutes.close(interrupted=self.floor.running)
        announcing.answered(self)
        self.effects += self.notices.closed(WishStatus.FAILED, reason)
        self.floor.turn = Turn.NONE
        self.ahead = Ahead.NOTHING
        self.patience.first_word = None
        self.calls.clear()
        self.bridge.begin()

    def _woke(self, woke: events.Woke, now: float) -> State:
        self.effects.append(effects.Quiet())
        if self.state is State.SPEAKING and self.pace.barge_in is BargeIn.OFF:
            return self.state
        self.effects.append(effects.Tell(WokeReport(woke.model, round(woke.score, 3), woke.end_ms)))
        self.ahead &= ~Ahead.END
        self.expect(Awaiting.SPEECH, now)
        self.patience.renew(now)
        self.bridge.progressed()
        covered = self.ear.covered
        self.effects += self.notices.cut()
        opening = self.state is State.OPENING and not self.bridge.spoken_to()
        if opening or (self.state is State.LISTENING and not covered):
            self.effects += self.ear.uncover()
            return self.state
        self.hush()
        self.floor.refuse()
        self.ear.woke(woke.end, woke.end + woke.end_ms * UPLINK_RATE // 1000)
        self.effects += self.ear.uncover()
        self.effects += [effects.Signal(effects.Sign.WOKE)] if self.pace.chime else []
        if self.bridge.cut_off:
            return speech_without_line(self)
        if self.state is State.ACTING and self.pace.hold_while_acting:
            return self.state
        return State.OPENING if self.state in {State.IDLE, State.OPENING} else State.LISTENING

    def _speech_began(self, position: int, now: float) -> State:
        if self.state is State.SPEAKING and not self.ear.covered:
            if self.pace.barge_in is not BargeIn.SPEECH or not self.pace.manual_activity:
                return self.state
            self.hush()
            self.floor.refuse()
        if self.ear.covered or (self.state is State.OPENING and self.floor.sounding):
            return self.state
        if self.state is State.OPENING:
            self.bridge.spoken_to()
        self.ear.speech_began(position)
        self.spoke_at = now
        self.expect(Awaiting.ITS_END, now)
        if self.bridge.cut_off:
            return speech_without_line(self)
        if self.state in {State.OPENING, State.ACTING}:
            return self.state
        if self.state is State.FOLLOWING_UP and not self.pace.manual_activity:
            # The server hears it as well, and knows better whether it was a cough.
            self.patience.hear_out(now, calls_open=self.busy)
            return self.state
        self.effects += self.ear.open() if self.state is State.LISTENING else ()
        return State.LISTENING

    def _speech_ended(self, position: int, now: float) -> State:
        if (self.state is State.SPEAKING or self.ear.covered) and not self.ear.in_activity:
            return self.state
        if self.ear.speech_ended(position):
            self.effects += self.ear.close()
            self.expect(Awaiting.ANSWER, now)
            self.extend(now)
        return self.state

    def _speech(self, audio: events.ModelAudio) -> State:
        self.hear_word()
        if not self.floor.speak():
            return self.state
        self.bridge.departure.turn_began()
        self.effects += (*self.minutes.close_utterance(), effects.Play(audio.pcm, audio.rate))
        self.patience.forever()
        self.patience.awaiting = Awaiting.SPEECH
        self.notices.told()
        return State.SPEAKING

    def _asked(self, asked: events.ToolsAsked, now: float) -> State:
        self.floor.begin()
        self.ear.called(just_began=now - self.spoke_at < _UNDERSTOOD)
        self.bridge.departure.turn_began()
        self.effects += self.minutes.close_utterance()
        self.effects.append(effects.Act(asked.calls))
        self.calls.ask(asked.calls)
        if self.state is State.SPEAKING:
            return self.state
        if self.calls.waiting:
            return State.ACTING
        self.expect(Awaiting.ANSWER, now)
        return State.LISTENING

    def _done(self, done: events.ToolsDone, now: float) -> State:
        self.effects.append(effects.Respond(done.answers))
        self.bridge.departure.turn_began()
        if any(each.scheduling is not events.Scheduling.SILENT for each in done.answers):
            self.ahead |= Ahead.WORD
        if self.calls.strange(done.answers):
            self._tell(done.answers)
        return self.settled(closed_by(done.answers), now)

    def _tell(self, answers: Sequence[events.Answer]) -> None:
        """Have the model told what no call of the connection waits for, in the next pause if it speaks."""
        if self.state is State.SPEAKING:
            self.ahead |= Ahead.NEWS
        elif self.state not in _LINELESS:
            self.effects.append(effects.Brief(self.bridge.manner_of(answers, self.pace.blocking)))

    def _turn_complete(self, now: float) -> State:
        # The end of no turn is an echo of the one that was cut, unless it is all the answer that the person gets.
        echo = self.floor.turn is Turn.NONE and self.patience.awaiting is Awaiting.SPEECH
        own_end = self.floor.complete()
        if own_end and not echo:
            self.answered(now)
        self.effects += self.minutes.close_turn(interrupted=not own_end)
        if self.state is State.SPEAKING:
            return self.sound_or_turn_ended(now)
        return self.after_answer() if own_end and self.state is State.LISTENING and not echo else self.state
