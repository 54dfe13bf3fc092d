"""What several commands need: exit statuses, a life that a signal ends."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import TypeVar

OK, FAILED, USAGE = 0, 1, 2
# sysexits.h: EX_CONFIG; systemd does not try again after it (``operations.md`` 2).
BROKEN_CONFIG = 78

_T = TypeVar("_T")


async def until_told(work: Coroutine[None, None, _T]) -> _T | None:
    """Do the work until it ends, or until SIGTERM ends it: then return None. SIGINT raises KeyboardInterrupt."""
    task = asyncio.ensure_future(work)
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        return None
