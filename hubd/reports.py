"""The public event stream, in the one JSON form that a hub publishes, prints, journals."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import JsonValue

from hubd.events import Backend, CallStatus, Scheduling

# The metadata of a field that is no part of the JSON form.
_UNTOLD: Final[Mapping[str, str]] = {"form": "untold"}


class Part(StrEnum):
    """The part of the hub that has trouble."""

    LIVE = "live"
    MQTT = "mqtt"
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    CONFIG = "config"
    WAKE = "wake"


class SessionChange(StrEnum):
    """What happened to the Live session."""

    OPENED = "opened"
    RESUMED = "resumed"
    CLOSED = "closed"
    FAILED = "failed"


class PublicState(StrEnum):
    """The conversation's state, as the outside sees it."""

    IDLE = "idle"
    OPENING = "opening"
    LISTENING = "listening"
    ACTING = "acting"
    SPEAKING = "speaking"
    FOLLOWING_UP = "following_up"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class WokeReport:
    """A wake word was heard; end_ms is the age of its last sample."""

    kind: ClassVar[str] = "woke"
    model: str
    score: float
    end_ms: int


@dataclass(frozen=True, slots=True)
class NearMissReport:
    """A wake word's score came near its threshold, and woke nothing.

    score: its peak; at or over the threshold if it was there for fewer frames than the word's patience.
    """

    kind: ClassVar[str] = "near_miss"
    model: str
    score: float
    threshold: float


@dataclass(frozen=True, slots=True)
class SessionReport:
    """The Live session changed; reason says why, in plain words."""

    kind: ClassVar[str] = "session"
    change: SessionChange
    backend: Backend
    reason: str = ""


@dataclass(frozen=True, slots=True)
class StateReport:
    """The conversation entered a state."""

    kind: ClassVar[str] = "state"
    state: PublicState


@dataclass(frozen=True, slots=True)
class HeardReport:
    """What the person said."""

    kind: ClassVar[str] = "heard"
    text: str
    final: bool


@dataclass(frozen=True, slots=True)
class CalledReport:
    """The model asked for a function; device is the device's id, or empty if the call names none."""

    kind: ClassVar[str] = "called"
    call: str
    function: str
    device: str
    arguments: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class PublishedReport:
    """An MQTT message was handed to the broker; call is None for the hub's own.

    in_own_words: whether the payload may repeat what somebody said; not part of the JSON form.
    """

    kind: ClassVar[str] = "published"
    call: str | None
    topic: str
    payload: str
    qos: int
    in_own_words: bool = field(default=False, metadata=_UNTOLD)


@dataclass(frozen=True, slots=True)
class AnsweredReport:
    """A call was answered, after_ms after it was asked; device_state is what the device reported."""

    kind: ClassVar[str] = "answered"
    call: str
    status: CallStatus
    scheduling: Scheduling
    device_state: Mapping[str, JsonValue]
    after_ms: int


@dataclass(frozen=True, slots=True)
class SaidReport:
    """What the hub said in one turn; interrupted if it was cut short."""

    kind: ClassVar[str] = "said"
    text: str
    interrupted: bool


class Showing(StrEnum):
    """What is there to be read: a program, what it printed or why it failed, pages, an outcome that nobody spoke of."""

    CODE = "code"
    RESULT = "result"
    ERROR = "error"
    SOURCES = "sources"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class ShownReport:
    """Part of an answer that is read, not heard; text may have several lines."""

    kind: ClassVar[str] = "shown"
    what: Showing
    text: str


@dataclass(frozen=True, slots=True)
class ToldReport:
    """An automation told the hub something."""

    kind: ClassVar[str] = "told"
    source: str
    text: str
    scheduling: Scheduling


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Tokens of one turn, whoever answered, and of the day so far, Gemini's alone."""

    kind: ClassVar[str] = "usage"
    total_tokens: int
    prompt_tokens: int
    response_tokens: int
    today_tokens: int


@dataclass(frozen=True, slots=True)
class TroubleReport:
    """A part does not work (cleared=False), or works again (cleared=True); advice says what a person can do."""

    kind: ClassVar[str] = "trouble"
    part: Part
    problem: str
    advice: str
    cleared: bool = False


Report = (
    WokeReport
    | NearMissReport
    | SessionReport
    | StateReport
    | HeardReport
    | CalledReport
    | PublishedReport
    | AnsweredReport
    | SaidReport
    | ShownReport
    | ToldReport
    | UsageReport
    | TroubleReport
)

# Called from the event loop's thread only; never blocks, never raises.
ReportSink = Callable[[Report], None]


def to_json(report: Report, time: float) -> str:
    """Return the report as one line of JSON; time is seconds since 1970, UTC (``design.md`` 8)."""
    body: dict[str, object] = {"time": round(time, 3), "event": report.kind}
    for name in (member.name for member in fields(report) if member.metadata != _UNTOLD):
        value = getattr(report, name)
        body[name] = dict(value) if isinstance(value, Mapping) else value
    return json.dumps(body, ensure_ascii=False, separators=(", ", ": "))
