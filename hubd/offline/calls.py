"""Which calls the model waits for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from hubd.events import Behavior
from hubd.live.messages import FunctionCall, FunctionResponse
from hubd.offline.steps import Cancel

# Answered calls are remembered so that they can be cancelled too late; nobody cancels what is long ago.
_MOST_ANSWERED: Final = 64

# The models that wait for a function unless told otherwise (``live-protocol.md`` 8.4).
_WAITING: Final = re.compile(r"models/gemini-(2\.|3\.1-)")


def undeclared_behavior(model: str) -> Behavior:
    """Return the behavior of a function that was declared without one; model: as in the set-up."""
    return Behavior.BLOCKING if _WAITING.match(model) else Behavior.NON_BLOCKING


class Calls:
    """The calls of one connection: open until they are answered or cancelled.

    behaviors: of the declared functions; another one does not block.
    """

    def __init__(self, behaviors: Mapping[str, Behavior]) -> None:
        self._behaviors = behaviors
        self._open: dict[str, FunctionCall] = {}
        self._answered: dict[str, FunctionCall] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def blocking(self) -> bool:
        """Whether a BLOCKING call is open."""
        return any(self._behavior(call) is Behavior.BLOCKING for call in self._open.values())

    def make(self, calls: Iterable[FunctionCall]) -> bool:
        """Enter calls; return whether one of them blocks."""
        made = {call.id: call for call in calls}
        self._open |= made
        return any(self._behavior(call) is Behavior.BLOCKING for call in made.values())

    def answer(self, response: FunctionResponse) -> Behavior | None:
        """Take an answer: the call stays open if it will continue. Return its behavior, None if it is not open."""
        call = self._open.get(response.id)
        if call is None:
            return None
        if not response.will_continue or self._behavior(call) is Behavior.BLOCKING:
            self._answered[call.id] = self._open.pop(call.id)
            if len(self._answered) > _MOST_ANSWERED:
                del self._answered[next(iter(self._answered))]
        return self._behavior(call)

    def cancel(self, which: Cancel) -> tuple[str, ...]:
        """Give calls up; return their ids."""
        calls = self._answered if which.answered else self._open
        ids = tuple(call.id for call in calls.values() if which.function in ("", call.name))
        for call_id in ids:
            del calls[call_id]
        return ids

    def _behavior(self, call: FunctionCall) -> Behavior:
        return self._behaviors.get(call.name, Behavior.NON_BLOCKING)
