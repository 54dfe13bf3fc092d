"""Which states an event may lead to, by a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from hubd.errors import LocalProtocolError

S = TypeVar("S")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Table(Generic[S, E]):
    """A state machine's law.

    transitions: a row for each state: its events, with the states that each may lead to. stale: events that may come in
    a state, and change nothing.
    """

    transitions: Mapping[S, Mapping[type[E], tuple[S, ...]]]
    stale: Mapping[S, frozenset[type[E]]]

    def target(self, state: S, event: E, decide: Callable[[], S]) -> S | None:
        """Return the state that decide() chooses for an event; None if the event is stale, and nothing is to be done.

        Raises LocalProtocolError for an event that can't come in this state, or can't lead where decide() wants.
        """
        allowed = self.transitions[state].get(type(event))
        if allowed is None:
            if type(event) in self.stale[state]:
                return None
            raise LocalProtocolError(f"{type(event).__name__} can't come while {state}")
        target = decide()
        if target not in allowed:
            raise LocalProtocolError(f"{type(event).__name__} can't lead from {state} to {target}")
        return target
