"""Messages that wait for the broker, none longer than it is good for."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from hubd.devices.render import Publish

# More waits only for a broker that is away; the oldest are left out then.
LIMIT: Final = 256


@dataclass(frozen=True, slots=True)
class _Waiting:
    publish: Publish
    since: float


class Outbox:
    """Messages in their order; of what is retained only the newest of each topic, the rest for as long as it is good.

    All times are monotonic, s.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, publish: Publish, now: float) -> None:
        """Add a message."""
        if publish.retain:
            self._waiting = deque(each for each in self._waiting if not _replaces(publish, each.publish))
        elif len(self._waiting) >= LIMIT:
            del self._waiting[next((place for place, each in enumerate(self._waiting) if not each.publish.retain), 0)]
        self._waiting.append(_Waiting(publish, now))

    def put_back(self, publish: Publish, now: float) -> None:
        """Put a message that take() gave, but that was not sent, in front again; nothing if a newer one replaces it."""
        if not any(_replaces(each.publish, publish) for each in self._waiting):
            self._waiting.appendleft(_Waiting(publish, now))

    def take(self, now: float) -> Publish | None:
        """Return the next message, None if there is none; its expiry is what is left of it."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if waiting.publish.expiry is None:
                return waiting.publish
            if (left := int(waiting.publish.expiry - (now - waiting.since))) > 0:
                return replace(waiting.publish, expiry=left)
        return None


def _replaces(newer: Publish, older: Publish) -> bool:
    return newer.retain and older.retain and newer.topic == older.topic
