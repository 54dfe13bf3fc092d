"""Something that runs beside a test, and no longer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress


@asynccontextmanager
async def running(life: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Let it run while the block lasts; what it fails with is raised at the end."""
    task = asyncio.create_task(life)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):  # this was asked for
            await task
