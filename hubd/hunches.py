"""What the ear suspects before it is certain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rising:
    """A wake word may be on its way: a score has begun to rise; at most one until a Woke or a FellBack follows.

    model: whose score, as ``hey_jarvis``; the word that wakes may be another one.
    """

    model: str


@dataclass(frozen=True, slots=True)
class FellBack:
    """Nothing came of the last Rising: the scores have fallen, or the microphone was muted."""


Hunch = Rising | FellBack
