from __future__ import annotations

from dataclasses import replace

import pytest

from hubd import effects, events
from hubd.effects import Source
from hubd.errors import LocalProtocolError
from hubd.events import Scheduling
from hubd.exhibits import Program
from hubd.pace import BargeIn, Pace
from hubd.reports import HeardReport, SaidReport, SessionChange, SessionReport, StateReport, WokeReport
from hubd.states import State
from tests.conversation_script import (
    AUDIO,
    FAREWELL,
    IN_STATE,
    LAMP,
    LOCK,
    LOST,
    PLAY,
    READY,
    WOKE,
    WOKEN_AT,
    Talk,
    acting,
    answer,
    done,
    following_up,
    listening,
    opening,
    speaking,
)

MANUAL = Pace(manual_activity=True, blocking={"lock_door"})
FULL_DUPLEX = Pace(barge_in=BargeIn.SPEECH, blocking={"lock_door"})
FROM_THE_WORD_ON = effects.Feed(Source.MICROPHONE, WOKE.end)
NEWEST = effects.Feed(Source.MICROPHONE)
SILENCE = effects.Feed(Source.SILENCE)
GOOD_NIGHT = [effects.Feed(Source.NOTHING), effects.CloseLine()]
FAILED = effects.Signal(effects.Sign.FAILED)


class TestWholeConversation:
    def test_lamp_that_needs_no_words(self) -> None:
        """Woken, connected, told, acted, answered in silence, followed up, over."""
        talk = Talk()
        assert talk.hear(WOKE) == [effects.Signal(effects.Sign.WOKE), effects.OpenLine()]
        assert talk.where() is State.OPENING
        assert talk.hear(READY) == [FROM_THE_WORD_ON]
        assert talk.where() is State.LISTENING
        assert talk.hear(events.SpeechEnded(30_000), events.HeardText("Lights on.", final=True)) == []
        assert talk.hear(events.ToolsAsked((LAMP,))) == [effects.Act((LAMP,))]
        assert talk.where() is State.LISTENING
        assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]
        assert talk.hear(events.TurnComplete()) == []
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)
        assert talk.waits() == GOOD_NIGHT
        assert talk.where() is State.IDLE
        assert [report.state for report in talk.told(StateReport)] == ["opening", "listening", "following_up", "idle"]
        assert talk.told(WokeReport) == [WokeReport("hey_jarvis", 0.9, 720)]
        assert talk.told(HeardReport) == [HeardReport("Lights on.", final=True)]
        assert talk.told(SaidReport) == []
        assert [(report.change, report.reason) for report in talk.told(SessionReport)] == [
            (SessionChange.OPENED, ""),
            (SessionChange.CLOSED, "nobody said more"),
        ]

    def test_spoken_answer(self) -> None:
        """The microphone goes to the wake model only while the hub speaks, to the server again after it."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000))
        assert talk.hear(events.SaidText("It is "), AUDIO) == [PLAY, SILENCE]
        assert (talk.where(), talk.patience) == (State.SPEAKING, None)
        assert talk.hear(events.SaidText("noon."), AUDIO, events.GenerationComplete()) == [PLAY]
        assert talk.hear(events.TurnComplete()) == []
        assert talk.where() is State.SPEAKING
        assert talk.played() == [NEWEST]
        assert talk.where() is State.FOLLOWING_UP
        assert talk.told(SaidReport) == [SaidReport("It is noon.", interrupted=False)]

    def test_turn_that_ends_after_its_sound(self) -> None:
        """The server holds the turn's end back as long as it thinks that the sound lasts; it may well be later."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        talk.played()
        assert talk.where() is State.SPEAKING
        talk.hear(events.TurnComplete())
        assert talk.where() is State.FOLLOWING_UP

    def test_second_question(self) -> None:
        """Speech in the follow-up needs no wake word, and the server has heard it all along."""
        talk = following_up()
        assert talk.hear(events.SpeechBegan(60_000)) == []
        assert talk.where() is State.FOLLOWING_UP
        assert talk.hear(events.SpeechEnded(80_000), AUDIO) == [PLAY, SILENCE]
        assert talk.where() is State.SPEAKING

    def test_cough_in_the_follow_up(self) -> None:
        """A sound that the server makes nothing of keeps the microphone open a little, and is no failure."""
        talk = following_up()
        talk.hear(events.SpeechBegan(60_000), events.SpeechEnded(61_000))
        assert talk.patience == 8
        assert effects.Signal(effects.Sign.FAILED) not in talk.waits()
        assert talk.where() is State.IDLE

    def test_model_that_works_on(self) -> None:
        """A turn after which the model works on is followed by another one, for which there is a minute."""
        talk = speaking(Pace(follow_up=0))
        talk.hear(events.TurnComplete(events.Next.MODEL))
        talk.played()
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 60.0)
        talk.hear(AUDIO, events.TurnComplete())
        assert talk.played() == GOOD_NIGHT

    def test_farewell_taken_back(self) -> None:
        """A wake word after the farewell begins anew: the next answer has its follow-up."""
        talk = following_up()
        talk.hear(events.EndAsked(), WOKE, AUDIO, events.TurnComplete(), events.Drained(2))
        assert talk.where() is State.FOLLOWING_UP

    def test_wake_word_in_the_follow_up(self) -> None:
        """It is told to the person, and says nothing to the server twice."""
        talk = following_up()
        assert talk.hear(WOKE) == [effects.Signal(effects.Sign.WOKE)]
        assert talk.where() is State.LISTENING

    def test_resumed_session(self) -> None:
        """The report says that the session goes on from a handle."""
        talk = opening()
        talk.hear(events.LinkReady(events.Backend.GEMINI, resumed=True))
        assert [report.change for report in talk.told(SessionReport)] == [SessionChange.RESUMED]

    def test_silent_chime(self) -> None:
        """Without the chime nothing sounds when the hub wakes."""
        assert Talk(Pace(chime=False)).hear(WOKE) == [effects.OpenLine()]

    def test_no_follow_up(self) -> None:
        """With follow_up = 0 the microphone closes with the answer."""
        talk = following_up(Pace(follow_up=0))
        assert talk.where() is State.IDLE
        assert talk.told(SessionReport)[-1].reason == "the conversation was over"


class TestOutcomes:
    @pytest.mark.parametrize("scheduling", [Scheduling.WHEN_IDLE, Scheduling.INTERRUPT])
    def test_late_outcome_is_spoken_in_the_follow_up(self, scheduling: Scheduling) -> None:
        """The follow-up lasts until every call is answered, and long enough for a word about it."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)), events.TurnComplete())
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 60.0)
        assert talk.hear(done(LAMP, scheduling)) == [effects.Respond((answer(LAMP, scheduling),))]
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)
        assert talk.hear(AUDIO) == [PLAY, SILENCE]
        assert talk.where() is State.SPEAKING

    def test_no_follow_up_waits_for_the_outcome(self) -> None:
        """With follow_up = 0 an open call keeps the line, and a word about its outcome has 2 s to come."""
        talk = listening(Pace(follow_up=0))
        talk.hear(events.ToolsAsked((LAMP,)), events.TurnComplete())
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 60.0)
        talk.hear(done(LAMP))
        assert talk.patience == 2.0
        assert talk.waits()[-1] == effects.CloseLine()

    def test_interrupting_outcome(self) -> None:
        """An outcome that can't wait cuts what is being said, then is said itself."""
        talk = speaking()
        talk.hear(events.SaidText("Once upon a time"), events.ToolsAsked((LAMP,)), done(LAMP, Scheduling.INTERRUPT))
        assert talk.hear(events.Interrupted()) == [effects.Flush(), NEWEST]
        assert talk.where() is State.LISTENING
        assert talk.hear(events.TurnComplete()) == []
        assert talk.where() is State.LISTENING
        assert talk.hear(AUDIO) == [PLAY, SILENCE]
        assert talk.told(SaidReport) == [SaidReport("Once upon a time", interrupted=True)]

    def test_blocking_call(self) -> None:
        """The conversation waits for a blocking call, then for the model."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000))
        assert talk.hear(events.ToolsAsked((LAMP, LOCK))) == [effects.Act((LAMP, LOCK))]
        assert (talk.where(), talk.patience) == (State.ACTING, 60.0)
        talk.hear(done(LAMP))
        assert talk.where() is State.ACTING
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),))]
        assert (talk.where(), talk.patience) == (State.LISTENING, 30.0)

    def test_blocking_call_taken_back(self) -> None:
        """A call that the model takes back is not waited for; an outcome that is known all the same is told."""
        talk = acting()
        assert talk.hear(events.CallsCancelled((LOCK.id,))) == [effects.Abandon((LOCK.id,))]
        assert talk.where() is State.LISTENING
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),)), effects.Brief(effects.Manner.OWED)]

    def test_blocking_call_that_is_never_answered(self) -> None:
        """It holds the conversation for twice the silence timeout at most."""
        talk = acting()
        talk.waits()
        assert talk.where() is State.LISTENING
        assert talk.patience is not None

    def test_outcome_of_the_past(self) -> None:
        """An outcome of a call that this conversation did not ask for is told before the person is answered."""
        assert listening().hear(done(LAMP)) == [
            effects.Respond((answer(LAMP),)),
            effects.Brief(effects.Manner.NOTE),
        ]

    @pytest.mark.parametrize("state", [State.IDLE, State.MUTED, State.OPENING])
    def test_outcome_with_nobody_to_tell(self, state: State) -> None:
        """An outcome that finds no connection is left to the line, which tells the next one."""
        talk = IN_STATE[state]()
        assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]
        assert talk.where() is state

    def test_afterword_waits_for_the_pause(self) -> None:
        """What the session does not listen to as an answer is told when the model has finished speaking."""
        talk = speaking()
        talk.hear(events.ToolsAsked((LAMP,)), done(LAMP), events.TurnComplete())
        afterword = replace(answer(LAMP, Scheduling.WHEN_IDLE), kind=events.AnswerKind.AFTERWORD)
        assert talk.hear(events.ToolsDone((afterword,))) == [effects.Respond((afterword,))]
        assert talk.played() == [NEWEST, effects.Brief(effects.Manner.ALOUD)]
        assert talk.played() == []

    def test_outcome_is_told_once(self) -> None:
        """The same outcome twice is one answer to the session, which passes over the second; nothing waits for it."""
        talk = listening()
        talk.hear(events.ToolsAsked((LOCK,)), done(LOCK))
        before = (talk.where(), talk.patience)
        assert talk.hear(done(LOCK))[0] == effects.Respond((answer(LOCK),))
        assert (talk.where(), talk.patience) == before


class TestEnd:
    def test_without_a_word(self) -> None:
        """The model ends the conversation with its turn."""
        talk = listening()
        talk.hear(events.ToolsAsked((FAREWELL,)), done(FAREWELL), events.EndAsked())
        assert talk.hear(events.TurnComplete()) == GOOD_NIGHT
        assert talk.told(SessionReport)[-1].reason == "the conversation was over"

    def test_after_a_farewell(self) -> None:
        """What the model says as it ends the conversation is said to its end."""
        talk = listening()
        talk.hear(events.ToolsAsked((FAREWELL,)), done(FAREWELL), events.EndAsked(), AUDIO, events.TurnComplete())
        assert talk.where() is State.SPEAKING
        assert talk.played() == GOOD_NIGHT

    def test_farewell_in_a_turn_of_its_own(self) -> None:
        """A farewell has 2 s to come after the call that ended the conversation."""
        talk = listening()
        talk.hear(events.ToolsAsked((FAREWELL,)), events.TurnComplete(), done(FAREWELL), events.EndAsked())
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 2.0)
        assert talk.hear(AUDIO) == [PLAY, SILENCE]
        talk.hear(events.TurnComplete())
        assert talk.played() == GOOD_NIGHT

    def test_a_word_whose_transcript_comes_first(self) -> None:
        """What the model says about an outcome is the end of it, whether its words or its sound come first."""
        talk = listening(Pace(follow_up=0))
        talk.hear(events.ToolsAsked((LAMP,)), events.TurnComplete(), done(LAMP, Scheduling.WHEN_IDLE))
        talk.hear(events.SaidText("It is on."), AUDIO, events.TurnComplete())
        assert talk.played() == GOOD_NIGHT

    def test_a_word_that_never_came(self) -> None:
        """What one conversation waited for in vain the next one does not wait for."""
        talk = listening(Pace(follow_up=0))
        talk.hear(events.ToolsAsked((LAMP,)), events.TurnComplete(), done(LAMP, Scheduling.WHEN_IDLE))
        talk.waits()
        talk.hear(WOKE, READY, events.ToolsAsked((LAMP,)), done(LAMP, Scheduling.SILENT), AUDIO, events.TurnComplete())
        assert talk.played() == GOOD_NIGHT

    def test_end_is_for_one_conversation(self) -> None:
        """The next conversation has a follow-up again."""
        talk = listening()
        talk.hear(events.EndAsked(), events.TurnComplete(), events.StopAsked(), WOKE, READY, AUDIO)
        talk.hear(events.TurnComplete())
        talk.played()
        assert talk.where() is State.FOLLOWING_UP

    def test_stop(self) -> None:
        """Asked to stop, the hub falls silent; what comes after is not played."""
        talk = speaking()
        assert talk.hear(events.StopAsked()) == [effects.Flush(), *GOOD_NIGHT]
        assert talk.hear(AUDIO, events.TurnComplete()) == []
        assert talk.told(SessionReport)[-1].reason == "stopped"


class TestBargeIn:
    def test_in_the_middle_of_an_answer(self) -> None:
        """The wake word silences the hub; what the model still says of that turn is not played."""
        talk = speaking()
        talk.hear(events.SaidText("It is a long"))
        assert talk.hear(WOKE) == [effects.Flush(), effects.Signal(effects.Sign.WOKE), FROM_THE_WORD_ON]
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)
        assert talk.hear(events.SaidText(" story"), AUDIO) == []
        assert talk.hear(events.Interrupted(), events.TurnComplete()) == []
        assert talk.where() is State.LISTENING
        assert talk.hear(AUDIO) == [PLAY, SILENCE]
        assert talk.told(SaidReport) == [SaidReport("It is a long", interrupted=True)]

    def test_the_server_does_not_notice(self) -> None:
        """If nobody says more after the wake word, the cut turn ends without a sound, and the hub keeps listening."""
        talk = speaking()
        talk.hear(WOKE, AUDIO, events.GenerationComplete(), events.TurnComplete())
        assert talk.where() is State.LISTENING
        assert talk.waits() == GOOD_NIGHT
        assert talk.told(SessionReport)[-1].reason == "nobody spoke"

    def test_generation_complete(self) -> None:
        """A turn that is generated but not over is cut all the same."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        assert effects.Flush() in talk.hear(WOKE)
        assert talk.hear(events.Interrupted(), events.TurnComplete()) == []
        assert talk.where() is State.LISTENING

    def test_turn_complete_but_still_sounding(self) -> None:
        """With the turn over there is nothing to refuse: the next answer is heard."""
        talk = speaking()
        talk.hear(events.GenerationComplete(), events.TurnComplete())
        assert effects.Flush() in talk.hear(WOKE)
        assert talk.hear(AUDIO) == [PLAY, SILENCE]

    def test_interruption_of_a_turn_that_is_over(self) -> None:
        """The server may cut a turn after its end; the second end is no answer to the person who is speaking."""
        talk = speaking()
        talk.hear(events.GenerationComplete(), events.TurnComplete(), WOKE)
        talk.hear(events.Interrupted(), events.TurnComplete())
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)

    def test_off(self) -> None:
        """With barge-in off, neither wake word nor speech cuts the hub short."""
        talk = speaking(Pace(barge_in=BargeIn.OFF))
        assert talk.hear(WOKE, events.SpeechBegan(40_000)) == []
        assert talk.where() is State.SPEAKING
        assert len(talk.told(WokeReport)) == 1

    def test_speech_found_by_the_server(self) -> None:
        """In full duplex the server hears the person all along, and it is the server that cuts the turn."""
        talk = listening(FULL_DUPLEX)
        talk.hear(events.SpeechEnded(30_000))
        assert talk.hear(AUDIO) == [PLAY]
        assert talk.hear(events.SpeechBegan(40_000)) == []
        assert talk.hear(events.Interrupted()) == [effects.Flush()]
        assert talk.where() is State.LISTENING

    def test_speech_found_by_the_hub(self) -> None:
        """In full duplex with marks the hub cuts itself short, and sends half a second from before the speech."""
        talk = speaking(Pace(barge_in=BargeIn.SPEECH, manual_activity=True))
        assert talk.hear(events.SpeechBegan(50_000)) == [
            effects.Flush(),
            effects.BeginActivity(),
            effects.Feed(Source.MICROPHONE, 42_000),
        ]
        assert talk.where() is State.LISTENING

    def test_interruption_while_listening_keeps_the_watchdog(self) -> None:
        """The server's word that a turn was cut does not take back that the person has finished."""
        talk = speaking()
        talk.hear(WOKE, events.SpeechEnded(40_000), events.Interrupted())
        assert talk.waits() == [effects.Nudge()]


class TestManualActivity:
    def test_one_breath_while_connecting(self) -> None:
        """What was said before the line was open is sent from the wake word on, up to its end, marked."""
        talk = opening(MANUAL)
        assert talk.hear(events.SpeechEnded(48_000)) == []
        assert talk.hear(READY) == [effects.BeginActivity(), FROM_THE_WORD_ON, effects.EndActivity(48_000)]
        assert talk.patience == 20.0

    def test_two_breaths_while_connecting(self) -> None:
        """Who goes on speaking has not finished."""
        talk = opening(MANUAL)
        talk.hear(events.SpeechEnded(48_000), events.SpeechBegan(60_000))
        assert talk.hear(READY) == [effects.BeginActivity(), FROM_THE_WORD_ON]
        assert talk.hear(events.SpeechEnded(70_000)) == [effects.EndActivity(70_000)]

    def test_pause_after_the_wake_word(self) -> None:
        """The end of the wake word's own sound is not the end of what the person wants."""
        talk = listening(MANUAL)
        assert talk.hear(events.SpeechEnded(WOKEN_AT)) == []
        assert talk.hear(events.SpeechBegan(40_000)) == []
        assert talk.hear(events.SpeechEnded(60_000)) == [effects.EndActivity(60_000)]

    def test_answer_and_follow_up(self) -> None:
        """In the follow-up nothing is sent before the person speaks; then it begins half a second before."""
        talk = following_up(MANUAL)
        assert talk.all[-2:] != [NEWEST]
        assert talk.hear(events.SpeechBegan(90_000)) == [
            effects.BeginActivity(),
            effects.Feed(Source.MICROPHONE, 82_000),
        ]
        assert talk.hear(events.SpeechEnded(99_000)) == [effects.EndActivity(99_000)]

    def test_nobody_finishes(self) -> None:
        """Speech without an end is ended after 15 s; without an answer a new connection is given it 20 s later."""
        talk = listening(MANUAL)
        assert talk.waits() == [effects.Nudge()]
        assert talk.patience == 20.0
        assert talk.waits() == [effects.OpenLine()]
        assert talk.hear(READY) == [effects.BeginActivity(), FROM_THE_WORD_ON, effects.Nudge()]
        assert talk.patience == 20.0
        assert talk.waits() == [FAILED, *GOOD_NIGHT]

    def test_model_talks_over_the_person(self) -> None:
        """Speech that is marked as going on is heard to its end, which is marked, whatever the model says."""
        talk = listening(MANUAL)
        assert talk.hear(AUDIO) == [PLAY]
        assert talk.hear(events.SpeechEnded(40_000)) == [effects.EndActivity(40_000)]
        assert talk.where() is State.SPEAKING

    def test_model_has_finished_before_the_person(self) -> None:
        """A model that talked over the person does not take the floor away: the hub listens on."""
        talk = listening(MANUAL)
        talk.hear(AUDIO, events.TurnComplete())
        talk.played()
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)
        assert talk.hear(events.SpeechEnded(40_000)) == [effects.EndActivity(40_000)]

    def test_turn_that_ends_while_the_person_speaks(self) -> None:
        """The end of an earlier turn, still on its way, does not end what the person says now."""
        talk = listening(MANUAL)
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), events.SpeechBegan(60_000))
        talk.hear(done(LAMP), events.TurnComplete())
        assert talk.where() is State.LISTENING
        assert talk.hear(events.SpeechEnded(70_000)) == [effects.EndActivity(70_000)]

    def test_speech_during_a_blocking_call(self) -> None:
        """What the person says while a lock turns is sent after it, whole."""
        talk = acting(MANUAL)
        assert talk.hear(events.SpeechBegan(60_000), events.SpeechEnded(80_000)) == []
        assert talk.hear(done(LOCK))[1:] == [
            effects.BeginActivity(),
            effects.Feed(Source.MICROPHONE, 52_000),
            effects.EndActivity(80_000),
        ]

    def test_speech_that_ends_during_a_blocking_call(self) -> None:
        """Speech that was going on when the call came is ended in time."""
        talk = listening(MANUAL)
        talk.hear(events.ToolsAsked((LOCK,)))
        assert talk.hear(events.SpeechEnded(40_000)) == [effects.EndActivity(40_000)]
        assert talk.where() is State.ACTING

    @pytest.mark.parametrize("barge_in", BargeIn)
    def test_speech_that_an_answer_overtook(self, barge_in: BargeIn) -> None:
        """What was said during a blocking call, and overtaken by an answer, does not open the follow-up."""
        talk = acting(Pace(barge_in=barge_in, manual_activity=True, blocking={"lock_door"}))
        talk.hear(events.SpeechBegan(60_000), events.SpeechEnded(80_000), AUDIO, done(LOCK), events.TurnComplete())
        assert talk.played() == []
        assert talk.where() is State.FOLLOWING_UP

    def test_wake_word_while_speaking(self) -> None:
        """The wake word begins an activity just after itself."""
        talk = speaking(MANUAL)
        assert talk.hear(WOKE)[-2:] == [effects.BeginActivity(), FROM_THE_WORD_ON]


class TestPatience:
    def test_nobody_speaks(self) -> None:
        """After 15 s without a word the conversation ends without a sign."""
        talk = listening()
        assert talk.patience == 15.0
        assert talk.waits() == GOOD_NIGHT
        assert talk.told(SessionReport)[-1].reason == "nobody spoke"

    def test_pitfall_25_server_never_answers(self) -> None:
        """20 s after the end of speech the server is nudged once; 20 s later a new connection hears it all again.

        If that does not answer within 20 s either, the conversation fails, audibly (pitfalls 22, 25, 28).
        """
        talk = listening()
        talk.hear(events.SpeechEnded(40_000))
        assert talk.patience == 20.0
        assert talk.waits() == [effects.Nudge()]
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)
        assert talk.waits() == [effects.OpenLine()]
        assert talk.where() is State.OPENING
        assert talk.hear(READY) == [FROM_THE_WORD_ON, effects.Nudge()]
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)
        assert talk.waits() == [FAILED, *GOOD_NIGHT]
        assert [(report.change, report.reason) for report in talk.told(SessionReport)] == [
            (SessionChange.OPENED, ""),
            (SessionChange.CLOSED, "the server did not answer"),
            (SessionChange.OPENED, ""),
            (SessionChange.CLOSED, "the server did not answer"),
        ]

    def test_speech_ended_while_connecting(self) -> None:
        """The watchdog knows of speech that ended before the line was open."""
        talk = opening()
        talk.hear(events.SpeechEnded(48_000), READY)
        assert talk.waits() == [effects.Nudge()]

    def test_blocking_call_after_its_turn(self) -> None:
        """Whoever waited for a call waits for an answer, even if the call never came to an end."""
        talk = listening()
        talk.hear(events.ToolsAsked((LOCK,)), events.TurnComplete())
        talk.waits()
        assert talk.patience == 20.0
        assert talk.waits() == [effects.Nudge()]

    def test_pitfall_26_interrupted_by_nobody(self) -> None:
        """A turn that is cut without speech leaves a hub that listens for 15 s, and then rests without a sign."""
        talk = speaking()
        talk.hear(events.Interrupted(), events.TurnComplete())
        assert talk.patience == 15.0
        assert talk.waits() == GOOD_NIGHT

    def test_interrupted_by_its_own_voice(self) -> None:
        """The end of the hub's own speech, as its ear finds it, is not the end of what a person said."""
        talk = speaking()
        talk.hear(events.SpeechBegan(50_000), events.SpeechEnded(60_000), events.Interrupted())
        assert talk.patience == 15.0

    def test_nudge_helps(self) -> None:
        """An answer after the nudge is an answer."""
        talk = listening()
        talk.hear(events.SpeechEnded(40_000))
        talk.waits()
        assert talk.hear(AUDIO) == [PLAY, SILENCE]

    def test_pitfall_28_lost_end_of_turn(self) -> None:
        """A turn of which all was generated, and whose end never comes, is over 3 s after its last sound."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        talk.played()
        assert talk.patience == 3.0
        talk.waits()
        assert talk.where() is State.FOLLOWING_UP

    def test_pitfall_22_half_an_answer(self) -> None:
        """An answer that breaks off: 30 s of silence, one nudge, then another connection that is asked again."""
        talk = speaking()
        talk.played()
        assert talk.patience == 30.0
        assert talk.waits() == [effects.Nudge()]
        assert (talk.where(), talk.patience) == (State.SPEAKING, 20.0)
        assert talk.waits() == [effects.OpenLine()]
        assert talk.hear(READY) == [effects.Feed(Source.MICROPHONE, WOKE.end)]
        talk.hear(AUDIO)
        talk.played()
        talk.waits()
        talk.waits()
        assert talk.where() is State.FOLLOWING_UP

    def test_half_an_answer_after_a_call(self) -> None:
        """The calls are not made again: the next connection is asked for the rest."""
        talk = listening()
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), done(LAMP), AUDIO)
        talk.played()
        talk.waits()
        assert talk.waits() == [effects.OpenLine(effects.Manner.OWED)]

    def test_answer_that_goes_on_after_the_nudge(self) -> None:
        """Then it is as if nothing had been; the next silence is met with a nudge again."""
        talk = speaking()
        talk.played()
        talk.waits()
        talk.hear(AUDIO)
        talk.played()
        assert talk.waits() == [effects.Nudge()]

    def test_lost_end_of_a_silent_turn(self) -> None:
        """A turn that only called is over after 30 s of silence."""
        talk = listening()
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), done(LAMP))
        assert talk.patience == 30.0
        talk.waits()
        assert talk.where() is State.FOLLOWING_UP

    def test_lost_end_while_the_person_speaks(self) -> None:
        """Then the person is still listened to, with a deadline."""
        talk = listening(MANUAL)
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), events.SpeechBegan(60_000))
        talk.waits()
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)

    def test_lost_end_after_the_person_has_spoken(self) -> None:
        """What was said since the calls has no answer: one nudge, then another connection that hears it again."""
        talk = listening()
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), done(LAMP))
        talk.hear(events.SpeechBegan(60_000), events.SpeechEnded(70_000))
        assert talk.waits() == [effects.Nudge()]
        assert talk.patience == 20.0
        assert talk.waits() == [effects.OpenLine()]

    def test_lost_end_with_a_late_end_of_speech(self) -> None:
        """The end of what was acted on is nothing new, even if the hub's own ear finds it after the call."""
        talk = listening()
        talk.hear(events.ToolsAsked((LAMP,)), events.SpeechEnded(40_000), done(LAMP))
        talk.waits()
        assert talk.where() is State.FOLLOWING_UP

    def test_more_speech_after_a_pause_of_the_model(self) -> None:
        """New speech takes back the deadline that the silence before it set."""
        talk = speaking()
        talk.played()
        talk.hear(AUDIO)
        assert talk.patience is None

    def test_transcript_that_trails_behind_the_turn(self) -> None:
        """Late words about what was already answered prolong the follow-up; they start no wait for an answer."""
        talk = listening()
        talk.hear(events.SpeechEnded(40_000), events.ToolsAsked((LAMP,)), done(LAMP), events.TurnComplete())
        talk.now += 5
        assert talk.hear(events.HeardText("Lights on")) == []
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)
        assert talk.waits() == GOOD_NIGHT


class TestLoss:
    def test_no_connection_at_all(self) -> None:
        """A line that can't be opened is told by a sign, and ends the conversation."""
        talk = opening()
        assert FAILED in talk.hear(LOST)
        assert talk.where() is State.IDLE
        assert [(report.change, report.reason) for report in talk.told(SessionReport)] == [
            (SessionChange.FAILED, "gone")
        ]

    def test_with_nobody_waiting(self) -> None:
        """A line that is lost in the follow-up disturbs nobody, and nobody dials."""
        talk = following_up()
        assert talk.hear(LOST) == []
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)
        assert talk.waits() == [effects.CloseLine()]
        assert talk.where() is State.IDLE

    @pytest.mark.parametrize("state", [State.IDLE, State.MUTED])
    def test_with_no_conversation(self, state: State) -> None:
        """The last words of a line that is closed change nothing."""
        talk = IN_STATE[state]()
        assert talk.hear(LOST) == []
        assert talk.where() is state

    def test_closed_once(self) -> None:
        """A session that failed is not closed as well."""
        talk = following_up()
        talk.hear(LOST)
        assert [report.change for report in talk.told(SessionReport)] == [SessionChange.OPENED, SessionChange.FAILED]

    def test_woken_while_the_last_words_still_sound(self) -> None:
        """What was said before the loss is played to its end, or to the next wake word."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        assert talk.hear(LOST) == GOOD_NIGHT
        assert talk.hear(WOKE)[0] == effects.Flush()


class TestMute:
    @pytest.mark.parametrize("state", State)
    def test_in_every_state(self, state: State) -> None:
        """Muting ends everything at once; no microphone is fed, no line stays open."""
        talk = IN_STATE[state]()
        follow = talk.hear(events.MuteChanged(muted=True))
        assert (talk.where(), talk.patience) == (State.MUTED, None)
        assert (effects.CloseLine() in follow) is (state not in {State.IDLE, State.MUTED})
        feeds = [effect for effect in talk.all if isinstance(effect, effects.Feed)]
        assert feeds[-1:] in ([], [effects.Feed(Source.NOTHING)])
        assert (effects.Flush() in follow) is (state is State.SPEAKING)

    @pytest.mark.parametrize("state", [state for state in State if state is not State.MUTED])
    def test_opened_while_it_was_not_muted(self, state: State) -> None:
        """Opening an open microphone changes nothing."""
        talk = IN_STATE[state]()
        assert talk.hear(events.MuteChanged(muted=False)) == []
        assert talk.where() is state

    def test_opened_again(self) -> None:
        """After muting the hub waits for its wake word."""
        talk = IN_STATE[State.MUTED]()
        assert talk.hear(WOKE) == []
        talk.hear(events.MuteChanged(muted=False))
        assert talk.where() is State.IDLE
        assert effects.OpenLine() in talk.hear(WOKE)

    def test_reason_is_not_that_of_the_past(self) -> None:
        """What ended the microphone before a conversation is not what ended the conversation."""
        talk = IN_STATE[State.MUTED]()
        talk.hear(events.MuteChanged(muted=False), WOKE, READY, events.SpeechEnded(30_000), AUDIO)
        talk.hear(events.TurnComplete())
        talk.played()
        talk.waits()
        assert talk.told(SessionReport)[-1].reason == "nobody said more"


class TestImpossible:
    def test_event_without_a_row(self) -> None:
        """An event that can't come is a bug, which is not passed over."""
        with pytest.raises(LocalProtocolError, match="ModelAudio can't come while opening"):
            opening().hear(AUDIO)

    @pytest.mark.parametrize("state", State)
    @pytest.mark.parametrize(
        "event",
        [
            events.HandleIssued("h"),
            events.TokensUsed(1, 1, 0),
            events.Shown(Program("python", "print(1)")),
        ],
    )
    def test_bookkeeping(self, state: State, event: events.Event) -> None:
        """What is meant for the line's keeper, or to be read, changes nothing, in any state."""
        talk = IN_STATE[state]()
        before = (talk.where(), talk.patience)
        assert talk.hear(event) == []
        assert (talk.where(), talk.patience) == before


def test_another_pace_between_two_conversations() -> None:
    """The next one waits as long as it says, marks the activity or does not, waits for the calls that it names."""
    talk = Talk()
    for pace in (Pace(manual_activity=True, blocking={"set_light"}, follow_up=3.0, chime=False), Pace()):
        talk.conversation.adopt(pace)
        woken = talk.hear(WOKE)
        assert (effects.Signal(effects.Sign.WOKE) in woken) is pace.chime
        opened = talk.hear(READY)
        assert (effects.BeginActivity() in opened) is pace.manual_activity
        assert talk.patience == pace.max_listening
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)))
        assert (talk.where() is State.ACTING) is bool(pace.blocking)
        talk.hear(done(LAMP), events.TurnComplete())
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, pace.follow_up)
        talk.waits()
        assert talk.where() is State.IDLE
