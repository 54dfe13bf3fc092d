"""What the hub says of its own accord: one notice after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from hubd import effects
from hubd.wishes import LONGEST_TEXT, NAMELESS, Ending, Fact, Scheduling, Sign, Standing, WishStatus

# Who has so much to say at once says the rest never.
MOST: Final = 8
_LONGEST_SOURCE: Final = 60
CUT_SHORT: Final = "it was cut short"
NO_VOICE: Final = "the hub has no voice of its own: install espeak-ng"
TOO_MUCH: Final = "too much waits to be said"
REPLACED: Final = "something else was to be said instead"
MUTED: Final = "the microphone is muted"
UNHEARD: Final = f"it was said, but {MUTED}: nobody is listened to"


class Purpose(Enum):
    """What a notice is for: to report a fact, to say a text, to ask for an answer, to open the microphone.

    A text may go before that as well: nobody waits for an answer to it.
    """

    TELL = auto()
    SAY = auto()
    ASK = auto()
    LISTEN = auto()


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be played.

    request: who wants word of it. source: who tells a fact. volume: percent; None for as loud as everything.
    timeout: how long to wait for the person's first word, s; None for as long as usual. remark: what who wants word is
    told besides that it is done.
    """

    purpose: Purpose
    text: str
    sign: Sign | None = None
    scheduling: Scheduling = Scheduling.WHEN_IDLE
    request: str = ""
    source: str = ""
    volume: int | None = None
    timeout: float | None = None
    remark: str = ""

    @property
    def urgent(self) -> bool:
        """Whether it does not wait for a pause."""
        return self.scheduling is Scheduling.INTERRUPT

    @property
    def opens_microphone(self) -> bool:
        """Whether the person is listened to afterwards."""
        return self.purpose in {Purpose.ASK, Purpose.LISTEN}

    def fact(self, standing: Standing) -> Fact:
        """Return what the model is to know of it."""
        return Fact(self.source, self.text, standing)

    def reply(self, status: WishStatus, text: str = "") -> tuple[effects.Reply, ...]:
        """Return the word to who wants it, if anybody does."""
        return (effects.Reply(self.request, status, text),) if self.request else ()


def bounded(text: str) -> str:
    """Return a text from outside, cut to what is taken of one."""
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def plain(source: str) -> str:
    """Return the name of who tells something, fit for a line of its own."""
    words = "".join(character if character.isprintable() else " " for character in source).split()
    return " ".join(words)[:_LONGEST_SOURCE] or NAMELESS


class Notices:
    """Keeps what waits for its moment, with what is being played; methods return the effects that follow.

    question: the request of a question that was asked and has no answer yet. openers: the requests that wait for the
    person to be listened to.
    """

    def __init__(self) -> None:
        self._waiting: deque[Notice] = deque()
        self._current: Notice | None = None
        self._handed: tuple[Notice, ...] = ()
        self._number = 0
        self.question: str | None = None
        self.openers: list[str] = []

    @property
    def playing(self) -> bool:
        """Whether one is being played."""
        return self._current is not None

    @property
    def urgent(self) -> bool:
        """Whether one that waits does not wait for a pause."""
        return bool(self._waiting) and self._waiting[0].urgent

    @property
    def asking(self) -> bool:
        """Whether a question waits for its moment, is being asked, or has no answer yet."""
        return self.question is not None or any(each.purpose is Purpose.ASK for each in self._all())

    def add(self, notice: Notice) -> tuple[effects.Effect, ...]:
        """Let a notice wait: an urgent one before those that are not. Of too many the least urgent oldest goes."""
        place = sum(each.urgent for each in self._waiting) if notice.urgent else len(self._waiting)
        self._waiting.insert(place, notice)
        if len(self._waiting) <= MOST:
            return ()
        patient = [at for at, each in enumerate(self._waiting) if not each.urgent]
        dropped = self._waiting[patient[0]] if notice.urgent and patient else notice
        self._waiting.remove(dropped)
        return (*_learned([dropped]), *dropped.reply(WishStatus.REFUSED, TOO_MUCH))

    def give_way(self) -> tuple[effects.Effect, ...]:
        """Cut what is being played if something urgent waits and it is not; it is played again afterwards."""
        current = self._current
        if current is None or current.urgent or not self.urgent:
            return ()
        self._current = None
        self._waiting.insert(sum(each.urgent for each in self._waiting), current)
        return (effects.Silence(),)

    def hand_over(self) -> tuple[Notice, ...]:
        """Return the facts that wait for a pause, if it is their turn; the model is to tell them."""
        if not self._waiting or self._waiting[0].urgent or self._waiting[0].purpose is not Purpose.TELL:
            return ()
        taken = tuple(each for each in self._waiting if each.purpose is Purpose.TELL and not each.urgent)
        self._keep(each for each in self._waiting if each not in taken)
        self._handed += taken
        return taken

    def told(self) -> None:
        """Note that the model speaks: about what it was to tell."""
        self._handed = ()

    def take_back(self) -> None:
        """Note that the model is not going to speak: what it was to tell is said by the hub itself."""
        urgent = [each for each in self._waiting if each.urgent]
        self._keep((*urgent, *self._handed, *(each for each in self._waiting if not each.urgent)))
        self._handed = ()

    def play(self) -> tuple[effects.Effect, ...]:
        """Play the next one."""
        if self._current is not None or not self._waiting:
            return ()
        self._current = notice = self._waiting.popleft()
        self._number += 1
        return (effects.Announce(self._number, notice.text, notice.sign, notice.volume),)

    def over(self, number: int) -> Notice | None:
        """Return the notice that has been played; None for one that was cut."""
        if number != self._number:
            return None
        notice, self._current = self._current, None
        return notice

    def cut(self) -> tuple[effects.Effect, ...]:
        """Cut what is being played, for somebody speaks to the hub; what waits, urgent or not, waits for a pause."""
        current, self._current = self._current, None
        self._keep(replace(each, scheduling=Scheduling.WHEN_IDLE) for each in self._waiting)
        if current is None:
            return ()
        return (effects.Silence(), *_learned([current]), *current.reply(WishStatus.STOPPED, CUT_SHORT))

    def stop(self) -> tuple[effects.Effect, ...]:
        """Drop everything."""
        self._handed = ()
        left, self._waiting = self._waiting, deque()
        replies = [reply for each in left for reply in each.reply(WishStatus.STOPPED, CUT_SHORT)]
        return (*self.cut(), *_learned(left), *replies)

    def supersede(self) -> tuple[effects.Effect, ...]:
        """Drop what others want said, but for what is urgent and what rings."""
        left = [each for each in self._waiting if _replaceable(each)]
        self._keep(each for each in self._waiting if not _replaceable(each))
        replies = [reply for each in left for reply in each.reply(WishStatus.STOPPED, REPLACED)]
        current = self._current
        if current is None or not _replaceable(current):
            return tuple(replies)
        self._current = None
        return (effects.Silence(), *current.reply(WishStatus.STOPPED, REPLACED), *replies)

    def mute(self, reason: str) -> tuple[effects.Effect, ...]:
        """Drop what would open the microphone; what was to be said before that is said all the same."""
        self._keep(map(_said_only, self._waiting))
        self._current = None if self._current is None else _said_only(self._current)
        left = [each for each in self._waiting if each.opens_microphone]
        self._keep(each for each in self._waiting if not each.opens_microphone)
        replies = [reply for each in left for reply in each.reply(WishStatus.STOPPED, reason)]
        return (*(self.cut() if self._current is not None and self._current.opens_microphone else ()), *replies)

    def opened(self) -> tuple[effects.Effect, ...]:
        """Note that the person is listened to."""
        opened, self.openers = self.openers, []
        return tuple(effects.Reply(request, WishStatus.DONE) for request in opened)

    def closed(self, status: WishStatus, reason: str) -> tuple[effects.Effect, ...]:
        """Note that the person is listened to no more."""
        left, self.openers = self.openers, []
        left += [self.question] if self.question is not None else []
        self.question = None
        return tuple(effects.Reply(request, status, reason) for request in left)

    def answered(self, text: str) -> tuple[effects.Effect, ...]:
        """Note what the person said: the answer to the question that is open, if there is one."""
        question, self.question = self.question, None
        return () if question is None else (effects.Reply(question, WishStatus.DONE, text),)

    def _all(self) -> tuple[Notice, ...]:
        return (*self._waiting, *([self._current] if self._current is not None else []))

    def _keep(self, notices: Iterable[Notice]) -> None:
        self._waiting = deque(tuple(notices))


def result(notice: Notice, ending: Ending) -> tuple[effects.Effect, ...]:
    """Return what follows from the end of a notice, but for an open microphone."""
    match ending:
        case Ending.PLAYED:
            status, text, standing = WishStatus.DONE, notice.remark, Standing.SAID
        case Ending.CUT:
            status, text, standing = WishStatus.STOPPED, CUT_SHORT, Standing.UNHEARD
        case Ending.UNSPEAKABLE:
            status, text, standing = WishStatus.FAILED, NO_VOICE, Standing.UNHEARD
    learned = (effects.Learn((notice.fact(standing),)),) if notice.purpose is Purpose.TELL else ()
    return (*learned, *notice.reply(status, text))


def _replaceable(notice: Notice) -> bool:
    return notice.purpose is Purpose.SAY and not notice.urgent and notice.sign is not Sign.RING


def _said_only(notice: Notice) -> Notice:
    """Return a notice as it is with a muted microphone: what would be said before it opens is said."""
    if notice.purpose is not Purpose.LISTEN or not notice.text:
        return notice
    return replace(notice, purpose=Purpose.SAY, remark=UNHEARD)


def _learned(notices: Iterable[Notice]) -> tuple[effects.Effect, ...]:
    """Return what lets the model know of facts that were not said."""
    facts = tuple(each.fact(Standing.UNHEARD) for each in notices if each.purpose is Purpose.TELL)
    return (effects.Learn(facts),) if facts else ()
