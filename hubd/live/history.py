"""What was said before a session began, given to it as context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

from hubd.live.content import Content, Part
from hubd.live.messages import ClientContent


class Role(StrEnum):
    """Who said something; no other is allowed (``live-protocol.md`` 4)."""

    USER = "user"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class HistoryTurn:
    """What one side said."""

    role: Role
    text: str


def history_message(turns: Sequence[HistoryTurn], *, seeds: bool) -> ClientContent | None:
    """Return the message that tells a fresh session what was said before; None if that is nothing.

    Neighbours of one side become one turn, of text alone: parts that are calls end the session (pitfall 14). seeds: the
    set-up announced it as history: then turn_complete says that the history is complete, and starts no answer; the
    server waits for it. Otherwise it would start one, so it is left out (``live-protocol.md`` 4).
    """
    contents = tuple(
        Content(role=role, parts=tuple(Part(text=turn.text) for turn in same))
        for role, same in groupby((turn for turn in turns if turn.text.strip()), key=lambda turn: turn.role)
    )
    return ClientContent(turns=contents, turn_complete=seeds) if contents else None
