"""What a script holds, once it is read."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from hubd.live.wire import Struct
from hubd.offline.effects import Ending
from hubd.offline.steps import Step
from hubd.simulator.admission import MODELS


@dataclass(frozen=True, slots=True)
class Phrase:
    """Speak: words, without which it is mere sound, for so many seconds; None for as long as the words take."""

    text: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Hear:
    """Say what the user is taken to have said."""

    text: str


@dataclass(frozen=True, slots=True)
class Ask:
    """Call functions, all in one frame: names with arguments."""

    calls: tuple[tuple[str, Struct], ...]


@dataclass(frozen=True, slots=True)
class AskAgain:
    """Send the last calls once more, with the same ids."""


Line = Phrase | Hear | Ask | AskAgain | Step
Lines = tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the model does on a turn of the user.

    turn: on this one, counted from 1 over a conversation, without the turns that a rule with words took; 0 for any.
    words: on one that has these words in it, in any case; empty for any.
    """

    lines: Lines
    turn: int = 0
    words: str = ""

    def fits(self, turn: int, words: str | None) -> bool:
        """Whether the rule is for this turn; words are None where they are not known."""
        return self.turn in (0, turn) and (not self.words or self.words.casefold() in (words or "").casefold())


class Handling(StrEnum):
    """What becomes of the handles issued so far."""

    FORGET = "forget"
    EXPIRE = "expire"


@dataclass(frozen=True, slots=True)
class Opening:
    """What happens on some connections, counted from 1 over all that were dialled, last included.

    status: the HTTP status that refuses the upgrade, 0 for none. handling: done to the handles first. set_up: whether
    setupComplete is sent; it follows the lines.
    """

    first: int
    last: int | None
    lines: Lines = ()
    status: int = 0
    handling: Handling | None = None
    set_up: bool = True


class Direction(StrEnum):
    """Which way a frame went, as the server sees it."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True)
class Cut:
    """A connection ends right after a frame, counted from 1 over all connections and one direction."""

    direction: Direction
    frame: int
    how: Ending


@dataclass(frozen=True, slots=True)
class Script:
    """A whole script.

    rules: the first that fits a turn decides; a turn that none fits is completed without a word. answers: what is said
    about the outcome of a function, by its name; without an entry it is the outcome's own words. timers: what happens
    so many seconds after each set-up. models: the ids that exist, without prefix. key: the only one that is good, empty
    for any or none. text_frames: text frames instead of binary. strange: adds unknown fields to each server frame.
    voice_activity: tells where the user's turns begin and end, as 3.8 does unasked.
    handle_validity: s after the end of a conversation's last connection. idle: a connection is aborted after so many
    seconds without a frame of the client's, None for never.
    """

    rules: tuple[Rule, ...] = ()
    answers: dict[str, Lines] = field(default_factory=dict)
    openings: tuple[Opening, ...] = ()
    timers: tuple[tuple[float, Lines], ...] = ()
    cuts: tuple[Cut, ...] = ()
    models: frozenset[str] = MODELS
    key: str = ""
    text_frames: bool = False
    strange: bool = False
    voice_activity: bool = False
    handle_validity: float = 7_200.0
    idle: float | None = None

    def opening(self, number: int) -> Opening:
        """Return what happens on a connection; the first that names it decides."""
        fits = (each for each in self.openings if each.first <= number and (each.last is None or number <= each.last))
        return next(fits, Opening(number, number))

    def rule(self, turn: int, words: str | None) -> Rule:
        """Return what is done on a turn."""
        return next((rule for rule in self.rules if rule.fits(turn, words)), Rule(()))
