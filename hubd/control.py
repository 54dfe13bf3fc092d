"""What is asked of a running hub on its own machine, with its answer."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hubd.errors import Complaint, HubdError

# Of the mistakes of a configuration so many are told; more than anyone repairs at once.
MOST_COMPLAINTS: Final = 200


class Wish(StrEnum):
    """What a hub can be asked for."""

    RELOAD = "reload"
    MUTE = "mute"
    UNMUTE = "unmute"


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read what to_line() wrote; raises HubdError for anything else."""
        try:
            return cls.model_validate_json(line)
        except ValidationError:
            raise HubdError("what came over the control socket can't be understood") from None

    def to_line(self) -> bytes:
        """Return it as one line of JSON."""
        return self.model_dump_json().encode() + b"\n"


class Request(_Line):
    """What somebody wants of the hub."""

    wish: Wish


class Reply(_Line):
    """What became of it.

    problem: why it was not done; empty if it was. complaints: the mistakes in the configuration, the first of so many
    as count says. waiting: the changed options that take effect at the next start.
    """

    problem: str = ""
    complaints: tuple[Complaint, ...] = ()
    count: Annotated[int, Field(ge=0)] = 0
    waiting: tuple[str, ...] = ()


def refused(complaints: Sequence[Complaint]) -> Reply:
    """Return the reply for a configuration with these mistakes."""
    count = len(complaints)
    more = "" if count == 1 else f", and {count - 1:,} more"
    return Reply(problem=f"{complaints[0]}{more}", complaints=tuple(complaints[:MOST_COMPLAINTS]), count=count)
