"""The topic filters that a stage needs at the broker."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from hubd.ports import Broker, Wanted


class Filters:
    """Keeps those subscribed that one stage needs, and no others.

    wanted: what each of them is to bring.
    """

    def __init__(self, broker: Broker, wanted: Wanted = Wanted.EVERYTHING) -> None:
        self._broker = broker
        self._wanted = wanted
        self._kept: dict[str, None] = {}

    def need(self, topics: Iterable[str], *, anew: Collection[str] = ()) -> None:
        """Need these filters from now on, instead of those before.

        anew: those among them of which the broker is to tell once more what it has stored.
        """
        needed = dict.fromkeys(topics)
        kept = [topic for topic in self._kept if topic in needed and topic not in anew]
        self._broker.unsubscribe([topic for topic in self._kept if topic not in kept])
        self._broker.subscribe([topic for topic in needed if topic not in kept], self._wanted)
        self._kept = needed
