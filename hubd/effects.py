"""What the conversation wants done, as one closed union."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from hubd.events import Answer, Call
from hubd.reports import Report
from hubd.wishes import Fact, WishStatus
from hubd.wishes import Sign as Sign  # noqa: PLC0414 -- an effect consists of it


class Source(Enum):
    """What the Live connection gets to hear; HELD: nothing now, but the microphone's sound of meanwhile afterwards."""

    NOTHING = auto()
    MICROPHONE = auto()
    SILENCE = auto()
    HELD = auto()


class Manner(Enum):
    """How the model is told what it could not be told as the answer to a call.

    NOTE: as knowledge, for the person is about to be answered. ALOUD: so that it speaks about what wants to be spoken
    about. OWED: so that it answers, for its answer was cut off.
    """

    NOTE = auto()
    ALOUD = auto()
    OWED = auto()


@dataclass(frozen=True, slots=True)
class OpenLine:
    """Connect to the Live server; LinkReady or LinkLost will follow. A connection that is open is closed first.

    manner: how the model is told what it has not heard, before anything else.
    """

    manner: Manner = Manner.NOTE


@dataclass(frozen=True, slots=True)
class CloseLine:
    """End the connection, if there is one; no LinkLost will follow."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Send this from now on.

    start: position in the uplink (samples at 16 kHz) to begin with; None for where the conversation's last connection
    left off, or for the newest sample. Only the microphone has a start.
    """

    source: Source
    start: int | None = None


@dataclass(frozen=True, slots=True)
class BeginActivity:
    """Mark that the person began to speak; what follows in the feed belongs to it."""


@dataclass(frozen=True, slots=True)
class EndActivity:
    """Mark that the person has finished, at this position in the uplink."""

    position: int


@dataclass(frozen=True, slots=True)
class Nudge:
    """Say that the person has finished, in case the server missed it (``live-protocol.md`` 13, pitfalls 24, 28)."""


@dataclass(frozen=True, slots=True)
class Play:
    """Queue speech: signed 16-bit little-endian mono at rate Hz."""

    pcm: bytes
    rate: int


@dataclass(frozen=True, slots=True)
class Flush:
    """Stop speaking now: what was queued is void."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Play a sign."""

    sign: Sign


@dataclass(frozen=True, slots=True)
class Act:
    """Carry these calls out; ToolsDone will follow for each."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Abandon:
    """The model took these calls back: don't answer them."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Respond:
    """Tell the model what became of its calls."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Brief:
    """Tell the model what it could not be told as the answer to a call, if there is anything."""

    manner: Manner


@dataclass(frozen=True, slots=True)
class Announce:
    """Play a sign, then say a text by the hub's own voice; an Announced with this number follows.

    volume: percent; None for as loud as everything.
    """

    number: int
    text: str
    sign: Sign | None = None
    volume: int | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """Cut what is being announced."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Somebody wants silence, or is about to speak: what rings again and again is to stop."""


@dataclass(frozen=True, slots=True)
class Learn:
    """Tell the model what others told: now if there is a connection, else the next one at its opening."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """Tell who wished something what became of it; text: what the person answered, else the reason, in plain words."""

    request: str
    status: WishStatus
    text: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """Put a report into the public event stream."""

    report: Report


Effect = (
    OpenLine
    | CloseLine
    | Feed
    | BeginActivity
    | EndActivity
    | Nudge
    | Play
    | Flush
    | Signal
    | Act
    | Abandon
    | Respond
    | Brief
    | Announce
    | Silence
    | Quiet
    | Learn
    | Reply
    | Tell
)
