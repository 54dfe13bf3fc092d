"""Commands to the hub, as others give them by MQTT."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hubd.wishes import Scheduling


class Turned(Enum):
    """What a switch is to be; OTHER: what it is not."""

    ON = auto()
    OFF = auto()
    OTHER = auto()


class Quiet(Enum):
    """Whether what would be said aloud is dropped in quiet hours."""

    RESPECT = auto()
    IGNORE = auto()


@dataclass(frozen=True, slots=True)
class Say:
    """Say exactly this text; INTERRUPT: now, WHEN_IDLE: in the next pause. What else there is: see SayAsked.

    chime: a sign goes before it.
    """

    text: str
    scheduling: Scheduling
    volume: int | None = None
    chime: bool = False
    then_listen: bool = False
    replaces: bool = False
    quiet: Quiet = Quiet.RESPECT


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person, and hand back the answer; choices: what answers there are, none for any. timeout: see AskAsked."""

    text: str
    choices: tuple[str, ...] = ()
    timeout: float | None = None
    quiet: Quiet = Quiet.RESPECT


@dataclass(frozen=True, slots=True)
class Listen:
    """Open the microphone, as if woken. What else there is: see ListenAsked."""

    timeout: float | None = None
    silent: bool = False
    context: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """Know something; source: who says so, empty if nobody is named."""

    text: str
    scheduling: Scheduling
    source: str = ""
    quiet: Quiet = Quiet.RESPECT


@dataclass(frozen=True, slots=True)
class Stop:
    """Be quiet; end the conversation."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Turn the mute of the microphone on or off."""

    turned: Turned


@dataclass(frozen=True, slots=True)
class Volume:
    """Be so loud, percent."""

    percent: int


Wish = Say | Ask | Listen | Tell | Stop | Mute | Volume

Identity = str | int
"""What who asks calls a command, so that it is not carried out twice."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command that could be read.

    id: None if it has none. given: when it was given, s since 1970, UTC; None if it does not say. good_for: s.
    unread: members of the payload that mean nothing here.
    """

    command: str
    wish: Wish
    id: Identity | None = None
    given: float | None = None
    good_for: float | None = None
    unread: tuple[str, ...] = ()

    @property
    def wakes_sleepers(self) -> bool:
        """Whether it would be said aloud though it is no alarm, and does not ask for that in quiet hours."""
        match self.wish:
            case Tell(scheduling=scheduling, quiet=quiet):
                return scheduling is Scheduling.WHEN_IDLE and quiet is Quiet.RESPECT
            case Say(quiet=quiet) | Ask(quiet=quiet):
                return quiet is Quiet.RESPECT
            case _:
                return False


class Fault(Enum):
    """Why a command is not carried out; its word is for programs."""

    UNKNOWN_COMMAND = "unknown_command"
    UNREADABLE = "unreadable"
    NOT_ALLOWED = "not_allowed"
    RETAINED = "retained"
    STALE = "stale"
    REPEATED = "repeated"
    TOO_MANY = "too_many"
    QUIET = "quiet_hours"
    REFUSED = "refused"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Declined:
    """A command that is not carried out. problem: why, in plain words."""

    command: str
    fault: Fault
    problem: str
    id: Identity | None = None
