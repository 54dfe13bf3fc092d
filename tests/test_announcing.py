from __future__ import annotations

import pytest

from hubd import effects, events
from hubd.effects import Announce, Feed, Learn, Reply, Silence, Source
from hubd.pace import BargeIn, Pace
from hubd.reports import SaidReport, ToldReport
from hubd.states import State
from hubd.wishes import (
    LONGEST_TEXT,
    Announced,
    AskAsked,
    Ending,
    Fact,
    ListenAsked,
    SayAsked,
    Scheduling,
    Sign,
    Standing,
    Told,
    WishStatus,
)
from tests.conversation_script import AUDIO, IN_STATE, LOST, READY, WOKE, Talk, following_up, listening, muted, speaking

AT = 50_000
TEXT = "The washing machine has finished."
QUESTION = AskAsked("q", "Shall I close the garage?")
FOLLOW_UP = Pace().follow_up


def told(scheduling: Scheduling) -> Told:
    """Return news of the washing machine."""
    return Told("washing machine", TEXT, scheduling)


def fact(standing: Standing) -> Learn:
    """Return the effect by which the model learns of them."""
    return Learn((Fact("washing machine", TEXT, standing),))


def played(number: int = 1, ending: Ending = Ending.PLAYED) -> Announced:
    """Return the end of an announcement."""
    return Announced(number, ending, AT)


def replies(talk: Talk) -> list[Reply]:
    """Return the word that others got so far."""
    return [effect for effect in talk.all if isinstance(effect, Reply)]


@pytest.mark.parametrize("state", State)
class TestInEveryState:
    def test_silent(self, state: State) -> None:
        """Silent news is knowledge in every state: no sound, no connection, no change."""
        talk = IN_STATE[state]()
        assert talk.hear(told(Scheduling.SILENT)) == [fact(Standing.KNOWN)]
        assert talk.where() is state
        assert talk.told(ToldReport) == [ToldReport("washing machine", TEXT, Scheduling.SILENT)]

    def test_interrupt(self, state: State) -> None:
        """What interrupts is said at once in every state, by the hub itself; only then the model knows."""
        talk = IN_STATE[state]()
        happened = talk.hear(told(Scheduling.INTERRUPT))
        assert Announce(1, TEXT, Sign.ALERT) in happened
        assert (effects.Flush() in happened) is (state is State.SPEAKING)
        assert fact(Standing.SAID) in talk.hear(played())
        assert talk.told(SaidReport)[-1] == SaidReport(TEXT, interrupted=False)

    def test_when_idle(self, state: State) -> None:
        """What waits for a pause is said without a conversation by the hub, in a pause by the model, else not yet."""
        talk = IN_STATE[state]()
        happened = talk.hear(told(Scheduling.WHEN_IDLE))
        if state in {State.IDLE, State.MUTED}:
            assert happened == [Announce(1, TEXT)]
            assert fact(Standing.SAID) in talk.hear(played())
        else:
            assert happened == ([fact(Standing.WANTED)] if state is State.FOLLOWING_UP else [])
        assert talk.where() is state

    def test_say(self, state: State) -> None:
        """Exactly the text is said in a pause, and word of it comes once it is; no conversation is opened for it."""
        talk = IN_STATE[state]()
        happened = talk.hear(SayAsked("r", TEXT))
        if state not in {State.IDLE, State.MUTED, State.FOLLOWING_UP}:
            assert happened == []
            happened = talk.hear(events.StopAsked())
            assert Reply("r", WishStatus.STOPPED, "it was cut short") in happened
            return
        assert happened[-1] == Announce(1, TEXT)
        assert replies(talk) == []
        assert Reply("r", WishStatus.DONE) in talk.hear(played())
        assert talk.where() is state

    def test_stop(self, state: State) -> None:
        """Stop silences what is announced, in every state, and whatever rings."""
        talk = IN_STATE[state]()
        talk.hear(SayAsked("r", TEXT, Scheduling.INTERRUPT, Sign.RING), events.StopAsked())
        assert Silence() in talk.all
        assert talk.all.count(effects.Quiet()) == 1 + (state not in {State.IDLE, State.MUTED})
        assert replies(talk) == [Reply("r", WishStatus.STOPPED, "it was cut short")]
        assert talk.hear(played(ending=Ending.CUT)) == []

    def test_mute(self, state: State) -> None:
        """Muted is the microphone: what is announced is said to its end."""
        talk = IN_STATE[state]()
        talk.hear(SayAsked("r", TEXT, Scheduling.INTERRUPT), events.MuteChanged(muted=True))
        assert Silence() not in talk.all
        talk.hear(played())
        assert replies(talk) == [Reply("r", WishStatus.DONE)]


class TestPause:
    def test_after_the_answer(self) -> None:
        """What waited while the model spoke is told by the model, in its next pause, all at once."""
        talk = speaking()
        talk.hear(told(Scheduling.WHEN_IDLE), Told("door", "The door is open.", Scheduling.WHEN_IDLE))
        talk.hear(events.GenerationComplete(), events.TurnComplete())
        assert talk.played()[-1] == Learn(
            (Fact("washing machine", TEXT, Standing.WANTED), Fact("door", "The door is open.", Standing.WANTED))
        )
        assert talk.where() is State.FOLLOWING_UP
        talk.hear(AUDIO)
        assert talk.where() is State.SPEAKING

    def test_model_that_does_not_speak(self) -> None:
        """What the model was to tell, and did not, is said by the hub at the conversation's end."""
        talk = following_up()
        talk.hear(told(Scheduling.WHEN_IDLE))
        assert talk.waits()[-1] == Announce(1, TEXT)
        assert talk.where() is State.IDLE
        assert fact(Standing.SAID) in talk.hear(played())

    def test_connection_that_is_lost(self) -> None:
        """Without a connection the hub says it at once; with the model's word about it nothing more is said."""
        talk = following_up()
        talk.hear(told(Scheduling.WHEN_IDLE))
        assert talk.hear(LOST)[-1] == Announce(1, TEXT)
        assert talk.where() is State.FOLLOWING_UP
        talk = following_up()
        talk.hear(told(Scheduling.WHEN_IDLE), AUDIO, events.GenerationComplete(), events.TurnComplete())
        talk.played()
        assert talk.hear(LOST) == []

    def test_nobody_followed_up(self) -> None:
        """Without a pause in the conversation its end is the pause: the hub says it."""
        talk = speaking(Pace(follow_up=0))
        talk.hear(told(Scheduling.WHEN_IDLE), events.GenerationComplete(), events.TurnComplete())
        assert talk.played()[-1] == Announce(1, TEXT)
        assert talk.where() is State.IDLE

    def test_offline(self) -> None:
        """The offline server would take it for a request: the hub says it, and is not heard by the server."""
        talk = Talk()
        talk.hear(WOKE, events.LinkReady(events.Backend.OFFLINE, resumed=False), AUDIO, events.TurnComplete())
        talk.played()
        assert talk.where() is State.FOLLOWING_UP
        assert talk.hear(told(Scheduling.WHEN_IDLE)) == [Feed(Source.SILENCE), Announce(1, TEXT)]
        assert talk.hear(played()) == [Feed(Source.MICROPHONE), fact(Standing.SAID)]

    def test_not_into_what_the_person_says(self) -> None:
        """Who has begun to speak in the pause is not talked over."""
        talk = following_up()
        talk.hear(events.SpeechBegan(60_000))
        assert talk.hear(SayAsked("r", TEXT)) == []

    def test_time_to_react(self) -> None:
        """The microphone stays open after an announcement as long as after an answer, however long it was."""
        talk = following_up()
        talk.hear(SayAsked("r", TEXT))
        talk.waits()
        talk.waits()
        assert talk.where() is State.FOLLOWING_UP
        talk.hear(played())
        assert talk.patience == FOLLOW_UP
        talk.waits()
        assert talk.where() is State.IDLE


class TestUrgency:
    def test_cuts_the_models_speech(self) -> None:
        """The rest of the model's turn is not played, and the person can react."""
        talk = speaking()
        talk.hear(told(Scheduling.INTERRUPT))
        assert talk.where() is State.FOLLOWING_UP
        assert effects.Play(AUDIO.pcm, AUDIO.rate) not in talk.hear(AUDIO)
        assert talk.where() is State.FOLLOWING_UP
        talk.hear(events.Interrupted(), events.TurnComplete(), played())
        assert effects.Play(AUDIO.pcm, AUDIO.rate) in talk.hear(AUDIO)

    def test_before_what_is_not_urgent(self) -> None:
        """It cuts an announcement that is not urgent, which is said again afterwards."""
        talk = Talk()
        talk.hear(SayAsked("r", "Dinner!"))
        assert talk.hear(told(Scheduling.INTERRUPT)) == [Silence(), Announce(2, TEXT, Sign.ALERT)]
        assert talk.hear(played(1, Ending.CUT)) == []
        assert talk.hear(played(2)) == [fact(Standing.SAID), Announce(3, "Dinner!")]
        assert talk.hear(played(3)) == [Reply("r", WishStatus.DONE)]

    def test_not_before_what_is_urgent(self) -> None:
        """One alarm does not cut another."""
        talk = Talk()
        talk.hear(told(Scheduling.INTERRUPT))
        assert talk.hear(SayAsked("r", "Fire!", Scheduling.INTERRUPT)) == []
        assert talk.hear(played())[-1] == Announce(2, "Fire!")

    def test_while_the_person_is_waited_for(self) -> None:
        """A person who was woken and has said nothing is listened to again afterwards."""
        talk = listening()
        assert talk.hear(told(Scheduling.INTERRUPT))[0] == Feed(Source.SILENCE)
        assert talk.hear(events.SpeechBegan(60_000), events.SpeechEnded(70_000)) == []
        assert talk.hear(played())[0] == Feed(Source.MICROPHONE)
        assert talk.where() is State.LISTENING

    def test_while_connecting(self) -> None:
        """What the person said while the hub connects reaches the server, whatever is announced meanwhile."""
        talk = Talk()
        talk.hear(WOKE, told(Scheduling.INTERRUPT))
        assert talk.hear(READY) == [Feed(Source.MICROPHONE, WOKE.end)]

    def test_full_duplex(self) -> None:
        """A microphone that does not hear the hub is not closed while it announces."""
        talk = listening(Pace(barge_in=BargeIn.SPEECH))
        assert talk.hear(told(Scheduling.INTERRUPT)) == [Announce(1, TEXT, Sign.ALERT)]


class TestWakeWord:
    def test_cuts_an_announcement(self) -> None:
        """Who speaks to the hub need not hear it out; the model knows what was not heard."""
        talk = Talk()
        talk.hear(told(Scheduling.WHEN_IDLE))
        happened = talk.hear(WOKE)
        assert happened[:2] == [Silence(), fact(Standing.UNHEARD)]
        assert talk.where() is State.OPENING

    def test_what_waits(self) -> None:
        """Another alarm that waits behind the one that is cut is said in the next pause."""
        talk = Talk()
        talk.hear(told(Scheduling.INTERRUPT), SayAsked("r", "Fire!", Scheduling.INTERRUPT), WOKE)
        assert talk.hear(READY, AUDIO, events.GenerationComplete(), events.TurnComplete())[-1] != Announce(2, "Fire!")
        assert talk.played()[-1] == Announce(2, "Fire!")

    def test_in_a_conversation(self) -> None:
        """Every sample after a wake word that cuts an announcement reaches the server."""
        talk = listening()
        talk.hear(told(Scheduling.INTERRUPT))
        again = events.Woke("hey_jarvis", 0.9, end=90_000, end_ms=0)
        assert Feed(Source.MICROPHONE, 90_000) in talk.hear(again)
        assert not talk.conversation.ear.covered

    def test_is_quiet_between_two_rings(self) -> None:
        """Every wake word says so to whatever rings, though nothing is announced."""
        talk = Talk()
        talk.hear(WOKE)
        assert effects.Quiet() in talk.all


class TestAsk:
    def test_question_with_an_answer(self) -> None:
        """The question is said, the microphone opens where it ended, the model knows it, the words come back."""
        talk = Talk()
        assert talk.hear(QUESTION) == [Announce(1, QUESTION.text)]
        asked = Learn((Fact("an automation", QUESTION.text, Standing.ASKED),))
        assert talk.hear(played()) == [asked, effects.OpenLine()]
        assert talk.hear(READY) == [Feed(Source.MICROPHONE, AT)]
        talk.hear(events.HeardText("Yes, "), events.HeardText("please."))
        assert replies(talk) == []
        talk.hear(events.SaidText("Thank you."))
        assert replies(talk) == [Reply("q", WishStatus.DONE, "Yes, please.")]

    def test_after_a_conversation_that_was_cut(self) -> None:
        """What was still played when the last conversation ended keeps nobody from being heard."""
        talk = speaking()
        talk.hear(QUESTION, events.EndAsked(), LOST)
        assert talk.where() is State.IDLE
        talk.hear(played(), READY)
        assert talk.where() is State.LISTENING

    def test_in_a_conversation(self) -> None:
        """In the pause after an answer it is asked without another connection, and time is given to answer."""
        talk = following_up()
        assert talk.hear(QUESTION) == [Feed(Source.SILENCE), Announce(1, QUESTION.text)]
        talk.hear(played())
        assert talk.where() is State.LISTENING
        assert talk.patience == Pace().max_listening
        talk.hear(events.HeardText("No.", final=True))
        assert replies(talk) == [Reply("q", WishStatus.DONE, "No.")]

    def test_nobody_answers(self) -> None:
        """Silence is an answer that is told as a failure."""
        talk = Talk()
        talk.hear(QUESTION, played(), READY)
        talk.waits()
        assert talk.where() is State.IDLE
        assert replies(talk) == [Reply("q", WishStatus.FAILED, "nobody spoke")]

    def test_no_connection(self) -> None:
        """Without a server nobody can be understood."""
        talk = Talk()
        talk.hear(QUESTION, played(), LOST)
        assert replies(talk) == [Reply("q", WishStatus.FAILED, "gone")]

    def test_no_voice(self) -> None:
        """A question that can't be said is not waited for."""
        talk = Talk()
        talk.hear(QUESTION, played(ending=Ending.UNSPEAKABLE))
        assert talk.where() is State.IDLE
        assert [reply.status for reply in replies(talk)] == [WishStatus.FAILED]

    def test_muted(self) -> None:
        """Nothing opens a muted microphone, not even a question that is being asked."""
        talk = muted()
        assert talk.hear(QUESTION) == [Reply("q", WishStatus.REFUSED, "the microphone is muted")]
        talk = Talk()
        talk.hear(QUESTION, events.MuteChanged(muted=True))
        talk.hear(played(ending=Ending.CUT))
        assert talk.where() is State.MUTED
        assert [reply.status for reply in replies(talk)] == [WishStatus.STOPPED]

    def test_one_at_a_time(self) -> None:
        """A second question is refused while the first one has no answer."""
        talk = Talk()
        talk.hear(QUESTION)
        refused = Reply("p", WishStatus.REFUSED, "another question is open")
        assert talk.hear(AskAsked("p", "And now?")) == [refused]
        talk.hear(played(), READY)
        assert talk.hear(AskAsked("p", "And now?")) == [refused]

    @pytest.mark.parametrize("timeout", [5.0, 90.0])
    def test_patience(self, timeout: float) -> None:
        """Who asks may set how long the first word is waited for, longer or shorter than usual."""
        talk = Talk()
        talk.hear(AskAsked("q", "Well?", timeout), played(), READY)
        assert talk.patience == timeout
        talk.waits()
        assert replies(talk) == [Reply("q", WishStatus.FAILED, "nobody spoke")]
        talk.hear(WOKE, READY)
        assert talk.patience == Pace().max_listening

    def test_patience_ends_with_the_first_word(self) -> None:
        """Once the person speaks, the end of that is waited for as always."""
        talk = Talk()
        talk.hear(AskAsked("q", "Well?", 90), played(), READY, events.SpeechBegan(60_000))
        assert talk.patience == Pace().max_listening


@pytest.mark.parametrize("state", State)
class TestSayThenListen:
    def test_in_every_state(self, state: State) -> None:
        """It is said, then the person is listened to, and only then it is done; muted it is said, and no more."""
        talk = IN_STATE[state]()
        talk.hear(SayAsked("r", TEXT, Scheduling.INTERRUPT, then_listen=True))
        talk.hear(played())
        if state is State.MUTED:
            remark = "it was said, but the microphone is muted: nobody is listened to"
            assert replies(talk) == [Reply("r", WishStatus.DONE, remark)]
            assert talk.where() is State.MUTED
            return
        if state in {State.IDLE, State.OPENING}:
            assert (replies(talk), talk.where()) == ([], State.OPENING)
            talk.hear(READY)
        assert replies(talk) == [Reply("r", WishStatus.DONE)]
        assert talk.where() is (State.ACTING if state is State.ACTING else State.LISTENING)
        assert Learn((Fact("an automation", TEXT, Standing.SAID),)) in talk.all

    def test_muted_meanwhile(self, state: State) -> None:
        """Who mutes the microphone while it is said hears it to its end, and is not listened to."""
        talk = IN_STATE[state]()
        talk.hear(SayAsked("r", TEXT, Scheduling.INTERRUPT, then_listen=True), events.MuteChanged(muted=True))
        assert Silence() not in talk.all
        talk.hear(played())
        assert talk.where() is State.MUTED
        assert [reply.status for reply in replies(talk)] == [WishStatus.DONE]


class TestListen:
    def test_silent_with_context(self) -> None:
        """No sign is played if none is wanted, the patience is the asker's, and the model knows what it is about."""
        talk = Talk()
        context = Learn((Fact("an automation", "The door rang.", Standing.KNOWN),))
        assert talk.hear(ListenAsked("l", 40, silent=True, context="The door rang.")) == [context, Announce(1, "")]
        talk.hear(played(), READY)
        assert talk.patience == 40

    def test_refused_with_context(self) -> None:
        """What is refused changes nothing: the model does not learn of it."""
        talk = muted()
        talk.hear(ListenAsked("l", context="The door rang."))
        assert not any(isinstance(effect, Learn) for effect in talk.all)

    def test_patience_in_a_conversation(self) -> None:
        """It holds for a microphone that is open already."""
        talk = listening()
        talk.hear(ListenAsked("l", 40))
        assert talk.patience == 40

    def test_as_if_woken(self) -> None:
        """The sign is played, the microphone opens where it ended, and word comes when the person is listened to."""
        talk = Talk()
        assert talk.hear(ListenAsked("l")) == [Announce(1, "", Sign.WOKE)]
        assert talk.hear(played()) == [effects.OpenLine()]
        assert talk.hear(READY) == [Reply("l", WishStatus.DONE), Feed(Source.MICROPHONE, AT)]

    @pytest.mark.parametrize("state", [State.LISTENING, State.ACTING, State.SPEAKING, State.FOLLOWING_UP])
    def test_in_a_conversation(self, state: State) -> None:
        """In a conversation the microphone is open, or the model gives way."""
        talk = IN_STATE[state]()
        assert Reply("l", WishStatus.DONE) in talk.hear(ListenAsked("l"))
        assert talk.where() is (State.LISTENING if state is State.SPEAKING else state)

    def test_while_connecting(self) -> None:
        """Word comes with the connection, or its failure."""
        talk = Talk()
        talk.hear(WOKE, ListenAsked("l"))
        assert replies(talk) == []
        talk.hear(LOST)
        assert replies(talk) == [Reply("l", WishStatus.FAILED, "gone")]

    def test_muted(self) -> None:
        """A privacy mute is not lifted by others."""
        talk = muted()
        assert talk.hear(ListenAsked("l")) == [Reply("l", WishStatus.REFUSED, "the microphone is muted")]


class TestReplacing:
    def test_takes_the_place_of_others(self) -> None:
        """What is being said and what waits is dropped for it; who wanted that is told."""
        talk = Talk()
        talk.hear(SayAsked("a", "One."), SayAsked("b", "Two."))
        happened = talk.hear(SayAsked("c", "Three.", Scheduling.INTERRUPT, replaces=True))
        gone = [Reply(request, WishStatus.STOPPED, "something else was to be said instead") for request in "ab"]
        assert happened == [Silence(), *gone, Announce(2, "Three.")]

    def test_leaves_alarms_and_timers_alone(self) -> None:
        """What is urgent, what rings, what is news for the model stays."""
        talk = Talk()
        talk.hear(told(Scheduling.INTERRUPT), SayAsked("ring", "Time!", sign=Sign.RING), told(Scheduling.WHEN_IDLE))
        assert talk.hear(SayAsked("c", "Three.", Scheduling.INTERRUPT, replaces=True)) == []
        said = [talk.hear(played(number))[-1] for number in (1, 2)]
        assert said == [Announce(2, "Three."), Announce(3, "Time!", Sign.RING)]


def test_loudness() -> None:
    """An announcement is as loud as who wants it says."""
    assert Talk().hear(SayAsked("r", TEXT, volume=20)) == [Announce(1, TEXT, volume=20)]


class TestBounds:
    def test_long_text(self) -> None:
        """A text from outside is cut; what names its source is one short line."""
        talk = Talk()
        talk.hear(Told("a\nb" + "c" * 100, "x" * 5000, Scheduling.SILENT))
        (learn,) = (effect for effect in talk.all if isinstance(effect, Learn))
        assert len(learn.facts[0].text) == LONGEST_TEXT
        assert learn.facts[0].source == "a b" + "c" * 57

    def test_too_much(self) -> None:
        """Of too many that wait the newest is refused, or the oldest that is not urgent for an urgent one."""
        talk = listening()
        for number in range(9):
            talk.hear(SayAsked(str(number), "x"))
        assert replies(talk) == [Reply("8", WishStatus.REFUSED, "too much waits to be said")]
        talk.hear(told(Scheduling.INTERRUPT), SayAsked("9", "x", Scheduling.INTERRUPT))
        assert [reply.request for reply in replies(talk)] == ["8", "0"]
