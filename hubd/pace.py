"""How a conversation goes: its patience, its manners."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

# As long as a new connection takes at the worst, with somebody waiting, s.
_CONNECTING: Final = 30.0
# Sound is 32 kB a second.
_LONGEST_REPLAY: Final = 300.0


class BargeIn(Enum):
    """What may cut the hub short while it speaks."""

    WAKE_WORD = auto()
    SPEECH = auto()
    OFF = auto()


@dataclass(frozen=True, slots=True)
class Pace:
    """Settings of every conversation; times in seconds (``design.md`` 5).

    follow_up: open microphone after an answer; 0 for none. max_listening: without a word, or without an end of it.
    answer_timeout: from the end of what the person said to the first word of the model. silence_timeout: without
    anything from the model in its turn. manual_activity: we mark where the person's speech begins and ends.
    blocking: names of the functions for which the conversation waits. hold_while_acting: whether the model must not
    hear anything meanwhile (``live-protocol.md`` 13, pitfall 6).
    """

    follow_up: float = 8.0
    max_listening: float = 15.0
    answer_timeout: float = 20.0
    silence_timeout: float = 30.0
    barge_in: BargeIn = BargeIn.WAKE_WORD
    chime: bool = True
    manual_activity: bool = False
    blocking: Collection[str] = frozenset()
    hold_while_acting: bool = False

    @property
    def replay(self) -> float:
        """How long the sound of what was said may be wanted again, s: by the successor of a server that fell silent."""
        silence = self.silence_timeout + 2 * self.answer_timeout
        return min(self.max_listening + silence + _CONNECTING, _LONGEST_REPLAY)
