"""What the offline host asks of the server around it."""

from __future__ import annotations

from dataclasses import dataclass

from hubd.live.messages import ServerMessage
from hubd.offline.grammar import Grammar


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message, in order."""

    message: ServerMessage


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection; nothing is sent after it."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Prepare:
    """From now on listen for these sentences."""

    grammar: Grammar


@dataclass(frozen=True, slots=True)
class Recognise:
    """Find the words of an utterance (signed 16-bit mono at 16 kHz); hand them to ``recognised`` with the number.

    A later one makes those before it useless.
    """

    number: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Speak:
    """Turn a text into speech (signed 16-bit mono at 24 kHz); hand it to ``voiced`` with the number."""

    number: int
    text: str


Effect = Send | Close | Prepare | Recognise | Speak
