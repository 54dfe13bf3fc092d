"""One call for several devices: an errand for each, one answer for all."""

from __future__ import annotations

import asyncio

from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.events import Call
from hubd.outcomes import Outcome
from hubd.requests import Several
from hubd.stages.errand import Crowd, Errand, Means
from hubd.sums import summed
from hubd.vigil import Settled


class Round:
    """Carries one call out for several devices, side by side.

    call, asked, sent_within: as for an errand. several: what is to be done. catalog: has the devices' spoken names.
    """

    def __init__(  # noqa: PLR0913 -- a call, when it was asked, what it means, what it needs
        self,
        means: Means,
        call: Call,
        several: Several,
        *,
        catalog: Catalog,
        asked: float,
        sent_within: float | None,
    ) -> None:
        self.call = call
        self.label = several.label
        self.asked = asked
        self._several = several
        self._errands = [
            Errand(
                means,
                call,
                command,
                label=catalog.label(command.device),
                asked=asked,
                sent_within=sent_within,
                crowd=Crowd.WAIT,
            )
            for command in several.commands
        ]

    @property
    def devices(self) -> tuple[Device, ...]:
        """The devices."""
        return tuple(command.device for command in self._several.commands)

    @property
    def settled(self) -> tuple[Settled, ...]:
        """What the devices were found to be, as far as they have reported."""
        return tuple(each for errand in self._errands for each in errand.settled)

    def take_back(self) -> None:
        """Publish nothing more; what was published stays so, and is watched to its end."""
        for errand in self._errands:
            errand.take_back()

    def heed(self, told: frozenset[str]) -> None:
        """Note that the devices with these ids have said something."""
        for errand in self._errands:
            errand.heed(told)

    def start(self) -> None:
        """Hand the first message for each device over, unless something is in its way; then run()."""
        for errand in self._errands:
            errand.start()

    async def run(self) -> Outcome | None:
        """Return what became of all, or None if the call was taken back with nothing sent."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(errand.run(), name=f"call {self.call.id}: {errand.label}") for errand in self._errands
            ]
        results = [(errand.label, task.result()) for errand, task in zip(self._errands, running, strict=True)]
        return summed(self._several, results) if any(outcome is not None for _, outcome in results) else None


def label_of(found: Command | Several, catalog: Catalog) -> str:
    """Return what is operated by its spoken name."""
    return found.label if isinstance(found, Several) else catalog.label(found.device)


def errand_of(  # noqa: PLR0913 -- what both kinds of errands need
    means: Means,
    call: Call,
    found: Command | Several,
    catalog: Catalog,
    *,
    asked: float,
    sent_within: float | None,
) -> Errand | Round:
    """Return who carries the call out."""
    if isinstance(found, Several):
        return Round(means, call, found, catalog=catalog, asked=asked, sent_within=sent_within)
    label = label_of(found, catalog)
    return Errand(means, call, found, label=label, asked=asked, sent_within=sent_within)
