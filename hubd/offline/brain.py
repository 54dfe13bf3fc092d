"""What the host wants of a model's mind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hubd.live.messages import FunctionResponse
from hubd.offline.effects import Effect
from hubd.offline.memory import Memory
from hubd.offline.steps import Plan


@dataclass(frozen=True, slots=True)
class Began:
    """The user speaks."""


@dataclass(frozen=True, slots=True)
class Said:
    """The user's turn is over: words for the transcript, None if they are not known; its length; what answers it.

    counted: whether it counts among the conversation's turns.
    """

    words: str | None
    seconds: float
    plan: Plan
    counted: bool = True


@dataclass(frozen=True, slots=True)
class SaidNothing:
    """The user's turn is over, and there is nothing to answer."""


Verdict = Began | Said | SaidNothing


class Brain(Protocol):
    """Decides what the model does; one for each connection, without a clock.

    What it wants of the server around it (to recognise speech, say) goes into ``effects``, which the host empties.
    memory: the conversation so far, where it is passed.
    """

    effects: list[Effect]

    @property
    def automatic(self) -> bool:
        """Whether it finds the user's turns by itself; if not, the client marks them."""
        ...

    @property
    def hears_user(self) -> bool:
        """Whether the user's turn goes on."""
        ...

    def opening(self) -> Plan:
        """Return what happens upon the set-up, with a Ready at its end; without one it is never completed."""
        ...

    def timers(self) -> Sequence[tuple[float, Plan]]:
        """Return what happens so many seconds after the set-up, whatever else is going on."""
        ...

    def audio(self, pcm: bytes, memory: Memory) -> list[Verdict]:
        """Take sound (signed 16-bit mono at 16 kHz) in pieces of any size."""
        ...

    def begin(self, memory: Memory) -> list[Verdict]:
        """Take the client's mark that the user begins to speak."""
        ...

    def end(self, memory: Memory) -> list[Verdict]:
        """Take the client's mark that the user has finished, or the end of its sound stream."""
        ...

    def recognised(self, number: int, words: tuple[str, ...] | None) -> list[Verdict]:
        """Take the result of a Recognise; None if the utterance fits no sentence."""
        ...

    def text(self, text: str, memory: Memory) -> Said:
        """Return the answer to a text; its words are not told again."""
        ...

    def outcome(self, response: FunctionResponse, *, going_on: bool) -> Plan:
        """Return what is said about the outcome of a call; going_on: the turn has something to do after it anyway."""
        ...
