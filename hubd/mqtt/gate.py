"""Which commands are still good: none that is old, stored, or there for the second time."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from hubd.mqtt.orders import Declined, Fault, Identity, Order

# ``mqtt-devices.md`` 4, age of commands, s.
OLDEST: Final = 30.0
REMEMBERED: Final = 300.0
# Commands that may come at once; so many more a second. An id is remembered in any case: more don't fit into 5 minutes.
AT_ONCE: Final = 20
A_SECOND: Final = 5.0


class Gate:
    """Lets each command through once, while it is fresh."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, Identity], float] = OrderedDict()
        self._room = float(AT_ONCE)
        self._at: float | None = None

    def admit(self, order: Order, *, retained: bool, now: float, wall: float) -> Declined | None:
        """Return why an order is not to be carried out, or None if it is.

        retained: whether the broker keeps it for whoever comes later. now: monotonic, s. wall: s since 1970, UTC.
        """
        if retained:
            problem = "it was published as retained, and would come again and again: publish it without"
            return self._declined(order, Fault.RETAINED, problem)
        if order.given is not None and wall - order.given > (OLDEST if order.good_for is None else order.good_for):
            problem = f"it was given {wall - order.given:.0f} s ago"
            return self._declined(order, Fault.STALE, problem)
        self._forget(now)
        if order.id is not None and (order.command, order.id) in self._seen:
            return self._declined(order, Fault.REPEATED, "a command with this id was there before")
        if not self._has_room(now):
            return self._declined(order, Fault.TOO_MANY, "there were too many commands in a short time")
        if order.id is not None:
            self._seen[order.command, order.id] = now
        return None

    def _declined(self, order: Order, fault: Fault, problem: str) -> Declined:
        return Declined(order.command, fault, problem, order.id)

    def _forget(self, now: float) -> None:
        while self._seen and now - next(iter(self._seen.values())) > REMEMBERED:
            self._seen.popitem(last=False)

    def _has_room(self, now: float) -> bool:
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._room = min(AT_ONCE, self._room + passed * A_SECOND)
        if self._room < 1:
            return False
        self._room -= 1
        return True
