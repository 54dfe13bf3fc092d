"""Which calls were asked, acted on, answered: no command is carried out twice."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from hubd.errors import LocalProtocolError
from hubd.events import Answer, AnswerKind, Call, CallStatus, Scheduling

# Equal name and arguments within so many seconds are one wish (``design.md`` 6).
DUPLICATE_WITHIN = 2.0
# A handle is good for 110 minutes, and with it the server may name a call again (``live-protocol.md`` 9), s.
REMEMBERED_FOR = 2 * 3600.0
MAX_ENTRIES = 4096
# No function takes arguments so deep: what is below makes no difference.
_MAX_DEPTH = 32


class Verdict(Enum):
    """What to do with a call that came in.

    NEW: carry it out. DUPLICATE: answer that an equal call is or was just carried out.
    RUNNING: the same call came again and is being carried out: its one answer is on the way.
    ANSWERED: the same call came again and was answered: answer, but don't carry it out.
    """

    NEW = auto()
    DUPLICATE = auto()
    RUNNING = auto()
    ANSWERED = auto()


class Stage(Enum):
    """How far a call has come: asked, acted on (something was published), answered."""

    ASKED = auto()
    ACTED = auto()
    ANSWERED = auto()


# A call that nothing was published for goes from ASKED to ANSWERED.
_MAY_FOLLOW = {
    Stage.ASKED: {Stage.ACTED, Stage.ANSWERED},
    Stage.ACTED: {Stage.ANSWERED},
    Stage.ANSWERED: set[Stage](),
}


@dataclass(slots=True)
class _Entry:
    call: Call
    asked: float
    stage: Stage = Stage.ASKED
    acted: float | None = None
    answer: Answer | None = None


class Ledger:
    """The book of calls; it outlives connections.

    Every ``now`` is monotonic, s. Entries are forgotten after two hours, and the oldest beyond 4096, but never one that
    is still being carried out.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._latest: dict[str, str] = {}

    def enter(self, call: Call, now: float) -> Verdict:
        """Enter a call as it arrives, before anything is published; return what to do with it.

        A call whose equal was refused, or failed before anything was published, is no duplicate: the model may try
        again.
        """
        self._forget(now)
        if (known := self._entries.get(call.id)) is not None:
            return Verdict.RUNNING if known.answer is None else Verdict.ANSWERED
        wish = _wish(call)
        earlier = self._entries.get(self._latest.get(wish, ""))
        duplicate = (
            earlier is not None
            and now - earlier.asked <= DUPLICATE_WITHIN
            and (earlier.answer is None or earlier.acted is not None)
        )
        self._entries[call.id] = _Entry(call, now)
        if duplicate:
            return Verdict.DUPLICATE
        self._latest[wish] = call.id
        return Verdict.NEW

    def recall(self, call: Call, message: str, now: float) -> None:
        """Enter a call that an earlier hub dealt with; message: what it told, or left to be told."""
        answer = Answer(call, CallStatus.DUPLICATE, Scheduling.SILENT, {"message": message})
        self._entries[call.id] = _Entry(call, now, Stage.ANSWERED, answer=answer)

    def acted(self, call_id: str, now: float) -> None:
        """Note that something was published for the call, also if it was taken back meanwhile."""
        entry = self._entries.get(call_id)
        if entry is None or entry.stage is Stage.ASKED:
            entry = self._advance(call_id, Stage.ACTED)
        entry.acted = now

    def answered(self, answer: Answer) -> None:
        """Note the call's one answer; a first answer leaves it open, an afterword takes the place of the answer.

        An afterword is passed over if the call was forgotten meanwhile.
        """
        entry = self._entries.get(answer.call.id)
        match answer.kind:
            case AnswerKind.FIRST:
                pass
            case AnswerKind.OUTCOME:
                self._advance(answer.call.id, Stage.ANSWERED).answer = answer
            case AnswerKind.AFTERWORD if entry is not None and entry.answer is None:
                raise LocalProtocolError(f"a call that is {entry.stage.name} can't have an afterword")
            case AnswerKind.AFTERWORD if entry is not None:
                entry.answer = answer
            case AnswerKind.AFTERWORD:
                pass
            case _:
                assert_never(answer.kind)

    def earlier(self, call: Call) -> Answer | None:
        """Return the answer to the equal call that this one is a duplicate of, if it has one already."""
        return self.answer(self._latest.get(_wish(call), ""))

    def answer(self, call_id: str) -> Answer | None:
        """Return the call's answer, if it has one."""
        entry = self._entries.get(call_id)
        return None if entry is None else entry.answer

    def _advance(self, call_id: str, stage: Stage) -> _Entry:
        entry = self._entries.get(call_id)
        if entry is None or stage not in _MAY_FOLLOW[entry.stage]:
            found = "unknown" if entry is None else entry.stage.name
            raise LocalProtocolError(f"a call that is {found} can't become {stage.name}")
        entry.stage = stage
        return entry

    def _forget(self, now: float) -> None:
        """Drop entries from the old end of the book that are settled and too old, or too many."""
        while (call_id := next(iter(self._entries), None)) is not None:
            entry = self._entries[call_id]
            too_old = now - entry.asked > REMEMBERED_FOR
            if entry.answer is None or not (too_old or len(self._entries) >= MAX_ENTRIES):
                break
            del self._entries[call_id]
            if self._latest.get(_wish(entry.call)) == call_id:
                del self._latest[_wish(entry.call)]


def _wish(call: Call) -> str:
    """Return a text that equal calls share: the order of arguments and 30 or 30.0 make no difference."""
    return repr((call.name, _plain(dict(call.arguments))))


def _plain(value: object, depth: int = 0) -> object:
    match value:
        case dict() | list() if depth >= _MAX_DEPTH:
            return "deeper"
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(value[key], depth + 1) for key in sorted(value)}
        case list():
            return [_plain(item, depth + 1) for item in value]
        case _:
            return value
