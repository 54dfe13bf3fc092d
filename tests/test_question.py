from __future__ import annotations

from collections.abc import Mapping
from typing import Final, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd import effects, events
from hubd.errors import LocalProtocolError
from hubd.events import Answer, AnswerKind, Backend, Call, CallStatus, Scheduling
from hubd.exhibits import Program, ProgramResult, Source, Sources
from hubd.question import LINGER, Effect, Question, SayText
from hubd.question_states import ENDS, STALE, TRANSITIONS, State
from hubd.reports import (
    HeardReport,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    ShownReport,
)

TEXT: Final = "is the garage closed?"
PATIENCE: Final = 60.0
READY: Final = events.LinkReady(Backend.OFFLINE, resumed=False)
LOST: Final = events.LinkLost(Backend.OFFLINE, "The connection was lost.")
LAMP, HEATER = Call("c1", "set_light"), Call("c2", "set_heater")
# One second.
AUDIO: Final = events.ModelAudio(bytes(48_000), 24_000)
DONE: Final = events.TurnComplete()


def outcome(
    call: Call,
    scheduling: Scheduling = Scheduling.SILENT,
    message: str = "It is on.",
    status: CallStatus = CallStatus.DONE,
    kind: AnswerKind = AnswerKind.OUTCOME,
    **more: JsonValue,
) -> events.ToolsDone:
    """Return the answer to a call of a device."""
    response: Mapping[str, JsonValue] = {"device": call.name, "message": message, **more}
    return events.ToolsDone((Answer(call, status, scheduling, response, kind),))


class Talk:
    """A question with a clock."""

    def __init__(self, *heard: events.Event, blocking: tuple[str, ...] = ()) -> None:
        self.now = 1000.0
        self.question = Question(TEXT, self.now, patience=PATIENCE, blocking=blocking)
        self.done: list[Effect] = []
        self.hear(*heard)

    def hear(self, *heard: events.Event) -> list[Effect]:
        """Step through events; return what is to be done."""
        wanted = [effect for event in heard for effect in self.question.step(event, self.now)]
        self.done += wanted
        return wanted

    def wait(self) -> list[Effect]:
        """Let the deadline come."""
        self.now = self.question.deadline
        return self.hear(events.DeadlinePassed())

    @property
    def state(self) -> State:
        """Where it is."""
        return self.question.state

    @property
    def patience(self) -> float:
        """How long it waits from now."""
        return round(self.question.deadline - self.now, 3)

    def answer(self) -> list[tuple[str, str]]:
        """Return what was said and shown so far."""
        reports = [effect.report for effect in self.done if isinstance(effect, effects.Tell)]
        return [pair for report in reports for pair in _read(report)]


def _read(report: Report) -> list[tuple[str, str]]:
    match report:
        case SaidReport(text, interrupted):
            return [("cut" if interrupted else "said", text)]
        case ShownReport(what, text):
            return [(what.value, text)]
        case _:
            return []


def told(effects_: list[Effect]) -> list[Report]:
    """Return the reports among effects."""
    return [effect.report for effect in effects_ if isinstance(effect, effects.Tell)]


class TestTable:
    @pytest.mark.parametrize("state", State)
    def test_a_row_or_late_not_both(self, state: State) -> None:
        """An event that has a row is not passed over as well."""
        assert TRANSITIONS[state].keys() & STALE[state] == set()
        assert TRANSITIONS[state].keys() | STALE[state] <= set(get_args(events.Event))

    @pytest.mark.parametrize("state", [each for each in State if each not in ENDS])
    def test_every_state_has_an_exit(self, state: State) -> None:
        """Time alone leads out of every state."""
        assert set(TRANSITIONS[state][events.DeadlinePassed]) & (ENDS | {State.ACTING, State.LINGERING})

    @pytest.mark.parametrize("event", [events.Woke("hey_jarvis", 0.9, 0, 0), events.Drained(1), AUDIO, DONE])
    def test_what_can_not_come_is_a_bug(self, event: events.Event) -> None:
        """Nothing has been said before the session is there, and nobody has a microphone."""
        with pytest.raises(LocalProtocolError, match="can't come while opening"):
            Talk(event)


class TestAnswers:
    def test_the_text_is_said_once_the_session_is_there(self) -> None:
        """Not before; the reports say that the session is open, and what was asked."""
        wanted = Talk().hear(READY)
        assert told(wanted) == [
            SessionReport(SessionChange.OPENED, Backend.OFFLINE),
            HeardReport(TEXT, final=True),
        ]
        assert wanted[-1] == SayText(TEXT)

    def test_a_plain_answer(self) -> None:
        """Said pieces are joined at the turn's end, which is the end of it all."""
        talk = Talk(READY, events.SaidText("It is"), AUDIO, events.SaidText(" closed."), events.GenerationComplete())
        assert talk.state is State.ASKED
        assert told(talk.hear(DONE)) == [
            SaidReport("It is closed.", interrupted=False),
            SessionReport(SessionChange.CLOSED, Backend.OFFLINE),
        ]
        assert (talk.state, talk.question.failure) == (State.ANSWERED, "")

    def test_bookkeeping_is_passed_over(self) -> None:
        """Handles, announcements and token counts are none of its business."""
        talk = Talk(READY)
        for event in (events.HandleIssued("h"), events.GoingAway(50), events.TokensUsed(3, 2, 1), events.EndAsked()):
            assert talk.hear(event) == []

    def test_the_end_of_the_turn_may_get_lost(self) -> None:
        """When all was generated and played, the turn is over soon, whether its end comes or not."""
        talk = Talk(READY, events.SaidText("Yes."), AUDIO, AUDIO, events.GenerationComplete())
        assert talk.patience == 2 + 5
        talk.wait()
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("said", "Yes.")])

    def test_an_unfinished_turn(self) -> None:
        """A model that works on is waited for, as long as there is patience; what it said is an answer anyway."""
        talk = Talk(READY, events.SaidText("Let me see."), events.TurnComplete(events.Next.MODEL))
        assert (talk.state, talk.patience) == (State.LINGERING, PATIENCE)
        talk.hear(events.SaidText("Yes."), DONE)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("said", "Let me see."), ("said", "Yes.")])

    def test_nothing_to_say(self) -> None:
        """An empty turn may be followed by another; if none comes, there is no answer."""
        talk = Talk(READY, events.GenerationComplete(), DONE)
        assert (talk.state, talk.patience) == (State.LINGERING, LINGER[Backend.OFFLINE])
        talk.wait()
        assert talk.state is State.FAILED
        assert "nothing to say" in talk.question.failure

    def test_an_interrupted_turn(self) -> None:
        """What was said of it is told as cut, once."""
        talk = Talk(READY, events.SaidText("It is"), events.Interrupted(), DONE)
        assert talk.answer() == [("cut", "It is")]


class TestExhibits:
    def test_programs(self) -> None:
        """Code and what came of it are told at once, before what is said."""
        shown = (events.Shown(Program("python", "print(42)")), events.Shown(ProgramResult(ok=True, output="42\n")))
        talk = Talk(READY, *shown, events.SaidText("It is 42."), DONE)
        assert talk.answer() == [("code", "print(42)"), ("result", "42\n"), ("said", "It is 42.")]
        assert talk.state is State.ANSWERED

    def test_a_program_that_failed(self) -> None:
        """It is told apart from one that ran."""
        talk = Talk(READY, events.Shown(ProgramResult(ok=False, output="ZeroDivisionError")), DONE)
        assert talk.answer() == [("error", "ZeroDivisionError")]

    def test_sources(self) -> None:
        """They follow what was said, each once, however often the server names them."""
        first, second = Source("a.example", "https://a.example/1"), Source("", "https://b.example")
        talk = Talk(
            READY,
            events.Shown(Sources((first,))),
            events.SaidText("At nine."),
            events.Shown(Sources((first, second))),
            DONE,
        )
        assert talk.answer() == [
            ("said", "At nine."),
            ("sources", "a.example: https://a.example/1\nhttps://b.example"),
        ]


class TestCalls:
    def test_a_silent_outcome(self) -> None:
        """The turn is over, the outcome is awaited, the model hears it, and the person reads it."""
        talk = Talk(READY)
        assert talk.hear(events.ToolsAsked((LAMP,))) == [effects.Act((LAMP,))]
        talk.hear(events.GenerationComplete(), DONE)
        assert (talk.state, talk.patience) == (State.ACTING, PATIENCE)
        wanted = talk.hear(outcome(LAMP))
        assert wanted[0] == effects.Respond(outcome(LAMP).answers)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is on.")])

    def test_the_outcome_has_a_turn_of_its_own(self) -> None:
        """What is told aloud is said by the model after the turn that asked, and nobody else says it again."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), DONE, outcome(HEATER, Scheduling.WHEN_IDLE))
        assert (talk.state, talk.patience) == (State.LINGERING, LINGER[Backend.OFFLINE])
        talk.hear(events.SaidText("It is at 21."), AUDIO, events.GenerationComplete())
        assert talk.state is State.ASKED
        talk.hear(DONE)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("said", "It is at 21.")])

    def test_the_outcome_comes_before_the_turn_ends(self) -> None:
        """What is being said then may be about something else, so the outcome's own turn is waited for."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), events.SaidText("One"))
        talk.hear(outcome(HEATER, Scheduling.WHEN_IDLE), events.SaidText(" moment."), DONE)
        assert talk.state is State.LINGERING
        talk.hear(events.SaidText("It is at 21."), DONE)
        assert talk.question.ended
        assert talk.answer() == [("said", "One moment."), ("said", "It is at 21.")]

    def test_an_outcome_that_interrupts(self) -> None:
        """The turn that it cuts is no answer yet."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), events.SaidText("One moment"))
        talk.hear(outcome(HEATER, Scheduling.INTERRUPT), events.Interrupted(), DONE)
        assert talk.state is State.LINGERING
        talk.hear(events.SaidText("It jams."), DONE)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("cut", "One moment"), ("said", "It jams.")])

    def test_the_model_waits_for_a_blocking_function(self) -> None:
        """What it says after the outcome is about the outcome: nothing more is waited for."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), blocking=("set_heater",))
        talk.hear(outcome(HEATER, Scheduling.WHEN_IDLE), events.SaidText("It is at 21."), DONE)
        assert talk.state is State.ANSWERED

    def test_a_model_that_says_nothing_about_an_outcome(self) -> None:
        """Then the person reads it."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), DONE, outcome(HEATER, Scheduling.WHEN_IDLE, "It is at 21."))
        talk.wait()
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is at 21.")])

    def test_several_calls(self) -> None:
        """All outcomes are awaited; the same sentence about two devices is shown once."""
        talk = Talk(READY, events.ToolsAsked((LAMP, HEATER)), DONE, outcome(LAMP))
        assert talk.state is State.ACTING
        talk.hear(outcome(HEATER))
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is on.")])

    def test_a_first_answer_is_no_outcome(self) -> None:
        """On its way is not there yet."""
        first = outcome(LAMP, message="It is on its way.", status=CallStatus.ON_ITS_WAY, kind=AnswerKind.FIRST)
        talk = Talk(READY, events.ToolsAsked((LAMP,)), DONE)
        assert talk.hear(first) == [effects.Respond(first.answers)]
        assert talk.state is State.ACTING
        talk.hear(outcome(LAMP))
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is on.")])

    def test_a_refused_call_is_made_again(self) -> None:
        """What was wrong with the first is between the model and the hub."""
        refusal = outcome(LAMP, Scheduling.WHEN_IDLE, "There is no such lamp.", CallStatus.REFUSED)
        talk = Talk(READY, events.ToolsAsked((LAMP,)), DONE, refusal, events.ToolsAsked((HEATER,)), DONE)
        talk.hear(outcome(HEATER))
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is on.")])

    @pytest.mark.parametrize("status", [CallStatus.DUPLICATE, CallStatus.CANCELLED])
    def test_what_is_not_shown(self, status: CallStatus) -> None:
        """That a call came twice is nothing that a person asked for."""
        talk = Talk(READY, events.ToolsAsked((LAMP,)), events.SaidText("Yes."), DONE)
        talk.hear(outcome(LAMP, status=status))
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("said", "Yes.")])

    def test_the_end_of_the_conversation_is_not_shown(self) -> None:
        """The answer to end_conversation is about no device: it is shown only where there is nothing else."""
        bye = Answer(Call("c3", "end_conversation"), CallStatus.DONE, Scheduling.SILENT, {"message": "It ends."})
        ending = (events.ToolsAsked((bye.call,)), events.ToolsDone((bye,)), DONE)
        assert Talk(READY, events.SaidText("Bye."), *ending).answer() == [("said", "Bye.")]
        assert Talk(READY, *ending).answer() == [("outcome", "It ends.")]

    def test_cancelled_calls_are_not_awaited(self) -> None:
        """They are abandoned, and the request ends with what was said."""
        talk = Talk(READY, events.SaidText("Never mind."), events.ToolsAsked((LAMP,)), DONE)
        assert talk.hear(events.CallsCancelled(("c1",)))[0] == effects.Abandon(("c1",))
        assert talk.state is State.ANSWERED

    def test_an_afterword_while_it_lingers(self) -> None:
        """An outcome after the answer that was due is passed on, and read if the model says nothing."""
        first = outcome(HEATER, Scheduling.WHEN_IDLE, "No word of it yet.", CallStatus.FAILED)
        talk = Talk(READY, events.ToolsAsked((HEATER,)), DONE, first)
        after = outcome(HEATER, Scheduling.WHEN_IDLE, "It is at 21.", kind=AnswerKind.AFTERWORD)
        assert talk.hear(after) == [effects.Respond(after.answers)]
        talk.wait()
        assert talk.answer() == [("outcome", "No word of it yet."), ("outcome", "It is at 21.")]

    def test_a_silent_afterword(self) -> None:
        """Where nothing was said it makes the answer: nothing more is waited for."""
        talk = Talk(READY, DONE)
        talk.hear(outcome(LAMP, kind=AnswerKind.AFTERWORD))
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "It is on.")])


class TestFailures:
    def test_no_session(self) -> None:
        """The reason is told, and the session counts as failed."""
        talk = Talk()
        assert told(talk.hear(LOST)) == [SessionReport(SessionChange.FAILED, Backend.OFFLINE, LOST.reason)]
        assert (talk.state, talk.question.failure) == (State.FAILED, LOST.reason)

    @pytest.mark.parametrize(("heard", "word"), [((), "no session within 60 s"), ((READY,), "no answer within 60 s")])
    def test_time_is_up(self, heard: tuple[events.Event, ...], word: str) -> None:
        """Each wait has its end, and names the option that moves it."""
        talk = Talk(*heard)
        assert talk.patience == PATIENCE
        talk.wait()
        assert talk.state is State.FAILED
        assert word in talk.question.failure
        assert "--timeout" in talk.question.failure

    def test_a_line_lost_in_mid_sentence(self) -> None:
        """What was said is told as cut; it is no answer."""
        talk = Talk(READY, events.SaidText("It is"), LOST)
        assert (talk.state, talk.answer()) == (State.FAILED, [("cut", "It is")])

    def test_a_line_lost_while_the_answer_is_assumed_to_be_playing(self) -> None:
        """An answer that was generated to its end is one; of calls that are open the outcomes are missing."""
        talk = Talk(READY, events.SaidText("It is shut."), events.GenerationComplete(), LOST)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("said", "It is shut.")])
        talk = Talk(READY, events.SaidText("I will."), events.ToolsAsked((LAMP,)), events.GenerationComplete(), LOST)
        assert talk.state is State.STRANDED

    def test_a_line_lost_with_calls_open(self) -> None:
        """Their outcomes are read, for commands may have been given: then the request has failed."""
        talk = Talk(READY, events.ToolsAsked((LAMP, HEATER)), LOST)
        assert talk.state is State.STRANDED
        assert talk.hear(outcome(LAMP)) == []
        talk.hear(outcome(HEATER, message="It is at 21."))
        assert (talk.state, talk.question.failure) == (State.FAILED, LOST.reason)
        assert talk.answer() == [("outcome", "It is on."), ("outcome", "It is at 21.")]

    def test_stranded_for_too_long(self) -> None:
        """The reason stays what it was."""
        talk = Talk(READY, events.ToolsAsked((LAMP,)), LOST)
        talk.wait()
        assert (talk.state, talk.question.failure) == (State.FAILED, LOST.reason)

    def test_a_line_lost_after_the_answer(self) -> None:
        """While only a last word was waited for, what there is makes the answer."""
        talk = Talk(READY, events.ToolsAsked((HEATER,)), DONE, outcome(HEATER, Scheduling.WHEN_IDLE, "At 21."), LOST)
        assert (talk.state, talk.answer()) == (State.ANSWERED, [("outcome", "At 21.")])


steps = st.one_of(
    st.just(READY),
    st.just(LOST),
    st.just(AUDIO),
    st.just(DONE),
    st.just(events.TurnComplete(events.Next.MODEL)),
    st.just(events.Interrupted()),
    st.just(events.GenerationComplete()),
    st.just(events.DeadlinePassed()),
    st.sampled_from([events.SaidText("Yes."), events.SaidText("")]),
    st.just(events.Shown(ProgramResult(ok=True, output="42"))),
    st.just(events.ToolsAsked((LAMP,))),
    st.just(events.ToolsAsked((LAMP, HEATER))),
    st.builds(outcome, st.sampled_from([LAMP, HEATER]), st.sampled_from(Scheduling), kind=st.sampled_from(AnswerKind)),
    st.just(events.CallsCancelled(("c2",))),
)


@settings(max_examples=1000)
@given(st.lists(steps, max_size=30), st.booleans())
def test_any_course(heard: list[events.Event], blocking: bool) -> None:  # noqa: FBT001 -- hypothesis passes it
    """Whatever happens, it ends by itself; a failure has a reason, an answer something to read."""
    talk = Talk(blocking=("set_heater",) if blocking else ())
    for event in heard:
        if talk.question.ended:
            break
        possible = TRANSITIONS[talk.state].keys() | STALE[talk.state]
        if isinstance(event, events.DeadlinePassed):
            talk.now = talk.question.deadline
        if type(event) in possible:
            talk.hear(event)
    for _ in range(5):
        if not talk.question.ended:
            talk.wait()
    assert talk.question.ended
    assert bool(talk.question.failure) == (talk.state is State.FAILED)
    assert talk.state is State.FAILED or talk.answer()
    with pytest.raises(LocalProtocolError):
        talk.hear(DONE)
