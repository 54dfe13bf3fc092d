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
class SendText:
    """Send this text as a frame, whatever it says."""

    text: str


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection; nothing is sent after it."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Break:
    """Cut the connection without a close frame, as a network does that resets it."""


@dataclass(frozen=True, slots=True)
class Hush:
    """Leave the connection half open: nothing is sent or read any more, no pong either, and it is not closed."""


@dataclass(frozen=True, slots=True)
class HoldPongs:
    """Read nothing for so many seconds: what the client sends is taken late, its pings are answered late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Prepare:
    """From now on listen for these sentences."""

    grammar: Grammar


@dataclass(frozen=True, slots=True)
class Recognise:
    """Find the words of an utterance (signed 16-bit mono at 16 kHz); hand them to ``recognised`` with the number.

    instead_of: the number of one before that nobody waits for any more, 0 for none; all others are answered.
    """

    number: int
    pcm: bytes
    instead_of: int = 0


@dataclass(frozen=True, slots=True)
class Speak:
    """Turn a text into speech (signed 16-bit mono at 24 kHz); hand it to ``voiced`` with the number."""

    number: int
    text: str


# After one of these nothing goes over the connection any more.
Ending = Close | Break | Hush
Fault = Ending | HoldPongs | SendText
Effect = Send | Fault | Prepare | Recognise | Speak
