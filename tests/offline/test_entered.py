from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from hubd.offline.entered import Entered


class House(Entered):
    """Two rooms; the second may be locked. log is what happened."""

    def __init__(self, *, locked: bool) -> None:
        self.log: list[str] = []
        self._locked = locked

    async def _enter(self, stack: AsyncExitStack) -> None:
        await stack.enter_async_context(self._room("hall"))
        if self._locked:
            raise OSError("locked")
        await stack.enter_async_context(self._room("kitchen"))

    @asynccontextmanager
    async def _room(self, name: str) -> AsyncIterator[None]:
        self.log.append(f"into the {name}")
        try:
            yield
        finally:
            self.log.append(f"out of the {name}")


async def test_left_in_the_opposite_order() -> None:
    """What was entered last is left first."""
    async with House(locked=False) as house:
        assert house.log == ["into the hall", "into the kitchen"]
    assert house.log[2:] == ["out of the kitchen", "out of the hall"]


async def test_a_part_that_can_not_be_entered() -> None:
    """What was entered before it is left at once."""
    house = House(locked=True)
    with pytest.raises(OSError, match="locked"):
        async with house:
            raise AssertionError("entered")
    assert house.log == ["into the hall", "out of the hall"]
