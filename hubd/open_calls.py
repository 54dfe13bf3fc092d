"""Which calls the model waits to hear about."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hubd.events import Answer, AnswerKind, Call


def closed_by(answers: Iterable[Answer]) -> tuple[str, ...]:
    """Return the ids of the calls that need no further answer."""
    return tuple(answer.call.id for answer in answers if answer.kind is AnswerKind.OUTCOME)


class OpenCalls:
    """Keeps the calls of one conversation from question to answer.

    blocking: names of the functions for which the conversation waits; may be changed between conversations.
    """

    def __init__(self, blocking: Collection[str]) -> None:
        self.blocking = blocking
        self._open: dict[str, Call] = {}
        self._past: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._open)

    @property
    def waiting(self) -> bool:
        """Whether the conversation waits for one of them."""
        return any(call.name in self.blocking for call in self._open.values())

    def ask(self, calls: Iterable[Call]) -> None:
        """Enter calls."""
        asked = {call.id: call for call in calls}
        self._open |= asked
        self._past -= asked.keys()

    def leave(self) -> None:
        """Note that the conversation goes on over another connection, which knows nothing of those that are open."""
        self._past |= self._open.keys()

    def strange(self, answers: Iterable[Answer]) -> bool:
        """Return whether the session does not listen to one of these: its call is void, or of the past, or closed.

        An answer may cross the cancellation of its call on the way.
        """
        known = self._open.keys() - self._past
        return any(answer.call.id not in known or answer.kind is AnswerKind.AFTERWORD for answer in answers)

    def crossed(self, ids: Iterable[str]) -> bool:
        """Return whether one of these cancelled calls is answered already: the session did not listen to that."""
        return any(call_id not in self._open for call_id in ids)

    def close(self, ids: Iterable[str]) -> None:
        """Strike out calls that are answered or cancelled."""
        for call_id in ids:
            self._open.pop(call_id, None)

    def clear(self) -> None:
        """Strike out all, for the next conversation."""
        self._open.clear()
        self._past.clear()
