"""A loop whose time is a number: every wait takes no time but moves the clock."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from functools import partial


class _VirtualSelector(selectors.DefaultSelector):
    """A selector that never waits: where it would, the loop's time is put forward instead."""

    now = 0.0

    def __init__(self, patience: float) -> None:
        super().__init__()
        self._patience = patience

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is ready, else let the time pass; raises RuntimeError if nothing will ever happen."""
        ready = super().select(0) or (super().select(self._patience) if self._patience and timeout != 0 else [])
        if not ready:
            if timeout is None:
                raise RuntimeError("everything waits, and nothing is going to happen")
            self.now += max(timeout, 0.0)
        return ready


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, patience: float = 0.0) -> None:
        self._virtual = _VirtualSelector(patience)
        super().__init__(self._virtual)

    def time(self) -> float:
        """Return the time that has passed, s."""
        return self._virtual.now


def now() -> float:
    """Return the running loop's time, s."""
    return asyncio.get_running_loop().time()


async def pass_time(seconds: float) -> None:
    """Let the loop's own time go by; in virtual time nobody waits for it."""
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()


async def settle() -> None:
    """Let every task do what it can do now."""
    for _ in range(20):
        await pass_time(0)


def run(scenario: Coroutine[None, None, None], *, patience: float = 0.0) -> None:
    """Run the scenario in virtual time, from 0 on.

    patience: real seconds that sockets are waited for before the clock moves, for scenarios that have some.
    """
    with asyncio.Runner(loop_factory=partial(_VirtualLoop, patience)) as runner:
        runner.run(scenario)
