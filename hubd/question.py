"""One typed request, decided from one event at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, assert_never

from hubd import effects, events
from hubd.audio.pcm import milliseconds_of
from hubd.errors import LocalProtocolError
from hubd.events import AnswerKind, Backend, CallStatus, Scheduling
from hubd.exhibits import Exhibit, Program, ProgramResult, Source, Sources
from hubd.minutes import Minutes
from hubd.question_states import ENDS, STALE, TRANSITIONS, State
from hubd.reports import HeardReport, Showing, ShownReport
from hubd.transitions import Table

_TABLE: Final[Table[State, events.Event]] = Table(TRANSITIONS, STALE)
# How long after its outcome, or an empty turn, the model may begin to speak, s. The offline server does so at once.
LINGER: Final[Mapping[Backend, float]] = {Backend.OFFLINE: 1.0, Backend.GEMINI: 4.0}
# The end of the turn comes when the speech is assumed to be played; some never comes (``live-protocol.md`` 13, 28), s.
_LATE_END: Final = 5.0


@dataclass(frozen=True, slots=True)
class SayText:
    """Say text as the person's input."""

    text: str


Effect = SayText | effects.Act | effects.Abandon | effects.Respond | effects.Tell


class _Word(Enum):
    """What the model has to say about an outcome: nothing, a word that is still to come, one that may have come."""

    NONE = auto()
    DUE = auto()
    SAID = auto()


@dataclass(slots=True)
class _Outcome:
    """An outcome that the model was told about in a turn."""

    message: str
    turn: int
    word: _Word


class Question:
    """A request from its session's opening to the last word of the answer; used once.

    Call step() with each event in order, and carry out the effects that it returns in order, until ended. When deadline
    has come, step(DeadlinePassed(), now). Every ``now`` is monotonic, s.

    text: what the person typed. patience: s from now until it counts as not answered. blocking: the functions for whose
    outcome the model's turn waits.
    """

    def __init__(self, text: str, now: float, *, patience: float, blocking: Collection[str] = ()) -> None:
        self._text = text
        self._patience = patience
        self._blocking = blocking
        self.state = State.OPENING
        self.failure = ""
        self._effects: list[Effect] = []
        self._minutes = Minutes()
        self._open: set[str] = set()
        self._outcomes: list[_Outcome] = []
        self._asides: list[str] = []
        self._sources: dict[Source, None] = {}
        self._turn = 0
        self._content = False
        self._backend = Backend.GEMINI
        self._overall = now + patience
        self._soon: float | None = None
        self._played = 0.0

    @property
    def deadline(self) -> float:
        """When DeadlinePassed is due."""
        return self._overall if self._soon is None else min(self._soon, self._overall)

    @property
    def ended(self) -> bool:
        """Whether it is over: answered, or failed with the reason in failure."""
        return self.state in ENDS

    def step(self, event: events.Event, now: float) -> tuple[Effect, ...]:
        """Return what is to be done about an event; raises LocalProtocolError for one that can't come in this state."""
        target = _TABLE.target(self.state, event, lambda: self._decide(event, now))
        if target is None:
            return ()
        self.state = target
        if self.ended:
            self._close()
        done, self._effects = tuple(self._effects), []
        return done

    def _decide(self, event: events.Event, now: float) -> State:  # noqa: C901, PLR0911, PLR0912 -- one case an event
        match event:
            case events.LinkReady():
                self._backend = event.backend
                self._effects += self._minutes.open(event)
                self._effects += [effects.Tell(HeardReport(self._text, final=True)), SayText(self._text)]
                return State.ASKED
            case events.LinkLost():
                return self._lost(event)
            case events.SaidText(text):
                self._effects += self._minutes.say(text)
                self._content |= bool(text.strip())
                return self._reacted()
            case events.ModelAudio(pcm, rate):
                self._played = max(self._played, now) + milliseconds_of(len(pcm), rate) / 1000
                return self._went_on()
            case events.Shown(what):
                self._show(what)
                return self._went_on()
            case events.ToolsAsked(calls):
                self._effects.append(effects.Act(calls))
                self._open |= {call.id for call in calls}
                return self._reacted()
            case events.ToolsDone(answers):
                return self._done(answers, now)
            case events.CallsCancelled(ids):
                self._effects.append(effects.Abandon(ids))
                self._open -= set(ids)
                return State.ASKED if self.state is State.ASKED else self._after_turn(now)
            case events.Interrupted():
                self._effects += self._minutes.close_turn(interrupted=True)
                self._soon = None
                return State.ASKED
            case events.GenerationComplete():
                self._soon = max(self._played, now) + _LATE_END
                return State.ASKED
            case events.TurnComplete(following):
                return self._turn_over(now, following)
            case events.DeadlinePassed():
                return self._overdue(now)
            case _:
                raise LocalProtocolError(f"{type(event).__name__} is none of a typed request's business")

    def _reacted(self) -> State:
        """Note that the model's turn runs, with what may be about the outcomes that it heard before."""
        for outcome in self._outcomes:
            outcome.word = _Word.SAID if outcome.word is _Word.DUE else outcome.word
        self._outcomes = [each for each in self._outcomes if each.word is _Word.NONE or each.turn >= self._turn]
        return self._went_on()

    def _went_on(self) -> State:
        """Note that the model's turn runs."""
        self._soon = None
        return State.ASKED

    def _done(self, answers: tuple[events.Answer, ...], now: float) -> State:
        for answer in answers:
            if answer.kind is not AnswerKind.FIRST:
                self._open.discard(answer.call.id)
                self._note(answer)
        if self.state is State.STRANDED:
            return State.STRANDED if self._open else State.FAILED
        self._effects.append(effects.Respond(answers))
        return State.ASKED if self.state is State.ASKED else self._after_turn(now)

    def _note(self, answer: events.Answer) -> None:
        """Keep an outcome until the model has said something about it, or to the end if it is told to be silent."""
        silent, message = answer.scheduling is Scheduling.SILENT, str(answer.response.get("message", ""))
        if answer.status in {CallStatus.DUPLICATE, CallStatus.CANCELLED}:
            return
        if silent and "device" not in answer.response:
            # About the conversation itself: of interest only where there is nothing else to tell.
            self._asides.append(message)
            return
        # While a turn runs that does not wait for the outcome, the word about it comes in a turn of its own
        # (``live-protocol.md`` 8.4).
        later = self.state is State.ASKED and answer.call.name not in self._blocking
        turn = self._turn if later else self._turn - 1
        self._outcomes.append(_Outcome(message, turn, _Word.NONE if silent else _Word.DUE))

    def _show(self, what: Exhibit) -> None:
        self._content = True
        match what:
            case Program(_, code):
                self._tell(Showing.CODE, code)
            case ProgramResult(ok, output):
                self._tell(Showing.RESULT if ok else Showing.ERROR, output)
            case Sources(pages):
                # They come with every piece of the turn, and are of use after it.
                self._sources |= dict.fromkeys(pages)
            case _:
                assert_never(what)

    def _tell(self, what: Showing, text: str) -> None:
        self._effects.append(effects.Tell(ShownReport(what, text)))

    def _turn_over(self, now: float, following: events.Next) -> State:
        self._close_turn(interrupted=False)
        self._turn += 1
        state = self._after_turn(now)
        if following is events.Next.MODEL and state is not State.ACTING:
            # The next turn comes by itself, when the model's work is done (``live-protocol.md`` 7.1).
            self._soon = None
            return State.LINGERING
        return state

    def _after_turn(self, now: float) -> State:
        """Return what to wait for when the model has the floor no more."""
        self._soon = None
        if self._open:
            return State.ACTING
        if self._is_empty or any(outcome.word is not _Word.NONE for outcome in self._outcomes):
            self._soon = now + LINGER[self._backend]
            return State.LINGERING
        return State.ANSWERED

    @property
    def _is_empty(self) -> bool:
        """Whether there is nothing to show for the request so far."""
        return not self._content and not self._outcomes and not self._asides

    def _lost(self, lost: events.LinkLost) -> State:
        if self.state is State.LINGERING:
            return self._settle()
        if self.state is State.ASKED and self._soon is not None and not self._open:
            # All was generated: what is missing is the time that its playing would have taken.
            self._close_turn(interrupted=False)
            return self._settle()
        self.failure = lost.reason
        self._close_turn(interrupted=True)
        self._effects += self._minutes.lose(lost)
        self._soon = None
        return State.STRANDED if self._open else State.FAILED

    def _overdue(self, now: float) -> State:
        if self.state is State.LINGERING:
            return self._settle()
        if self.state is State.ASKED and now < self._overall:
            return self._turn_over(now, events.Next.PERSON)
        if not self.failure:
            what = "session" if self.state is State.OPENING else "answer"
            longer = "Try again, or allow more time with --timeout."
            self.failure = f"There was no {what} within {self._patience:g} s. {longer}"
        return State.FAILED

    def _settle(self) -> State:
        """Return whether what there is makes an answer."""
        if self._is_empty:
            self.failure = "The model had nothing to say. Try again in other words."
            return State.FAILED
        return State.ANSWERED

    def _close_turn(self, *, interrupted: bool) -> None:
        self._effects += self._minutes.close_turn(interrupted=interrupted)
        if self._sources:
            lines = (f"{page.title}: {page.address}" if page.title else page.address for page in self._sources)
            self._tell(Showing.SOURCES, "\n".join(lines))
            self._sources.clear()

    def _close(self) -> None:
        """Say the rest: outcomes about which the model was silent, the end of the session."""
        self._close_turn(interrupted=True)
        messages = [each.message for each in self._outcomes if each.word is not _Word.SAID]
        for message in dict.fromkeys(messages or ([] if self._content else self._asides)):
            if message:
                self._tell(Showing.OUTCOME, message)
        self._minutes.reason = self.failure
        self._effects += self._minutes.close(interrupted=True)
