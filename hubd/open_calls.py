"""Which calls the model waits to hear about."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hubd.events import Answer, Call


class OpenCalls:
    """Keeps the calls of one conversation from question to answer.

    blocking: names of the functions for which the conversation waits.
    """

    def __init__(self, blocking: Collection[str]) -> None:
        self._blocking = blocking
        self._open: dict[str, Call] = {}

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def waiting(self) -> bool:
        """Whether the conversation waits for one of them."""
        return any(call.name in self._blocking for call in self._open.values())

    def ask(self, calls: Iterable[Call]) -> None:
        """Enter calls."""
        self._open |= {call.id: call for call in calls}

    def known(self, answers: Iterable[Answer]) -> tuple[Answer, ...]:
        """Return the answers to calls that are open; the others belong to conversations of the past."""
        return tuple(answer for answer in answers if answer.call.id in self._open)

    def close(self, ids: Iterable[str]) -> None:
        """Strike out calls that are answered or cancelled."""
        for call_id in ids:
            self._open.pop(call_id, None)

    def clear(self) -> None:
        """Strike out all."""
        self._open.clear()
