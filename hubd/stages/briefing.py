"""What a session is told in texts: news, facts from others."""

from __future__ import annotations

from collections.abc import Sequence

from hubd.effects import Manner
from hubd.events import Backend, Scheduling
from hubd.live.mouth import Mouth
from hubd.news import items_of, note
from hubd.stages.carry_over import CarryOver
from hubd.wishes import Fact, Standing


class Briefing:
    """Brings what waits in the carry-over to the session that is open; nothing of it is lost without one."""

    def __init__(self, carry_over: CarryOver) -> None:
        self._carry_over = carry_over
        self._unsaid: list[str] = []

    def brief(self, mouth: Mouth, backend: Backend, manner: Manner) -> None:
        """Tell the model what it could not be told as the answer to a call (``live-protocol.md`` 8.5)."""
        items = self._carry_over.waiting
        aloud = [item for item in items if item.scheduling is not Scheduling.SILENT]
        if backend is Backend.OFFLINE and manner is not Manner.NOTE:
            # It takes every text for a request, and would hear the hub's own voice: that waits for the end.
            self._unsaid += [item.message for item in aloud]
            manner = Manner.NOTE
        if not (text := note(items, self._carry_over.now, manner)):
            return
        if manner is Manner.OWED or (manner is Manner.ALOUD and aloud):
            mouth.session.send_text(text)
        else:
            mouth.session.send_note(text)
        self._carry_over.told()

    def learn(self, mouth: Mouth | None, facts: Sequence[Fact]) -> None:
        """Tell the model what others told; without a session the next one is told at its opening."""
        if mouth is not None:
            text = note(items_of(facts, self._carry_over.now), self._carry_over.now, Manner.NOTE)
            wanted = any(fact.standing is Standing.WANTED for fact in facts)
            (mouth.session.send_text if wanted else mouth.session.send_note)(text)
        self._carry_over.learned(facts, sent=mouth is not None)

    def unsaid(self) -> tuple[str, ...]:
        """Return, once, what is to be said aloud at the conversation's end, for the session could not say it."""
        unsaid, self._unsaid = self._unsaid, []
        return tuple(unsaid)
