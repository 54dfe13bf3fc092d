"""What the offline model remembers of a conversation."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Final

from hubd.live.history import Role
from hubd.live.setup import ContextWindowCompression

# As the service counts (``live-protocol.md`` 7.2, 17).
_TOKENS_PER_SECOND: Final = 25
_CHARACTERS_PER_TOKEN: Final = 4
_CONTEXT: Final = 131_072
_TRIGGER: Final = _CONTEXT * 8 // 10
# More conversations than a home has in two hours; the oldest goes.
_MOST_HANDLES: Final = 256
# After the session's last connection ended (``live-protocol.md`` 9), s.
_VALIDITY: Final = 7_200.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that was said. tokens: what it costs. text: empty where its words are not known."""

    role: Role
    tokens: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Memory:
    """A conversation so far.

    turns: what is left of it. user_turns: how many turns of the user were answered, those included that are forgotten.
    """

    turns: tuple[Turn, ...] = ()
    user_turns: int = 0

    @property
    def tokens(self) -> int:
        """What the turns cost."""
        return sum(turn.tokens for turn in self.turns)

    def with_turn(self, role: Role, tokens: int, text: str = "") -> Memory:
        """Return the conversation with one more turn."""
        return replace(self, turns=(*self.turns, Turn(role, tokens, text)))

    def with_user_turn(self) -> Memory:
        """Return the conversation with one more turn of the user counted."""
        return replace(self, user_turns=self.user_turns + 1)

    def compressed(self, rule: ContextWindowCompression | None, *, fixed: int = 0) -> Memory:
        """Return what is left when a turn begins: cut at the beginning of a user's turn (``live-protocol.md`` 3.3).

        fixed: what the system instruction costs, which stays.
        """
        if rule is None or self.tokens + fixed <= (trigger := rule.trigger_tokens or _TRIGGER):
            return self
        target = (rule.sliding_window.target_tokens if rule.sliding_window else None) or trigger // 2
        cuts = (replace(self, turns=self.turns[at:]) for at, turn in enumerate(self.turns) if turn.role is Role.USER)
        return next((memory for memory in cuts if memory.tokens + fixed <= target), replace(self, turns=()))


class Refusal(Enum):
    """Why a handle resumes nothing: what the connection is closed with (``live-protocol.md`` 9, 12)."""

    UNKNOWN = (1008, "Requested entity was not found.")
    EXPIRED = (1008, "BidiGenerateContent session expired.")
    IN_USE = (1011, "Internal error encountered.")
    BROKEN = (1011, "The service is currently unavailable.")
    OTHER_MODEL = (1007, "Request contains an invalid argument.")


@dataclass(slots=True, eq=False)
class Conversation:
    """What all handles of one conversation have in common.

    connected: whether a connection is open to it. model: its id; all else of a set-up may change from one connection to
    the next. ended: when the last one ended. broken: whether it ended with 1007, after which no resume ever worked.
    """

    connected: Callable[[], bool]
    model: str = ""
    ended: float = 0.0
    broken: bool = False

    def end(self, now: float, *, broken: bool) -> None:
        """Take that its connection is gone."""
        self.connected = _never
        self.ended = now
        self.broken = self.broken or broken


@dataclass(frozen=True, slots=True)
class Resumed:
    """A conversation that goes on, from this point of it."""

    conversation: Conversation
    memory: Memory


def _never() -> bool:
    return False


@dataclass(slots=True)
class Handles:
    """Conversations that can be resumed, for as long as the server lives.

    new_handle: makes one. validity: how long one is good after the conversation's last connection ended, s.
    """

    new_handle: Callable[[], str] = lambda: str(uuid.uuid4())
    validity: float = _VALIDITY
    _points: OrderedDict[str, Resumed] = field(default_factory=OrderedDict)
    _expired: set[str] = field(default_factory=set)

    def issue(self, conversation: Conversation, memory: Memory) -> str:
        """Return a handle from which this conversation can be resumed."""
        handle = self.new_handle()
        self._points[handle] = Resumed(conversation, memory)
        if len(self._points) > _MOST_HANDLES:
            oldest, _ = self._points.popitem(last=False)
            self._expired.discard(oldest)
        return handle

    def resume(self, handle: str, now: float, model: str = "") -> Resumed | Refusal:
        """Return the conversation of a handle, or why there is none; model: as the set-up has it."""
        point = self._points.get(handle)
        match point:
            case None:
                return Refusal.UNKNOWN
            case Resumed(conversation) if conversation.connected():
                return Refusal.IN_USE
            case Resumed(conversation) if conversation.broken:
                return Refusal.BROKEN
            case Resumed(conversation) if handle in self._expired or now - conversation.ended > self.validity:
                return Refusal.EXPIRED
            case Resumed(conversation) if conversation.model != model:
                return Refusal.OTHER_MODEL
        return point

    def forget(self) -> None:
        """Know no handle any more."""
        self._points.clear()
        self._expired.clear()

    def expire(self) -> None:
        """Let every handle that was issued be too old."""
        self._expired |= self._points.keys()


def tokens_of_sound(seconds: float) -> int:
    """Return what so much speech costs."""
    return round(seconds * _TOKENS_PER_SECOND)


def tokens_of_text(text: str) -> int:
    """Return what a text costs."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
