from __future__ import annotations

import asyncio
from contextlib import suppress

from hubd.edges.paho_window import Window
from tests.virtual_time import pass_time


async def test_gives_the_places_in_turn() -> None:
    """Whoever waits gets the next place that is given back, the first one first, and nobody comes in between."""
    window = Window(1)
    assert window.take()
    came: list[str] = []

    async def come(name: str) -> None:
        await window.wait()
        came.append(name)

    first, second = asyncio.create_task(come("first")), asyncio.create_task(come("second"))
    await pass_time(0)
    window.give_back()
    assert not window.take()
    await first
    assert came == ["first"]
    window.give_back()
    await second
    window.give_back()
    assert window.take()
    assert not window.take()


async def test_who_gives_up_gets_no_place() -> None:
    """A place goes to the next one if who waited for it was cancelled, before it was given back or just after."""
    window = Window(1)
    assert window.take()
    before, after, patient = (asyncio.create_task(window.wait()) for _ in range(3))
    await pass_time(0)
    before.cancel()
    window.give_back()
    after.cancel()
    await patient
    for task in (before, after):
        with suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()
    assert not window.take()
    window.give_back()
    assert window.take()
