"""What a simulator saw."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pydantic import JsonValue

from hubd.events import Scheduling
from hubd.live.messages import FunctionCall, FunctionResponse
from hubd.offline.memory import Refusal


@dataclass(frozen=True, slots=True)
class UserTurn:
    """A turn of the user that was answered.

    number: within its conversation, as ``turn N`` of a script counts. words: None where they are not known. pcm: its
    sound, empty for text; whole where the client marked it, else as it was cut out.
    """

    number: int
    words: str | None
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer of the client. taken: whether its call was open on this connection; if not, it was ignored."""

    id: str
    name: str
    scheduling: Scheduling | None
    will_continue: bool
    response: dict[str, JsonValue]
    taken: bool


@dataclass(slots=True, eq=False)
class Visit:
    """One connection that was upgraded.

    number: counted over all that were dialled, from 1. handle: what it wanted to resume, empty for a fresh session.
    resumed: whether it did. refusal: why not. set_up: whether setupComplete was sent. received, sent: frames as they
    went. audio: every byte of sound that came. over: whether the connection is gone; code: what the server closed it
    with, 0 if it did not.
    """

    number: int
    version: str
    key: str
    handle: str = ""
    resumed: bool = False
    refusal: Refusal | None = None
    set_up: bool = False
    received: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    audio: bytearray = field(default_factory=bytearray)
    turns: list[UserTurn] = field(default_factory=list)
    calls: list[FunctionCall] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    over: bool = False
    code: int = 0
    reason: str = ""

    def forget(self) -> None:
        """Keep nothing that grows."""
        for grown in (self.received, self.sent, self.turns, self.calls, self.answers, self.texts):
            grown.clear()
        self.audio.clear()

    def answered(self, responses: Iterable[FunctionResponse], taken: set[str]) -> None:
        """Add answers."""
        for each in responses:
            answer = Answered(each.id, each.name, each.scheduling, each.will_continue, each.response, each.id in taken)
            self.answers.append(answer)


@dataclass(slots=True, eq=False)
class Record:
    """All connections, oldest first. refused: the HTTP statuses of upgrades that were refused."""

    dialled: int = 0
    refused: list[int] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)

    @property
    def calls(self) -> list[FunctionCall]:
        """Every call that was asked for, on any connection."""
        return [call for visit in self.visits for call in visit.calls]

    @property
    def answers(self) -> list[Answered]:
        """Every answer, on any connection."""
        return [answer for visit in self.visits for answer in visit.answers]

    @property
    def texts(self) -> list[str]:
        """Every text that the client said, on any connection: as input, or as a turn of the user for the history."""
        return [text for visit in self.visits for text in visit.texts]

    @property
    def handles(self) -> list[str]:
        """Every handle that was to be resumed, in order."""
        return [visit.handle for visit in self.visits if visit.handle]
