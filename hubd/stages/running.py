"""A call that is being carried out, as the model waits for it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from hubd.devices.functions import Schedule
from hubd.events import Call, Scheduling
from hubd.stages.errand import Errand
from hubd.stages.round import Round


class Standing(Enum):
    """What the model waits for: the outcome; nothing, as it was answered early; nothing, as it took the call back."""

    OPEN = auto()
    EXPIRED = auto()
    TAKEN_BACK = auto()


class Keeper(Protocol):
    """Who keeps, for a hub that starts anew, what is true of the calls that are being carried out."""

    def begun(self, call: Call, label: str, scheduling: Scheduling) -> None:
        """Keep what is to be told of a call, and when, should the hub end before it has an outcome."""
        ...

    def dropped(self, call_id: str) -> None:
        """Note that there is nothing to be told: nothing was sent."""
        ...


@dataclass(slots=True, eq=False)
class Running:
    """The errand, when the model speaks about it; timer: when the model hears of it before there is an outcome."""

    errand: Errand | Round
    schedule: Schedule
    standing: Standing = Standing.OPEN
    timer: asyncio.TimerHandle | None = None

    def leave(self, standing: Standing) -> None:
        """Note that the model waits no more."""
        self.standing = standing
        self.rest()

    def rest(self) -> None:
        """Stop the timer."""
        if self.timer is not None:
            self.timer.cancel()
