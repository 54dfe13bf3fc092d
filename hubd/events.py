"""Events that cross a stage boundary, as one closed union."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import TYPE_CHECKING

from hubd.exhibits import Exhibit
from hubd.wishes import Announced, AskAsked, ListenAsked, SayAsked, Told
from hubd.wishes import Scheduling as Scheduling  # noqa: PLC0414 -- it is what most events are scheduled with

if TYPE_CHECKING:
    from pydantic import JsonValue  # at run time it would be the only thing that a Live client has from there


class Behavior(StrEnum):
    """Whether the conversation waits for a function's outcome (``live-protocol.md`` 8.4)."""

    BLOCKING = "BLOCKING"
    NON_BLOCKING = "NON_BLOCKING"


class CallStatus(StrEnum):
    """What became of a call; ON_ITS_WAY: nothing yet, its outcome follows."""

    ON_ITS_WAY = "on_its_way"
    DONE = "done"
    LATE = "late"
    FAILED = "failed"
    REFUSED = "refused"
    DUPLICATE = "duplicate"
    CANCELLED = "cancelled"


class Backend(StrEnum):
    """Which Live server a conversation talks to."""

    GEMINI = "gemini"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Call:
    """A function call as the model asked for it; the arguments are not checked yet."""

    id: str
    name: str
    arguments: Mapping[str, JsonValue] = field(default_factory=dict)


class AnswerKind(Enum):
    """Where an answer stands among those to one call.

    FIRST: the outcome follows in another answer, and the call stays open (``willContinue``, ``live-protocol.md`` 5).
    OUTCOME: it closes the call. AFTERWORD: the call is closed, or void, and no answer to it is listened to: text.
    """

    FIRST = auto()
    OUTCOME = auto()
    AFTERWORD = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model is to hear about a call.

    response: the JSON object that it reads. scheduling: when it may speak about it.
    """

    call: Call
    status: CallStatus
    scheduling: Scheduling
    response: Mapping[str, JsonValue]
    kind: AnswerKind = AnswerKind.OUTCOME


# From the microphone's side


@dataclass(frozen=True, slots=True)
class Woke:
    """A wake word was heard.

    model: its name, as ``hey_jarvis``. score: 0 to 1.
    end: position in the uplink (samples at 16 kHz since start) just after the wake word's last sample.
    end_ms: how old that sample was when the wake word was decided, ms.
    """

    model: str
    score: float
    end: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """The hub's own ear found the start of speech; position in the uplink, samples at 16 kHz."""

    position: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The hub's own ear found the end of speech; position in the uplink, samples at 16 kHz."""

    position: int


# From the Live connection


@dataclass(frozen=True, slots=True)
class LinkReady:
    """The session is set up; resumed says whether it goes on from a handle."""

    backend: Backend
    resumed: bool


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The connection could not be opened, or is gone.

    reason: plain words. fatal: dialling again can't help (bad key, unknown model). wait: nor within so many s (quota).
    """

    backend: Backend
    reason: str
    fatal: bool = False
    wait: float = 0.0

    @property
    def hopeless(self) -> bool:
        """Whether dialling again now can't help."""
        return self.fatal or self.wait > 0


@dataclass(frozen=True, slots=True)
class ModelAudio:
    """Speech of the model: signed 16-bit little-endian mono at rate Hz."""

    pcm: bytes
    rate: int


@dataclass(frozen=True, slots=True)
class HeardText:
    """A piece of what the person said; final if it is the whole utterance."""

    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class SaidText:
    """A piece of what the model says; pieces are joined as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Shown:
    """Something of the model's that is to be read: it is not spoken."""

    what: Exhibit


@dataclass(frozen=True, slots=True)
class ToolsAsked:
    """The model wants functions called; several at once are parallel."""

    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class CallsCancelled:
    """The model takes these calls back: they are not to be answered."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The model's turn was cut: what has not been played is void."""


@dataclass(frozen=True, slots=True)
class GenerationComplete:
    """Nothing more will be generated for this turn."""


class Next(Enum):
    """Whose turn follows the model's: the person's, or another one of the model's, which works on."""

    PERSON = auto()
    MODEL = auto()


@dataclass(frozen=True, slots=True)
class TurnComplete:
    """The model's turn is over; next: whose turn follows."""

    next: Next = Next.PERSON


@dataclass(frozen=True, slots=True)
class HandleIssued:
    """A handle from which the session can be resumed; a secret."""

    handle: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class GoingAway:
    """The server will close the connection in time_left seconds."""

    time_left: float


@dataclass(frozen=True, slots=True)
class TokensUsed:
    """Tokens of one turn (``live-protocol.md`` 7.2); backend: who counted them."""

    total: int
    prompt: int
    response: int
    backend: Backend = Backend.GEMINI


# From the other stages


@dataclass(frozen=True, slots=True)
class ToolsDone:
    """Outcomes that the model has to hear."""

    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Drained:
    """Every sample given to the speaker has been played; plays counts the pieces of speech, since start, up to it."""

    plays: int


@dataclass(frozen=True, slots=True)
class MuteChanged:
    """The microphone was muted or opened again."""

    muted: bool


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody wants the conversation to end now."""


@dataclass(frozen=True, slots=True)
class EndAsked:
    """The model wants the conversation to end after what it is saying."""


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    """The deadline that the conversation exposed has come."""


Event = (
    Woke
    | SpeechBegan
    | SpeechEnded
    | LinkReady
    | LinkLost
    | ModelAudio
    | HeardText
    | SaidText
    | Shown
    | ToolsAsked
    | CallsCancelled
    | Interrupted
    | GenerationComplete
    | TurnComplete
    | HandleIssued
    | GoingAway
    | TokensUsed
    | ToolsDone
    | Drained
    | MuteChanged
    | StopAsked
    | EndAsked
    | Told
    | SayAsked
    | AskAsked
    | ListenAsked
    | Announced
    | DeadlinePassed
)
