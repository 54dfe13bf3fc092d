"""What a call asks for once it is checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from hubd.devices.model import Command
from hubd.devices.queries import Query
from hubd.events import AnswerKind, CallStatus
from hubd.own_functions import OwnCall


@dataclass(frozen=True, slots=True)
class EndConversation:
    """The model wants the conversation to end after what it is saying."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that can't be carried out as it is; nothing was sent.

    message: what was wrong and what is allowed, fit for the model to repair it and to be spoken.
    choices: the names that are valid instead, if the trouble is a name. device: the device's id, if it is known.
    """

    message: str
    choices: tuple[str, ...] = ()
    device: str = ""


@dataclass(frozen=True, slots=True)
class EarlyAnswer:
    """What the model hears about a call that has no outcome after so many seconds.

    kind: FIRST leaves the call open, OUTCOME closes it; then what comes of it is an afterword.
    status: ON_ITS_WAY, or FAILED for a device that was to answer while the conversation waits.
    """

    after: float
    kind: AnswerKind
    status: CallStatus


@dataclass(frozen=True, slots=True)
class Several:
    """One call that sets several devices.

    name: the function's. label: what they are called together: "kitchen lights". commands: one a device.
    said: what they are afterwards, as it follows "are": "off". left_out: why others of them can't be set so, a sentence
    each.
    """

    name: str
    label: str
    commands: tuple[Command, ...]
    said: str
    left_out: tuple[str, ...] = ()


Resolved = Command | Several | EndConversation | OwnCall | Query | Refusal


def device_of(found: Resolved) -> str:
    """Return the id of the one device that a call is for, or nothing."""
    match found:
        case Command():
            return found.device.id
        case Refusal():
            return found.device
        case EndConversation() | OwnCall() | Query() | Several():
            return ""
        case _:
            assert_never(found)
