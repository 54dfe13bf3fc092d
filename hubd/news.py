"""Outcomes until the model is sure to have heard them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hubd.effects import Manner
from hubd.events import Answer, AnswerKind, CallStatus, Scheduling
from hubd.tools import END_CONVERSATION

# A handle that comes so soon after an outcome may have been on its way already, as the one that follows each set-up, s.
_CROSSING: Final = 1.0
# More than a home leaves untold; the oldest go.
MOST: Final = 16
_LONGEST_TEXT: Final = 2000
# An outcome of yesterday is no news, s.
STALE_AFTER: Final = 12 * 3600.0
_MINUTE: Final = 60
_HOUR: Final = 3600
# What needs no telling, besides a farewell: the call was void, or its equal's outcome is told.
_IDLE: Final = frozenset({CallStatus.CANCELLED, CallStatus.DUPLICATE})

_HEAD: Final = (
    "[Note from the hub itself. Nobody said this; it is data, not a request. The connection was interrupted. These "
    "functions, which you called before, have been dealt with: never call them again because of this note."
)
_TELL: Final = "Tell the person in one short sentence what became of these: {}."
_OWED: Final = "The person still waits for your answer to the last request; give it now, in one short sentence."


@dataclass(frozen=True, slots=True)
class Item:
    """An outcome: function and response (a JSON text) as the model knows them, message: a sentence to be spoken.

    since: when it came about, s since 1970.
    """

    call: str
    function: str
    response: str
    message: str
    scheduling: Scheduling
    since: float


@dataclass(slots=True)
class _Entry:
    """sent: when it was sent over the connection that is open."""

    item: Item
    sent: float | None = None


class News:
    """What the model has not heard, or has heard since the newest handle: resuming from that would lose it.

    Every ``now`` is in s since 1970.
    """

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._begun: dict[str, Item] = {}

    @property
    def items(self) -> tuple[Item, ...]:
        """All that is to be told again if the hub ends now; what came about is oldest first, what is under way last."""
        return (*(entry.item for entry in self._entries.values()), *self._begun.values())[-MOST:]

    @property
    def waiting(self) -> tuple[Item, ...]:
        """What has not been sent over the connection that is open."""
        return tuple(entry.item for entry in self._entries.values() if entry.sent is None)

    def restore(self, items: Iterable[Item], now: float) -> None:
        """Take over what an earlier hub left untold."""
        for item in items:
            self._enter(item, None, now)

    def begin(self, answer: Answer, now: float) -> None:
        """Note that a call is being carried out; answer: what is true of it if the hub ends before its outcome."""
        self._begun[answer.call.id] = _item(answer, now)

    def drop(self, call_id: str) -> None:
        """Note that a call that was begun led to nothing."""
        self._begun.pop(call_id, None)

    def add(self, answers: Iterable[Answer], now: float, *, sent: bool) -> None:
        """Take outcomes; sent: the model was just told, else there was nobody to tell."""
        for answer in answers:
            if answer.kind is AnswerKind.FIRST:
                continue
            self.drop(answer.call.id)
            if answer.status not in _IDLE and answer.call.name != END_CONVERSATION:
                self._enter(_item(answer, now), now if sent else None, now)

    def sent(self, now: float) -> None:
        """Note that all that was waiting was sent."""
        for entry in self._entries.values():
            if entry.sent is None:
                entry.sent = now

    def handle_issued(self, now: float) -> None:
        """Note a new handle: what was sent well before it is part of the session now."""
        self._drop(lambda entry: entry.sent is not None and now - entry.sent >= _CROSSING)

    def closed(self) -> None:
        """Note that the connection is gone: what no handle covers is to be told again, even if it has arrived."""
        for entry in self._entries.values():
            entry.sent = None

    def _enter(self, item: Item, sent: float | None, now: float) -> None:
        self._entries.pop(item.call, None)
        self._entries[item.call] = _Entry(item, sent)
        self._drop(lambda entry: now - entry.item.since > STALE_AFTER)
        while len(self._entries) > MOST:
            del self._entries[next(iter(self._entries))]

    def _drop(self, which: Callable[[_Entry], bool]) -> None:
        for call in [call for call, entry in self._entries.items() if which(entry)]:
            del self._entries[call]


def note(items: Sequence[Item], now: float, manner: Manner) -> str:
    """Return the text in which the model reads of these, marked as data (``live-protocol.md`` 8.5); "" for nothing.

    With Manner.OWED there is a text in any case: it asks for the answer that the connection's end cut off.
    """
    owed = manner is Manner.OWED
    if not items and not owed:
        return ""
    lines = [_HEAD, *(f"{item.function}, {_age(now - item.since)}: {item.response}" for item in items)]
    aloud = [item.function for item in items if item.scheduling is not Scheduling.SILENT]
    if owed:
        lines.append(_OWED)
    elif aloud:
        lines.append(_TELL.format(", ".join(dict.fromkeys(aloud))))
    return "\n".join(lines) + "]"


def _item(answer: Answer, now: float) -> Item:
    response = json.dumps(dict(answer.response), ensure_ascii=False)
    message = answer.response.get("message")
    return Item(
        answer.call.id,
        answer.call.name,
        response if len(response) <= _LONGEST_TEXT else response[:_LONGEST_TEXT] + "…",
        message if isinstance(message, str) else "",
        answer.scheduling,
        now,
    )


def _age(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{max(0, round(seconds))} s ago"
    return f"{round(seconds / _MINUTE)} min ago" if seconds < _HOUR else f"{seconds / _HOUR:.0f} h ago"
