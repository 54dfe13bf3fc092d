"""What others than the person in the room want of the conversation: automations, commands, timers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

# The longest text, in characters, that is taken from others; the rest is cut off. Read aloud it takes 40 s.
LONGEST_TEXT: Final = 500
# Who tells something without saying who it is.
NAMELESS: Final = "an automation"


class Scheduling(StrEnum):
    """When the model speaks about an outcome or a piece of news (``live-protocol.md`` 8.4)."""

    INTERRUPT = "INTERRUPT"
    WHEN_IDLE = "WHEN_IDLE"
    SILENT = "SILENT"


class Sign(Enum):
    """A short sound that tells a person how things stand.

    WOKE: the hub listens. FAILED: it could not do it. ALERT: something urgent follows. NOTICE: something follows that
    can wait. RING: a timer has run out.
    """

    WOKE = auto()
    FAILED = auto()
    ALERT = auto()
    NOTICE = auto()
    RING = auto()


class WishStatus(StrEnum):
    """What became of a wish.

    DONE: it was fulfilled. REFUSED: it is not allowed now, as to open a muted microphone. FAILED: it could not be
    fulfilled, as without a voice, or with nobody who answers. STOPPED: somebody cut it short, or took it back.
    """

    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Told:
    """An automation has something to tell; nobody waits for word of it.

    It is data to the model, never a request, and is cut to LONGEST_TEXT. SILENT: knowledge; between conversations it is
    kept, with its age, for the next one; the newest of one source replaces the one before. WHEN_IDLE: said in the next
    pause, by the model; by the hub's own voice if it has no conversation, which none is opened for. INTERRUPT: said now
    by the hub's own voice, with a sign before it, whatever is being said. What the hub's own voice says the model
    learns as well. A muted hub speaks: muted is the microphone.

    source: who tells, in words a person knows ("the washing machine"), for model and event stream. NAMELESS may be
    several: of those only the same text replaces the one before.
    """

    source: str
    text: str
    scheduling: Scheduling


@dataclass(frozen=True, slots=True)
class SayAsked:
    """Somebody wants exactly this text said by the hub's own voice; no conversation is opened for it.

    scheduling: WHEN_IDLE for the next pause, which without a conversation is now, after what is being announced;
    INTERRUPT for now, even into the model's speech. sign: a sound that goes before it; with an empty text it is all.
    volume: percent, for this alone; None for as loud as everything. then_listen: the microphone opens afterwards, but
    for a muted one. replaces: it takes the place of whatever else was to be said and can wait, timers excepted.
    request: chosen by who asks, unlike all that are open; a Reply with it follows exactly once: DONE as soon as all is
    played, or the person is listened to, STOPPED if that was cut short or replaced, FAILED without a voice, REFUSED if
    too much waits already.
    """

    request: str
    text: str
    scheduling: Scheduling = Scheduling.WHEN_IDLE
    sign: Sign | None = None
    volume: int | None = None
    then_listen: bool = False
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class AskAsked:
    """Somebody wants the person asked: said by the hub's own voice in the next pause, then the microphone opens.

    That is a conversation, which knows the question. request: as in SayAsked; the Reply's text is what the person says
    first. timeout: how long to wait for their first word, s; None for as long as usual. It is REFUSED while the
    microphone is muted, or while another question is open; FAILED if nobody answers, if there is no voice, or no
    connection; STOPPED by stop, mute, or a wake word before the question is out.
    """

    request: str
    text: str
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class ListenAsked:
    """Somebody wants the microphone opened, as if a wake word had been heard.

    request: as in SayAsked; DONE once the person is listened to, REFUSED while the microphone is muted, FAILED without
    a connection, STOPPED by stop or mute. timeout: as in AskAsked. silent: no sign tells the person. context: what the
    model is to know of it, as if it were told in silence; empty for nothing.
    """

    request: str
    timeout: float | None = None
    silent: bool = False
    context: str = ""


class Ending(Enum):
    """How an announcement ended: all of it was played, it was cut short, there is no voice to say it."""

    PLAYED = auto()
    CUT = auto()
    UNSPEAKABLE = auto()


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement is over.

    number: the effect's. position: where the microphone's sound was then, in the uplink, samples at 16 kHz.
    """

    number: int
    ending: Ending
    position: int


class Standing(StrEnum):
    """How something that others told stands with the person.

    KNOWN: the person was told nothing. WANTED: the model is to tell. SAID: the hub has said it aloud. UNHEARD: it began
    to, or could not. ASKED: the hub has asked the person this, and what is said next is the answer.
    """

    KNOWN = "known"
    WANTED = "wanted"
    SAID = "said"
    UNHEARD = "unheard"
    ASKED = "asked"


@dataclass(frozen=True, slots=True)
class Fact:
    """What the model is to know of what others told; data, whatever it reads like."""

    source: str
    text: str
    standing: Standing
