"""What the offline model remembers of a conversation."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hubd.live.setup import ContextWindowCompression

# As the service counts (``live-protocol.md`` 7.2, 17).
_TOKENS_PER_SECOND: Final = 25
_CHARACTERS_PER_TOKEN: Final = 4
_CONTEXT: Final = 131_072
_TRIGGER: Final = _CONTEXT * 8 // 10
# More conversations than a home has in two hours; the oldest goes.
_MOST_HANDLES: Final = 256


@dataclass(frozen=True, slots=True)
class Turn:
    """Something that was said: by the user, or by the model."""

    user: bool
    tokens: int


@dataclass(frozen=True, slots=True)
class Memory:
    """A conversation so far."""

    turns: tuple[Turn, ...] = ()

    @property
    def tokens(self) -> int:
        """What the whole context costs."""
        return sum(turn.tokens for turn in self.turns)

    def with_turn(self, *, user: bool, tokens: int) -> Memory:
        """Return the conversation with one more turn."""
        return replace(self, turns=(*self.turns, Turn(user, tokens)))

    def compressed(self, rule: ContextWindowCompression | None) -> Memory:
        """Return what is left when a turn begins: cut at the beginning of a user's turn (``live-protocol.md`` 3.3)."""
        if rule is None or self.tokens <= (trigger := rule.trigger_tokens or _TRIGGER):
            return self
        target = (rule.sliding_window.target_tokens if rule.sliding_window else None) or trigger // 2
        cuts = (Memory(self.turns[at:]) for at, turn in enumerate(self.turns) if turn.user)
        return next((memory for memory in cuts if memory.tokens <= target), Memory())


class Handles:
    """Conversations that can be resumed, for as long as the server lives."""

    def __init__(self, new_handle: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self._new_handle = new_handle
        self._memories: OrderedDict[str, Memory] = OrderedDict()

    def issue(self, memory: Memory) -> str:
        """Return a handle from which this conversation can be resumed."""
        handle = self._new_handle()
        self._memories[handle] = memory
        if len(self._memories) > _MOST_HANDLES:
            self._memories.popitem(last=False)
        return handle

    def resume(self, handle: str) -> Memory | None:
        """Return the conversation of a handle; None if there is none."""
        return self._memories.get(handle)


def tokens_of_sound(seconds: float) -> int:
    """Return what so much speech costs."""
    return round(seconds * _TOKENS_PER_SECOND)


def tokens_of_text(text: str) -> int:
    """Return what a text costs."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)
