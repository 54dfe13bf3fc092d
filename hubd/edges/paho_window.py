"""How many messages may be under way to the broker at once."""

from __future__ import annotations

import asyncio
from collections import deque


class Window:
    """A number of places, given in the order in which they were asked for.

    size: how many there are. An asyncio.Semaphore has no way to take one without waiting.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        # Only while none is free: what is given back goes to the first of them, so that nobody comes in between.
        self._waiting: deque[asyncio.Future[None]] = deque()

    def take(self) -> bool:
        """Take a place at once; return False if none is free."""
        if not self._free:
            return False
        self._free -= 1
        return True

    async def wait(self) -> None:
        """Take a place, when it is one's turn; cancelled, take none."""
        if self.take():
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give a place back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
