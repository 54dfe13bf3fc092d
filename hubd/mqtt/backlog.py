"""Messages that wait for their reader, bounded: what is out of date goes first."""

from __future__ import annotations

from collections import OrderedDict

from hubd.ports import InboundMessage


class Backlog:
    """Holds at most so many messages, in order.

    Where one too many comes, the oldest that a newer one on its topic has overtaken is dropped: the newest of each
    topic, by which a device is known, is there to the last. Of more topics than that the oldest message is dropped.
    dropped: how many were, so far.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._waiting: OrderedDict[int, InboundMessage] = OrderedDict()
        self._newest: dict[str, int] = {}
        self._overtaken: OrderedDict[int, None] = OrderedDict()
        self.dropped = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, message: InboundMessage) -> None:
        """Add a message."""
        self._count += 1
        if (before := self._newest.get(message.topic)) is not None:
            self._overtaken[before] = None
        self._newest[message.topic] = self._count
        self._waiting[self._count] = message
        if len(self._waiting) > self._limit:
            self._drop()

    def take(self) -> InboundMessage:
        """Return the message that has waited longest, and let it go; raises KeyError if none waits."""
        number, message = self._waiting.popitem(last=False)
        self._overtaken.pop(number, None)
        if self._newest[message.topic] == number:
            del self._newest[message.topic]
        return message

    def _drop(self) -> None:
        self.dropped += 1
        if self._overtaken:
            del self._waiting[self._overtaken.popitem(last=False)[0]]
        else:
            self.take()
