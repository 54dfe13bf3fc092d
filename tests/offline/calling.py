"""What a text asks of some functions."""

from __future__ import annotations

from collections.abc import Sequence

from hubd.live.declarations import FunctionDeclaration
from hubd.offline.grammar import Grammar, Understood
from hubd.offline.words import spoken

Called = list[tuple[str, dict[str, object]]]


def called(declarations: Sequence[FunctionDeclaration], text: str) -> Called | None:
    """Return the calls that a text leads to; None if it is not understood, or in more than one way."""
    meaning = Grammar(declarations).meaning(spoken(text))
    if not isinstance(meaning, Understood):
        return None
    return [(request.function, dict(request.arguments)) for request in meaning.requests]
