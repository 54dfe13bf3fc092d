"""Which answers go to the model in one frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hubd.events import Answer, AnswerKind

# Calls of one frame that are answered within this time of each other are answered in one, s.
WINDOW = 0.02
# A model that hears one frame only is kept waiting for the slowest of its calls, but not longer than this, s.
LONGEST_TOGETHER = 5.0


@dataclass(slots=True, eq=False)
class _Frame:
    """The calls that came in one frame.

    open: those without an outcome. silent: those that the model has heard nothing about. ready: what it is to hear.
    due: when that is to be sent, monotonic, s; None if there is nothing to send.
    """

    asked: float
    open: set[str]
    silent: set[str]
    ready: list[Answer] = field(default_factory=list)
    due: float | None = None

    def holds(self, call_id: str) -> bool:
        """Return whether an answer to the call has not been sent yet."""
        return any(answer.call.id == call_id for answer in self.ready)


class Batches:
    """Collects answers: parallel calls that are ready together are answered together (``live-protocol.md`` 13, 36).

    together: whether the model listens to one frame of answers only; then all calls of a frame are waited for, 5 s at
    most. Otherwise an answer waits 20 ms for the others of its frame, and not at all if there are none. Every ``now``
    is monotonic, s.
    """

    def __init__(self, *, together: bool) -> None:
        self.together = together
        self._frames: list[_Frame] = []

    @property
    def deadline(self) -> float | None:
        """When take() has something to return; None if nothing is ready."""
        return min((frame.due for frame in self._frames if frame.due is not None), default=None)

    def ask(self, ids: Iterable[str], now: float) -> None:
        """Note the calls of one frame that will be answered."""
        open_calls = set(ids)
        if open_calls:
            self._frames.append(_Frame(now, open_calls, set(open_calls)))

    def ready(self, answer: Answer, now: float) -> None:
        """Note an answer; one to a call that is closed waits for nothing but the answer that closed it."""
        call_id = answer.call.id
        frame = next((each for each in self._frames if call_id in each.open or each.holds(call_id)), None)
        if frame is None:
            frame = _Frame(now, set(), set())
            self._frames.append(frame)
        frame.ready.append(answer)
        frame.silent.discard(call_id)
        if answer.kind is not AnswerKind.FIRST:
            frame.open.discard(call_id)
        self._settle(frame, now)

    def drop(self, call_id: str, now: float) -> None:
        """Note that a call will not be answered."""
        for frame in self._frames:
            if call_id in frame.open:
                frame.open.discard(call_id)
                frame.silent.discard(call_id)
                self._settle(frame, now)
        self._forget()

    def take(self, now: float) -> tuple[tuple[Answer, ...], ...]:
        """Return the answers that are due, one tuple a frame to send; each answer is returned once."""
        due = [frame for frame in self._frames if frame.due is not None and frame.due <= now]
        batches = tuple(tuple(frame.ready) for frame in due)
        for frame in due:
            frame.ready, frame.due = [], None
        self._forget()
        return batches

    def _settle(self, frame: _Frame, now: float) -> None:
        """Set when a frame's answers are to be sent."""
        if not frame.ready:
            frame.due = None
        elif not frame.silent:
            frame.due = now
        elif self.together:
            frame.due = max(now, frame.asked + LONGEST_TOGETHER)
        elif frame.due is None:
            frame.due = now + WINDOW

    def _forget(self) -> None:
        self._frames = [frame for frame in self._frames if frame.open or frame.ready]
