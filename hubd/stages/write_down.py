"""What has to survive a restart, written down from time to time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

# A flash card wears out: this is the least time between two writings, s.
PAUSE = 60.0


class Page(Protocol):
    """One text on disk."""

    async def write(self, text: str) -> None:
        """Put the text in the place of the one before; never raises."""
        ...

    def write_now(self, text: str) -> None:
        """Do so, and block meanwhile."""
        ...


class WriteDown:
    """Writes a text down when it has changed, once a minute at most, and when the hub stops.

    page: where to; None for a hub that remembers nothing. text: what there is to write now.
    """

    def __init__(self, page: Page | None, text: Callable[[], str]) -> None:
        self._page = page
        self._text = text
        self._changed = asyncio.Event()

    def changed(self) -> None:
        """Note that there is something new to write."""
        self._changed.set()

    async def run(self) -> None:
        """Write until cancelled."""
        if self._page is None:
            return
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._page.write(self._text())
                await asyncio.sleep(PAUSE)
        finally:
            if self._changed.is_set():
                self._page.write_now(self._text())
