from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from hubd import effects, events
from hubd.effects import Source
from hubd.events import AnswerKind, CallStatus, Scheduling
from hubd.pace import BargeIn, Pace
from hubd.states import State
from tests.conversation_script import AUDIO, LAMP, LOCK, PLAY, WOKE, Talk, acting, answer, done, listening, speaking

FIRST = replace(answer(LAMP), status=CallStatus.ON_ITS_WAY, kind=AnswerKind.FIRST)
AFTERWORD = replace(answer(LAMP), kind=AnswerKind.AFTERWORD)


def test_a_slow_call_is_open_until_its_last_answer() -> None:
    """The first answer is passed on and closes nothing; the outcome is waited for, and passed on as well."""
    talk = listening()
    talk.hear(events.ToolsAsked((LAMP,)), events.TurnComplete())
    assert talk.hear(events.ToolsDone((FIRST,))) == [effects.Respond((FIRST,))]
    assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 60.0)
    assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]
    assert talk.patience == 8.0


def test_a_device_that_takes_minutes_does_not_keep_the_microphone_open() -> None:
    """After 60 s without a word the conversation ends; what comes later is for the next one."""
    talk = listening()
    talk.hear(events.ToolsAsked((LAMP,)), events.TurnComplete(), events.ToolsDone((FIRST,)))
    assert effects.CloseLine() in talk.waits()
    assert talk.where() is State.IDLE
    assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]
    assert talk.where() is State.IDLE


@pytest.mark.parametrize("begin", [listening, speaking, acting])
def test_an_afterword_is_passed_on_whatever_goes_on(begin: Callable[[], Talk]) -> None:
    """What became of a call of any conversation is for the one that is going on; a model that speaks is told after."""
    talk = begin()
    before = talk.where()
    first, *more = talk.hear(events.ToolsDone((AFTERWORD,)))
    assert first == effects.Respond((AFTERWORD,))
    assert [type(effect) for effect in more] == ([] if before is State.SPEAKING else [effects.Brief])
    assert talk.where() is before


def test_an_outcome_that_crosses_its_cancellation_is_passed_on() -> None:
    """The command was carried out, and the model does not know: it is told in a text."""
    talk = listening()
    talk.hear(events.ToolsAsked((LAMP,)), events.CallsCancelled((LAMP.id,)))
    respond, brief = talk.hear(done(LAMP))
    assert respond == effects.Respond((answer(LAMP),))
    assert isinstance(brief, effects.Brief)


def test_an_outcome_that_comes_just_before_its_cancellation_is_passed_on() -> None:
    """The session knew of the cancellation already, and listened to the outcome no more: it is told in a text."""
    talk = listening()
    talk.hear(events.ToolsAsked((LAMP,)))
    assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]
    abandon, brief = talk.hear(events.CallsCancelled((LAMP.id,)))
    assert abandon == effects.Abandon((LAMP.id,))
    assert isinstance(brief, effects.Brief)


class TestBargeIn:
    @pytest.mark.parametrize("scheduling", Scheduling)
    def test_calls_go_on(self, scheduling: Scheduling) -> None:
        """A wake word while the hub speaks takes back no call; its outcome is told with its own scheduling."""
        talk = speaking()
        talk.hear(events.ToolsAsked((LAMP,)))
        follow = talk.hear(WOKE, events.Interrupted(), events.TurnComplete(), events.SpeechEnded(90_000))
        assert not [effect for effect in follow if isinstance(effect, effects.Abandon)]
        assert talk.where() is State.LISTENING
        assert talk.hear(done(LAMP, scheduling)) == [effects.Respond((answer(LAMP, scheduling),))]
        assert talk.hear(AUDIO) == [PLAY, effects.Feed(Source.SILENCE)]

    def test_calls_go_on_while_the_person_speaks_over_the_hub(self) -> None:
        """Nor does speech, where that is allowed to cut the hub short."""
        talk = speaking(Pace(barge_in=BargeIn.SPEECH))
        talk.hear(events.ToolsAsked((LAMP,)), events.SpeechBegan(80_000), events.Interrupted(), events.TurnComplete())
        assert talk.hear(done(LAMP, Scheduling.INTERRUPT)) == [
            effects.Respond((answer(LAMP, Scheduling.INTERRUPT),)),
        ]

    def test_calls_that_the_server_takes_back(self) -> None:
        """Where the server makes void what was open, nothing is answered; what was done all the same comes after."""
        talk = speaking()
        talk.hear(events.ToolsAsked((LAMP, LOCK)))
        ids = (LAMP.id, LOCK.id)
        assert effects.Abandon(ids) in talk.hear(events.Interrupted(), events.CallsCancelled(ids))
        assert effects.Respond((AFTERWORD,)) in talk.hear(events.ToolsDone((AFTERWORD,)))
