"""How devices are found to be, in a few sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from hubd.devices import phrases, wording
from hubd.devices.catalog import MAX_CHOICES, Catalog
from hubd.devices.model import Device
from hubd.devices.queries import Query
from hubd.devices.state import StateStore
from hubd.events import CallStatus
from hubd.outcomes import Outcome
from hubd.sums import count

# Of so many devices of which it is not known each is named.
_NAMED: Final = 3


def told(catalog: Catalog, query: Query, states: StateStore, now: float) -> Outcome:
    """Return how the devices are that a question is about, with the age of what is known; now: monotonic, s."""
    findings = _Findings(catalog, query, states, now)
    is_choice = query.state and len(query.devices) > 1
    return Outcome(CallStatus.DONE, " ".join(findings.chosen() if is_choice else findings.all()))


class _Findings:
    def __init__(self, catalog: Catalog, query: Query, states: StateStore, now: float) -> None:
        self._catalog = catalog
        self._query = query
        self._states = states
        self._now = now

    def all(self) -> Iterator[str]:
        """Yield a sentence for each device; of very many only how many more there are."""
        devices = self._query.devices
        yield from map(self._standing, devices[:MAX_CHOICES])
        if len(devices) > MAX_CHOICES:
            yield f"There are {len(devices) - MAX_CHOICES} more; ask by room or kind."

    def chosen(self) -> Iterator[str]:
        """Yield a sentence for each device that is as it is asked for, then what the others are."""
        devices, wanted = self._query.devices, self._query.state
        found: dict[str, list[Device]] = {}
        for device in devices:
            found.setdefault(self._word(device), []).append(device)
        so, unknown = found.pop(wanted, []), found.pop("", [])
        yield from map(self._standing, so[:MAX_CHOICES])
        if len(so) > MAX_CHOICES:
            yield f"So are {len(so) - MAX_CHOICES} more; ask by room."
        if not so:
            yield f"None is known to be {wanted}." if unknown else f"None of the {count(len(devices))} is {wanted}."
        if len(unknown) > _NAMED:
            yield f"Of {count(len(unknown))} it is not known."
        else:
            yield from map(self._standing, unknown)
        if so and found:
            yield _rest(sum(map(len, found.values())), [*found], wanted)

    def _standing(self, device: Device) -> str:
        reading = self._states.reading(device.id)
        return phrases.standing(device, self._catalog.label(device), reading, self._now, offline=self._is_away(device))

    def _word(self, device: Device) -> str:
        """Return in a word how a device is; empty if that is not known now."""
        reading = self._states.reading(device.id)
        return "" if reading is None or self._is_away(device) else wording.word_for(device, reading.values)

    def _is_away(self, device: Device) -> bool:
        return self._states.reachable(device.id) is False


def _rest(number: int, words: list[str], wanted: str) -> str:
    """Return what the others are: "The other two are closed."."""
    those = "The other one is" if number == 1 else f"The other {count(number)} are"
    return f"{those} {words[0] if len(words) == 1 else f'not {wanted}'}."
