"""From one Live connection to the next, in the middle of a conversation (``live-protocol.md`` 8.5, 12)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hubd import effects, events
from hubd.effects import Manner, Source
from hubd.pace import BargeIn, Pace
from hubd.reports import SessionChange, SessionReport
from hubd.states import State
from tests.conversation_script import (
    AUDIO,
    IN_STATE,
    LAMP,
    LOCK,
    LOST,
    PLAY,
    READY,
    WOKE,
    Talk,
    acting,
    answer,
    done,
    following_up,
    listening,
    speaking,
)

MANUAL = Pace(manual_activity=True, blocking={"lock_door"})
FROM_THE_WORD_ON = effects.Feed(Source.MICROPHONE, WOKE.end)
# Half a second before 90,000, where speech is noticed.
BEFORE_THE_SPEECH = effects.Feed(Source.MICROPHONE, 82_000)
NEWEST = effects.Feed(Source.MICROPHONE)
SILENCE = effects.Feed(Source.SILENCE)
GOOD_NIGHT = [effects.Feed(Source.NOTHING), effects.CloseLine()]
FAILED = effects.Signal(effects.Sign.FAILED)
RESUMED = replace(READY, resumed=True)
HANDLE = events.HandleIssued("h")
AGAIN = [effects.OpenLine()]
# With nothing owed: what has happened meanwhile, and wants to be spoken about, is.
CALMLY = [effects.OpenLine(Manner.ALOUD)]


def leaving(talk: Talk, seconds: float = 50.0) -> Talk:
    """Let the server announce its end."""
    talk.hear(events.GoingAway(seconds))
    return talk


class TestLost:
    def test_while_the_person_speaks(self) -> None:
        """The next connection hears the request from its beginning, and the person notices nothing."""
        talk = listening()
        assert talk.hear(LOST) == AGAIN
        assert talk.where() is State.OPENING
        assert talk.hear(events.SpeechEnded(60_000), RESUMED) == [FROM_THE_WORD_ON]
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)
        assert talk.hear(AUDIO) == [PLAY, SILENCE]
        assert [report.change for report in talk.told(SessionReport)] == [
            SessionChange.OPENED,
            SessionChange.CLOSED,
            SessionChange.RESUMED,
        ]

    def test_while_the_person_speaks_with_marks(self) -> None:
        """The marks are set again, both of them if the person has finished."""
        talk = listening(MANUAL)
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY) == [effects.BeginActivity(), FROM_THE_WORD_ON]
        assert talk.hear(events.SpeechEnded(60_000)) == [effects.EndActivity(60_000)]
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY) == [effects.BeginActivity(), FROM_THE_WORD_ON, effects.EndActivity(60_000)]

    def test_second_request(self) -> None:
        """In the follow-up, a request that is not answered yet is said again from half a second before it began."""
        talk = following_up(MANUAL)
        talk.hear(events.SpeechBegan(90_000))
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY) == [effects.BeginActivity(), effects.Feed(Source.MICROPHONE, 82_000)]

    def test_second_request_with_the_server_s_detection(self) -> None:
        """Speech after an answer is speech, also where the server finds its end."""
        talk = following_up()
        talk.hear(events.SpeechBegan(90_000))
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY) == [effects.Feed(Source.MICROPHONE, 82_000)]
        assert talk.where() is State.LISTENING

    def test_answer_that_is_cut(self) -> None:
        """An answer that broke off is given anew: what was played of it is not continued."""
        talk = speaking()
        talk.hear(events.SaidText("It is"))
        assert talk.hear(LOST) == [effects.Flush(), *AGAIN]
        assert talk.hear(READY) == [FROM_THE_WORD_ON]
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)

    @pytest.mark.parametrize("over", [(events.GenerationComplete(),), (events.TurnComplete(),)])
    def test_answer_that_is_whole(self, over: tuple[events.Event, ...]) -> None:
        """With the answer there nobody waits: it is played to its end, without a sign, without a new connection."""
        talk = speaking()
        talk.hear(*over)
        assert talk.hear(LOST) == GOOD_NIGHT
        assert talk.where() is State.IDLE

    def test_after_the_calls(self) -> None:
        """What led to calls is not said again, lest they be made again; the rest of the answer is asked for."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)), done(LAMP))
        assert talk.hear(LOST) == [effects.OpenLine(Manner.OWED)]
        assert talk.hear(READY) == [NEWEST]
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)

    def test_with_a_call_open(self) -> None:
        """The outcome of a call whose connection is gone is told aloud when it comes (pitfall 7)."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)))
        assert talk.hear(LOST) == [effects.OpenLine(Manner.ALOUD)]
        assert talk.hear(READY) == [NEWEST]
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 60.0)
        assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),)), effects.Brief(Manner.ALOUD)]
        assert talk.patience == 8.0

    def test_with_a_blocking_call_open(self) -> None:
        """Who waited for a lock gets an answer, whatever the outcome's scheduling says."""
        talk = acting()
        assert talk.hear(LOST) == [effects.OpenLine(Manner.ALOUD)]
        talk.hear(READY)
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),)), effects.Brief(Manner.OWED)]

    def test_outcome_while_there_is_no_connection(self) -> None:
        """It is handed over at once, and told when there is one."""
        talk = acting()
        talk.hear(LOST)
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),))]
        talk.hear(READY)
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)

    def test_call_that_is_asked_again(self) -> None:
        """A call that the next connection asks for again, by its id, goes to the hands: they know it."""
        talk = acting()
        talk.hear(LOST, READY)
        assert talk.hear(events.ToolsAsked((LOCK,))) == [effects.Act((LOCK,))]
        assert talk.where() is State.ACTING
        talk.hear(done(LOCK))
        assert talk.where() is State.LISTENING

    @pytest.mark.parametrize("hopeless", [replace(LOST, fatal=True), replace(LOST, wait=60.0)])
    @pytest.mark.parametrize("state", [State.LISTENING, State.ACTING, State.SPEAKING])
    def test_that_nothing_helps_against(self, state: State, hopeless: events.LinkLost) -> None:
        """Where another attempt can't help the conversation ends with a sign."""
        talk = IN_STATE[state]()
        assert FAILED in talk.hear(hopeless)
        assert talk.where() is State.IDLE

    def test_again_and_again(self) -> None:
        """Three connections in a row that break, and the conversation is over: no dial loop."""
        talk = listening()
        for _ in range(3):
            assert talk.hear(LOST) == AGAIN
            talk.hear(READY)
        assert talk.hear(LOST) == [FAILED, *GOOD_NIGHT]

    def test_answers_in_between(self) -> None:
        """An answer begins the count anew."""
        talk = listening(MANUAL)
        for turn in range(5):
            assert talk.hear(LOST) == AGAIN
            talk.hear(READY, events.SpeechEnded(60_000 + turn), AUDIO, events.TurnComplete())
            talk.played()
            talk.hear(events.SpeechBegan(70_000))

    def test_after_the_farewell(self) -> None:
        """Who has said good night is not called back."""
        talk = speaking()
        talk.hear(events.EndAsked())
        assert talk.hear(LOST) == GOOD_NIGHT

    def test_no_connection_follows(self) -> None:
        """Three attempts of the line in vain end it with a sign."""
        talk = listening()
        talk.hear(LOST)
        assert talk.hear(LOST) == [FAILED, effects.CloseLine()]


class TestRest:
    """A line that is lost in the pause after an answer."""

    @pytest.mark.parametrize(
        ("pace", "heard"),
        [
            (Pace(), [BEFORE_THE_SPEECH]),
            (MANUAL, [effects.BeginActivity(), BEFORE_THE_SPEECH, effects.EndActivity(99_000)]),
        ],
    )
    def test_speech(self, pace: Pace, heard: list[effects.Effect]) -> None:
        """Who speaks before the pause is over is heard from the beginning, over another connection."""
        talk = following_up(pace)
        assert talk.hear(LOST) == []
        assert talk.hear(events.SpeechBegan(90_000)) == AGAIN
        assert talk.where() is State.OPENING
        assert talk.hear(events.SpeechEnded(99_000), RESUMED) == heard
        assert (talk.where(), talk.patience) == (State.LISTENING, 20.0)

    def test_wake_word(self) -> None:
        """So is who uses the wake word."""
        talk = following_up()
        talk.hear(LOST)
        assert talk.hear(replace(WOKE, end=70_000)) == [effects.Signal(effects.Sign.WOKE), *AGAIN]
        assert talk.hear(READY) == [effects.Feed(Source.MICROPHONE, 70_000)]

    def test_outcome_of_the_past(self) -> None:
        """An outcome is left to the line; nothing is dialled for it."""
        talk = following_up()
        talk.hear(LOST)
        assert talk.hear(done(LAMP))[0] == effects.Respond((answer(LAMP),))
        assert talk.where() is State.FOLLOWING_UP

    @pytest.mark.parametrize("hopeless", [replace(LOST, fatal=True), replace(LOST, wait=60.0)])
    def test_hopeless(self, hopeless: events.LinkLost) -> None:
        """Where no other connection can be had, the conversation is over."""
        assert following_up().hear(hopeless) == GOOD_NIGHT

    def test_next_conversation(self) -> None:
        """The next wake word finds everything as usual."""
        talk = following_up()
        talk.hear(LOST)
        talk.waits()
        assert talk.hear(WOKE, READY) == [effects.Signal(effects.Sign.WOKE), *AGAIN, FROM_THE_WORD_ON]
        assert talk.where() is State.LISTENING


class TestMeanwhile:
    def test_wake_word(self) -> None:
        """A wake word while a connection is sought for outcomes begins a request of its own."""
        talk = acting()
        talk.hear(LOST)
        assert talk.hear(replace(WOKE, end=70_000)) == [effects.Signal(effects.Sign.WOKE)]
        assert talk.hear(READY) == [effects.Feed(Source.MICROPHONE, 70_000)]
        assert talk.where() is State.LISTENING

    def test_wake_word_within_a_request(self) -> None:
        """One that is said into a request does not cut off its beginning."""
        talk = listening()
        talk.hear(LOST)
        assert talk.hear(replace(WOKE, end=70_000)) == []
        assert talk.hear(READY) == [FROM_THE_WORD_ON]

    def test_speech(self) -> None:
        """What is said while a connection is sought is heard by it."""
        talk = acting()
        talk.hear(LOST, events.SpeechBegan(70_000))
        assert talk.hear(READY) == [effects.Feed(Source.MICROPHONE, 62_000)]
        assert talk.where() is State.LISTENING

    def test_stop(self) -> None:
        """Stopped, nothing more is sought."""
        talk = listening()
        talk.hear(LOST)
        assert talk.hear(events.StopAsked()) == [effects.CloseLine()]

    def test_outcome_after_the_next_answer(self) -> None:
        """A call of the connection before is told as text however much was said since; a call of this one is not."""
        talk = listening()
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)), LOST, READY)
        talk.hear(AUDIO, events.GenerationComplete(), events.TurnComplete())
        talk.played()
        assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),)), effects.Brief(Manner.ALOUD)]
        talk.hear(events.ToolsAsked((LAMP,)))
        assert talk.hear(done(LAMP)) == [effects.Respond((answer(LAMP),))]


class TestCallWhileThePersonSpeaks:
    def test_speech_that_the_call_is_not_about(self) -> None:
        """What the person has begun to say when a call comes, and the connection goes, is heard by the next one."""
        talk = following_up()
        talk.hear(events.SpeechBegan(90_000), events.ToolsAsked((LAMP,)))
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY) == [effects.Feed(effects.Source.MICROPHONE, 82_000)]

    def test_speech_that_it_is_about(self) -> None:
        """What has gone on for longer may be what the call is about: it is not said again."""
        talk = following_up()
        talk.hear(events.SpeechBegan(90_000))
        talk.now += 3.0
        talk.hear(events.ToolsAsked((LAMP,)))
        assert talk.hear(LOST) == [effects.OpenLine(Manner.ALOUD)]

    def test_first_words(self) -> None:
        """There is nothing before the words after a wake word that a call could be about."""
        talk = listening()
        talk.hear(events.SpeechBegan(30_000), events.ToolsAsked((LAMP,)))
        assert talk.hear(LOST) == [effects.OpenLine(Manner.ALOUD)]


class TestGoAway:
    def test_in_the_pause(self) -> None:
        """With the answer given and a handle that holds it, the connection is changed at once, and goes on there."""
        talk = leaving(speaking())
        talk.hear(events.TurnComplete(), HANDLE)
        talk.played()
        assert talk.patience == 0.0
        assert talk.waits() == CALMLY
        assert talk.where() is State.OPENING
        assert talk.hear(RESUMED) == [NEWEST]
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 8.0)
        talk.waits()
        assert talk.where() is State.IDLE

    def test_handle_comes_later(self) -> None:
        """The pause is long enough to wait for the handle that holds the answer."""
        talk = leaving(following_up())
        assert talk.patience == 8.0
        talk.hear(HANDLE)
        assert talk.patience == 0.0

    def test_pitfall_8_open_call(self) -> None:
        """An open call keeps the connection, until shortly before its end."""
        talk = leaving(listening())
        talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LAMP,)), events.TurnComplete(), HANDLE)
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 45.0)
        talk.hear(done(LAMP))
        assert talk.patience == 8.0
        talk.hear(HANDLE)
        assert talk.patience == 0.0
        assert talk.waits() == CALMLY

    def test_pitfall_8_call_that_takes_too_long(self) -> None:
        """5 s before the end the connection is left even so; the outcome is told to the next one."""
        talk = leaving(acting())
        assert talk.patience == 45.0
        assert talk.waits() == [effects.OpenLine(Manner.ALOUD)]

    def test_pitfall_23_nothing_more_comes(self) -> None:
        """The hub keeps the time itself: a request that falls into the end is said again, from its beginning."""
        talk = leaving(listening(), 10.0)
        talk.hear(events.SpeechBegan(30_000))
        assert talk.patience == 5.0
        assert talk.waits() == AGAIN
        assert talk.hear(READY) == [FROM_THE_WORD_ON]
        assert talk.patience == 15.0

    def test_answer_that_is_still_played(self) -> None:
        """What is there already is played to its end while the connection changes; then the person may answer."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        leaving(talk, 4.0)
        assert talk.waits() == CALMLY
        assert talk.hear(events.SpeechBegan(70_000), READY) == [SILENCE]
        assert talk.where() is State.SPEAKING
        assert talk.played() == [NEWEST]
        assert talk.where() is State.FOLLOWING_UP

    def test_answer_that_ends_in_between(self) -> None:
        """Played to its end before the next connection is there, it is followed up all the same."""
        talk = speaking()
        talk.hear(events.GenerationComplete())
        leaving(talk, 4.0)
        talk.waits()
        assert talk.played() == []
        talk.hear(READY)
        assert talk.where() is State.FOLLOWING_UP

    def test_end_that_is_far_off(self) -> None:
        """An end in 5 minutes is no reason to change at the first pause."""
        talk = leaving(following_up(), 300.0)
        talk.hear(HANDLE)
        assert talk.patience == 8.0

    def test_person_has_begun(self) -> None:
        """Who speaks in the pause is heard out first."""
        talk = following_up()
        talk.hear(events.SpeechBegan(90_000))
        leaving(talk)
        talk.hear(HANDLE)
        assert talk.patience == 15.0

    def test_none_follows(self) -> None:
        """A change in the pause that fails disturbs nobody."""
        talk = leaving(following_up())
        talk.hear(HANDLE)
        talk.waits()
        assert talk.hear(LOST) == [effects.CloseLine()]

    def test_after_the_farewell(self) -> None:
        """Who has said good night needs no other connection."""
        talk = speaking()
        talk.hear(events.EndAsked(), events.GenerationComplete())
        leaving(talk, 2.0)
        assert talk.waits() == []
        assert talk.where() is State.SPEAKING

    def test_server_that_always_goes_away(self) -> None:
        """Announcement after announcement without an answer in between: three changes, then none."""
        talk = listening()
        for _ in range(3):
            leaving(talk, 0.0)
            assert talk.waits() == AGAIN
            talk.hear(READY)
        leaving(talk, 0.0)
        assert talk.waits() == []
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)

    def test_is_about_one_connection(self) -> None:
        """The next connection has an end of its own."""
        talk = leaving(following_up())
        talk.hear(events.StopAsked(), WOKE, READY)
        assert talk.patience == 15.0

    def test_a_clock_that_is_a_tick_short(self) -> None:
        """The moment to leave is taken for what it is: the time after an answer is not over yet."""
        talk = leaving(following_up(), 6.0)
        assert talk.conversation.deadline is not None
        talk.now = talk.conversation.deadline - 1e-9
        assert talk.hear(events.DeadlinePassed()) == CALMLY
        assert talk.where() is State.OPENING


class TestHeldSound:
    """A model that takes no sound while a blocking call is open (pitfall 6)."""

    HOLDING = Pace(blocking={"lock_door"}, hold_while_acting=True)

    def test_pitfall_6_sound_is_held(self) -> None:
        """The microphone is held while the call is open, and goes on where it stopped."""
        talk = listening(self.HOLDING)
        assert talk.hear(events.SpeechEnded(30_000), events.ToolsAsked((LOCK,))) == [
            effects.Act((LOCK,)),
            effects.Feed(Source.HELD),
        ]
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),)), NEWEST]

    def test_wake_word_waits(self) -> None:
        """A wake word is answered with a sign; what follows it is heard after the call."""
        talk = listening(self.HOLDING)
        talk.hear(events.ToolsAsked((LOCK,)))
        assert talk.hear(replace(WOKE, end=70_000)) == [effects.Signal(effects.Sign.WOKE)]
        assert talk.where() is State.ACTING
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),)), effects.Feed(Source.MICROPHONE, 70_000)]

    def test_speech_with_marks_goes_on(self) -> None:
        """Speech that was marked as going on when the call came is sent to its end after it."""
        talk = listening(replace(self.HOLDING, manual_activity=True))
        talk.hear(events.ToolsAsked((LOCK,)))
        assert talk.hear(events.SpeechEnded(40_000)) == []
        assert talk.hear(done(LOCK)) == [effects.Respond((answer(LOCK),)), NEWEST, effects.EndActivity(40_000)]

    def test_others_hear_on(self) -> None:
        """Other models hear everything all the time."""
        assert listening().hear(events.ToolsAsked((LOCK,))) == [effects.Act((LOCK,))]


class TestFaultsOfThePast:
    def test_wake_word_while_acting(self) -> None:
        """A wake word while a lock turns is a new request."""
        talk = acting()
        assert talk.hear(replace(WOKE, end=70_000)) == [effects.Signal(effects.Sign.WOKE)]
        assert (talk.where(), talk.patience) == (State.LISTENING, 15.0)

    @pytest.mark.parametrize("state", [State.LISTENING, State.FOLLOWING_UP])
    def test_pitfall_35_television(self, state: State) -> None:
        """A room that is never quiet is not listened to for more than 45 s."""
        talk = IN_STATE[state]()
        began = talk.now
        while talk.where() is not State.IDLE and talk.now < began + 600:
            talk.now = min(talk.now + 3, talk.conversation.deadline or talk.now + 3)
            talk.hear(events.DeadlinePassed() if talk.now == talk.conversation.deadline else events.HeardText("blah"))
        assert talk.now == began + 45
        assert FAILED not in talk.all

    @pytest.mark.parametrize("scheduling", [events.Scheduling.WHEN_IDLE, events.Scheduling.INTERRUPT])
    def test_no_follow_up_leaves_room_for_a_word(self, scheduling: events.Scheduling) -> None:
        """With follow_up = 0 an outcome that came while the hub spoke is still spoken about."""
        talk = speaking(Pace(follow_up=0))
        talk.hear(events.ToolsAsked((LAMP,)), done(LAMP, scheduling), events.TurnComplete())
        talk.played()
        assert (talk.where(), talk.patience) == (State.FOLLOWING_UP, 2.0)
        talk.hear(AUDIO, events.TurnComplete())
        talk.played()
        assert talk.where() is State.IDLE

    def test_barge_in_in_full_duplex(self) -> None:
        """Speech that cuts the hub short is said again to the next connection."""
        talk = speaking(Pace(barge_in=BargeIn.SPEECH, manual_activity=True))
        talk.hear(events.SpeechEnded(40_000), events.SpeechBegan(50_000))
        assert talk.hear(LOST) == AGAIN
        assert talk.hear(READY)[0] == effects.BeginActivity()
