"""What a call asks for once it is checked."""

from __future__ import annotations

from dataclasses import dataclass

from hubd.devices.model import Command, Device
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
class Query:
    """The model asks how these devices are."""

    devices: tuple[Device, ...]


Resolved = Command | EndConversation | OwnCall | Query | Refusal
