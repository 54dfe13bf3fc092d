"""A person's yes before a command is carried out."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum, auto

from hubd.devices.model import Command
from hubd.events import Drained, Event, SpeechBegan, Woke
from hubd.pace import BargeIn

# An answer that comes later than this is to something else, s.
VALID_FOR = 60.0
_MAX_OPEN = 16


class _Stage(Enum):
    """How far a question has come: the model has it, the hub has spoken since, a person has spoken after that."""

    GIVEN = auto()
    PUT = auto()
    ANSWERED = auto()


@dataclass(slots=True)
class _Question:
    asked: float
    stage: _Stage = _Stage.GIVEN


class Confirmations:
    """Decides whether a command may be carried out that needs a person's yes (``design.md`` 7).

    The first call is a question. A second, equal one within 60 s is carried out, once, if the hub has spoken since the
    first and its own ear has heard a person speak after that: the model can't say yes to itself, neither can the hub's
    own voice. What the person said is for the model to understand.
    barge_in: whether a person can be told from the hub while that speaks, may be changed. Every ``now`` is monotonic,
    s.
    """

    def __init__(self, barge_in: BargeIn = BargeIn.WAKE_WORD) -> None:
        self.barge_in = barge_in
        self._open: OrderedDict[str, _Question] = OrderedDict()

    def admit(self, command: Command, now: float) -> bool:
        """Return whether the command may be carried out now; if not, a person is to be asked."""
        if not command.needs_yes:
            return True
        wish = json.dumps([command.device.id, command.name, dict(command.arguments)], sort_keys=True)
        question = self._open.get(wish)
        if question is None or now - question.asked > VALID_FOR:
            self._open.pop(wish, None)
            self._open[wish] = _Question(now)
            if len(self._open) > _MAX_OPEN:
                self._open.popitem(last=False)
            return False
        if question.stage is not _Stage.ANSWERED:
            return False
        del self._open[wish]
        return True

    def witness(self, event: Event, *, speaking: bool) -> None:
        """Take note of what was heard in the room, of what was played there; speaking: whether the hub speaks."""
        match event:
            case Drained():
                self._advance(_Stage.GIVEN, _Stage.PUT)
            case Woke() if self.barge_in is not BargeIn.OFF or not speaking:
                self._heard(speaking=speaking)
            case SpeechBegan() if self.barge_in is BargeIn.SPEECH or not speaking:
                self._heard(speaking=speaking)
            case _:
                pass

    def _heard(self, *, speaking: bool) -> None:
        if speaking:
            # Whoever cuts the question short has heard enough of it.
            self._advance(_Stage.GIVEN, _Stage.PUT)
        self._advance(_Stage.PUT, _Stage.ANSWERED)

    def _advance(self, before: _Stage, after: _Stage) -> None:
        for question in self._open.values():
            if question.stage is before:
                question.stage = after
