"""What a hub publishes of itself, read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from hubd.events import Backend
from hubd.reports import PublicState, Report


@dataclass(frozen=True, slots=True)
class Moment:
    """A report with the time at which it was made, s since 1970, UTC."""

    time: float
    report: Report


@dataclass(frozen=True, slots=True)
class HubState:
    """The message on a hub's topic of state; since: when its state began, s since 1970, UTC."""

    state: PublicState
    since: float
    muted: bool
    volume: int
    session: Backend | None = None
    last_error: str | None = None
    version: str = ""


# The year 2286; no clock shows a time far beyond.
_LATEST: Final = 1e10
_REPORTS: Final[dict[str, TypeAdapter[Report]]] = {kind.kind: TypeAdapter(kind) for kind in get_args(Report)}
_STATE: Final = TypeAdapter(HubState)


def moment(payload: bytes) -> Moment | None:
    """Return an event as a hub published it; None for what no hub of this version publishes."""
    try:
        body = from_json(payload, allow_inf_nan=False)
        match body:
            case {"time": int() | float() as time, "event": str(kind)} if kind in _REPORTS and 0 <= time < _LATEST:
                return Moment(float(time), _REPORTS[kind].validate_python(body))
    except ValueError:  # pydantic's too
        pass
    return None


def is_object(payload: bytes) -> bool:
    """Return whether a message is a JSON object, as every event is, those of a newer hub too."""
    try:
        return isinstance(from_json(payload), dict)
    except ValueError:
        return False


def hub_state(payload: bytes) -> HubState | None:
    """Return how a hub says that it is; None for what no hub of this version says."""
    try:
        return _STATE.validate_json(payload)
    except ValidationError:
        return None
