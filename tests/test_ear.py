from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from hubd.ear import Ear
from hubd.effects import BeginActivity, Effect, EndActivity, Feed, Source

NEWEST = Feed(Source.MICROPHONE)
SILENCE = Feed(Source.SILENCE)
NOTHING = Feed(Source.NOTHING)


def heard(*, manual: bool) -> Ear:
    """Return an ear of a hub that was woken at 20 000 by a word that ended at 8 480."""
    ear = Ear(manual=manual)
    ear.woke(8_480, 20_000)
    return ear


class TestServerDetects:
    def test_from_the_wake_word_on(self) -> None:
        """The server hears everything after the wake word, without marks."""
        ear = heard(manual=False)
        assert ear.open() == (Feed(Source.MICROPHONE, 8_480),)
        assert not ear.in_activity

    def test_end_is_not_marked(self) -> None:
        """Where the person paused is for the hub alone."""
        ear = heard(manual=False)
        ear.open()
        assert ear.speech_ended(30_000)
        assert ear.close() == ()

    def test_what_it_hears_is_not_said_twice(self) -> None:
        """With the microphone open neither a wake word nor speech goes back."""
        ear = heard(manual=False)
        ear.open()
        ear.woke(40_000, 50_000)
        ear.speech_began(60_000)
        assert ear.open() == ()

    def test_wake_word_while_it_hears_silence(self) -> None:
        """After a pause the server hears from the wake word on again."""
        ear = heard(manual=False)
        ear.open()
        assert ear.pause(deaf=True) == (SILENCE,)
        ear.woke(40_000, 50_000)
        assert ear.open() == (Feed(Source.MICROPHONE, 40_000),)

    def test_after_a_pause(self) -> None:
        """Without a wake word it goes on with the newest sample."""
        ear = heard(manual=False)
        ear.open()
        ear.pause(deaf=True)
        assert ear.open() == (NEWEST,)

    def test_full_duplex(self) -> None:
        """A pause that is not deaf leaves the microphone open."""
        ear = heard(manual=False)
        ear.open()
        assert ear.pause(deaf=False) == ()
        assert ear.open() == ()


class TestWeMark:
    def test_speech_after_the_wake_word(self) -> None:
        """Speech is marked from the wake word to where the person paused."""
        ear = heard(manual=True)
        assert ear.open() == (BeginActivity(), Feed(Source.MICROPHONE, 8_480))
        assert ear.in_activity
        assert ear.close() == ()
        assert ear.speech_ended(30_000)
        assert ear.close() == (EndActivity(30_000),)
        assert not ear.in_activity

    def test_pause_of_the_wake_word(self) -> None:
        """What ends before the wake word was found is the wake word itself."""
        ear = heard(manual=True)
        assert not ear.speech_ended(20_000)
        assert ear.speech_ended(20_001)

    def test_end_that_was_noted_early(self) -> None:
        """An end that is noted before the line is open is kept until it is."""
        ear = heard(manual=True)
        ear.speech_ended(30_000)
        assert ear.close() == ()
        assert [*ear.open(), *ear.close()] == [
            BeginActivity(),
            Feed(Source.MICROPHONE, 8_480),
            EndActivity(30_000),
        ]

    def test_going_on_takes_an_end_back(self) -> None:
        """Who goes on speaking has not finished; the beginning stays the first one."""
        ear = heard(manual=True)
        ear.speech_ended(30_000)
        ear.speech_began(40_000)
        assert [*ear.open(), *ear.close()] == [BeginActivity(), Feed(Source.MICROPHONE, 8_480)]

    def test_second_speech_has_pre_roll(self) -> None:
        """Speech without a wake word begins half a second before it was noticed, never before the last wake word."""
        ear = heard(manual=True)
        ear.open()
        ear.speech_ended(30_000)
        ear.close()
        assert ear.open() == ()
        ear.speech_began(60_000)
        assert ear.open() == (BeginActivity(), Feed(Source.MICROPHONE, 52_000))
        ear.speech_ended(62_000)
        ear.close()
        ear.woke(100_000, 110_000)
        ear.open()
        ear.nudged()
        ear.speech_began(112_000)
        assert ear.open()[1] == Feed(Source.MICROPHONE, 110_000)

    def test_marked_speech_is_heard_to_its_end(self) -> None:
        """The hub's own speech does not stop what is marked as going on."""
        ear = heard(manual=True)
        ear.open()
        assert ear.pause(deaf=True) == ()
        ear.speech_ended(30_000)
        assert ear.close() == (EndActivity(30_000),)
        assert ear.pause(deaf=True) == ()

    def test_nudge_is_an_end(self) -> None:
        """After a nudge the next speech is a new one."""
        ear = heard(manual=True)
        ear.open()
        ear.nudged()
        assert not ear.in_activity
        ear.speech_ended(30_000)
        assert ear.close() == ()


STEPS: Final[Mapping[str, Callable[[Ear, int], tuple[Effect, ...] | bool | None]]] = {
    "woke": lambda ear, position: ear.woke(position, position + 500),
    "began": lambda ear, position: ear.speech_began(position),
    "ended": lambda ear, position: ear.speech_ended(position),
    "nudged": lambda ear, _: ear.nudged(),
    "open": lambda ear, _: ear.open(),
    "close": lambda ear, _: ear.close(),
    "pause": lambda ear, _: ear.pause(deaf=True),
    "hear on": lambda ear, _: ear.pause(deaf=False),
    "shut": lambda ear, _: ear.shut(),
}


@given(ear=st.builds(Ear, manual=st.booleans()), taken=st.lists(st.sampled_from(sorted(STEPS)), max_size=40))
def test_marks_are_pairs(ear: Ear, taken: list[str]) -> None:
    """Whatever happens: marks come in pairs, with manual activity only; shut, nothing is let out until it is opened."""
    open_mark, source = False, Source.NOTHING
    for position, step in enumerate(taken, start=1):
        follow = STEPS[step](ear, position * 1000)
        open_mark = open_mark and step not in {"nudged", "shut"}
        for effect in follow if isinstance(follow, tuple) else ():
            if isinstance(effect, Feed):
                source = effect.source
            else:
                assert ear.manual
                assert open_mark is isinstance(effect, EndActivity)
                open_mark = not open_mark
        assert ear.in_activity is open_mark
        assert step != "shut" or source is Source.NOTHING


class TestCover:
    def test_silence_in_place_of_the_microphone(self) -> None:
        """While it is covered the server hears silence, and then the microphone again."""
        ear = heard(manual=False)
        ear.open()
        assert ear.cover() == (SILENCE,)
        assert ear.cover() == ()
        assert ear.uncover() == (NEWEST,)
        assert ear.uncover() == ()

    def test_opened_meanwhile(self) -> None:
        """A microphone that is opened while it is covered is heard afterwards."""
        ear = Ear(manual=False)
        assert ear.cover() == ()
        assert ear.feed(Source.MICROPHONE) == (SILENCE,)
        assert ear.uncover() == (NEWEST,)

    def test_what_is_noted_uncovers(self) -> None:
        """What the person has said is heard from its beginning, whatever the hub announces."""
        ear = heard(manual=False)
        ear.cover()
        assert ear.open() == (Feed(Source.MICROPHONE, 8_480),)
        assert not ear.covered

    def test_wake_word_meanwhile(self) -> None:
        """What follows a wake word is heard from there on, for until then silence was."""
        ear = heard(manual=False)
        ear.open()
        ear.cover()
        ear.woke(40_000, 50_000)
        assert ear.uncover() == (Feed(Source.MICROPHONE, 40_000),)

    def test_speech_that_goes_on(self) -> None:
        """Speech that is marked as going on is heard to its end."""
        ear = heard(manual=True)
        ear.open()
        assert ear.cover() == ()
        ear.speech_ended(60_000)
        assert ear.close() == (EndActivity(60_000),)
        assert ear.uncover() == ()
