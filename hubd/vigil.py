"""Devices that don't stay as they were said to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from hubd import outcomes
from hubd.devices.expectations import Expectation
from hubd.devices.functions import Schedule
from hubd.devices.model import Command
from hubd.devices.state import StateStore
from hubd.events import Call, CallStatus
from hubd.outcomes import Outcome

# However slow a device may be, what it says later has other reasons, s.
_LONGEST: Final = 10.0
_MOST: Final = 256


@dataclass(frozen=True, slots=True)
class Settled:
    """What was told of a command: done, late, or failed because the device reported the contrary.

    label: the device's spoken name. expectation: what was to be reported. within: how quick the device is, s.
    mark: the point in the stream of messages up to which its reports were heard.
    """

    command: Command
    label: str
    expectation: Expectation
    status: CallStatus
    within: float
    mark: int


@dataclass(frozen=True, slots=True)
class Watch:
    """A command that is watched: the call that it came by, when that was asked, s, when the model speaks about it."""

    call: Call
    asked: float
    schedule: Schedule
    settled: Settled
    until: float


class Vigil:
    """Watches devices for a while after the model was told how they are; every ``now`` is monotonic, s.

    states: what they report.
    """

    def __init__(self, states: StateStore) -> None:
        self._states = states
        self._watches: list[Watch] = []

    def keep(self, call: Call, asked: float, schedule: Schedule, settled: Iterable[Settled], now: float) -> None:
        """Watch the devices that a call has set."""
        self._watches += [Watch(call, asked, schedule, each, now + min(each.within, _LONGEST)) for each in settled]
        self._watches = self._watches[-_MOST:]

    def drop(self, device_ids: Collection[str]) -> None:
        """Watch these devices no more: they are about to be set anew."""
        self._watches = [each for each in self._watches if each.settled.command.device.id not in device_ids]

    def heed(self, told: Collection[str], now: float) -> list[tuple[Watch, Outcome]]:
        """Return what is to be corrected, each once, after the devices with these ids have said something."""
        self._watches = [each for each in self._watches if each.until >= now]
        corrections = [
            (watch, outcome)
            for watch in self._watches
            if watch.settled.command.device.id in told and (outcome := self._correction(watch.settled)) is not None
        ]
        for watch, _ in corrections:
            self._watches.remove(watch)
        return corrections

    def _correction(self, settled: Settled) -> Outcome | None:
        command, label, expectation = settled.command, settled.label, settled.expectation
        values = self._states.since(command.device.id, settled.mark, expectation.scope)
        if settled.status is CallStatus.FAILED:
            return outcomes.after_all(command, label, expectation, values) if expectation.met_by(values) else None
        return outcomes.went_back(command, label, values) if expectation.contradicted_by(values) else None
