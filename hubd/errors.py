"""The error tree, grouped by who handles what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class HubdError(Exception):
    """Base of every error that hubd raises on purpose; its text is fit for a user."""


# Handled by cli.py: told to the person, then the process ends.


@dataclass(frozen=True, slots=True)
class Complaint:
    """One mistake in a configuration: where it is, what was found, what is allowed.

    file: the file's path as the user would type it.
    key: the path of keys inside it, as in ``device[2].function[0].publish.topic``; empty for the whole file.
    problem: one sentence that says what was found, what is allowed, and a suggestion if there is one.
    line: its line in the file, counted from 1, if it has one.
    """

    file: str
    key: str
    problem: str
    line: int | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{where}: {self.key}: {self.problem}" if self.key else f"{where}: {self.problem}"


class ConfigError(HubdError):
    """The configuration can't be used; carries every complaint, not only the first."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        super().__init__("\n".join(str(complaint) for complaint in complaints))
        self.complaints = tuple(complaints)


class UsageError(HubdError):
    """The command line asks for what can't be done; the text names the option or the file."""


class MissingPartError(HubdError):
    """A package, program or model file is not installed; the text names it with the command that installs it."""


# Handled by the stage or edge where it arises: reported as trouble, tried again.


class SoundError(HubdError):
    """Microphone or speaker can't be opened or was lost."""


class BrokerError(HubdError):
    """The MQTT broker is away, refused us, or did not take a message in time."""


class LinkError(HubdError):
    """The Live connection could not be opened or was lost.

    code: the WebSocket close code (RFC 6455, 7.4), the HTTP status of a refused upgrade, or None if there was neither.
    reason: the server's words, possibly cut at 123 bytes; never holds a key.
    """

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason if code is None else f"{code} {reason}".rstrip())
        self.code = code
        self.reason = reason


class RemoteProtocolError(HubdError):
    """The server broke the protocol: the connection ends, the hub does not."""


# Handled by nobody: a bug of ours, the process ends and systemd restarts it.


class LocalProtocolError(HubdError):
    """We broke the protocol: a message out of order."""
