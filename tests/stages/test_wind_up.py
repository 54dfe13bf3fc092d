from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hubd.stages.wind_up import nothing, wind_up
from tests.virtual_time import now, pass_time, run


class House:
    """A conversation, a speaker, a line, a broker; each takes so many seconds, and notes when it was done."""

    def __init__(self, **seconds: float) -> None:
        self._seconds = seconds
        self.done: list[tuple[str, float]] = []

    def step(self, name: str) -> Callable[[], Awaitable[None]]:
        """Return what takes its time."""

        async def take() -> None:
            await pass_time(self._seconds.get(name, 0.0))
            self.done.append((name, now()))

        return take

    async def at_rest(self) -> None:
        """Take as long as the answer does."""
        await self.step("answer")()

    async def end(self) -> None:
        """Take as long as the conversation's end does."""
        await self.step("end")()


@pytest.mark.parametrize(
    ("seconds", "done", "took"),
    [
        ({}, ["answer", "played", "end", "closed", "farewell"], 0.0),
        ({"answer": 1.0, "played": 1.0}, ["answer", "played", "end", "closed", "farewell"], 2.0),
        ({"answer": 1.0, "played": 9.0}, ["answer", "end", "closed", "farewell"], 2.3),
        ({"answer": 9.0}, ["end", "closed", "farewell"], 2.3),
        ({"closed": 1.4}, ["answer", "played", "end", "farewell", "closed"], 1.4),
        ({"closed": 9.0}, ["answer", "played", "end", "farewell"], 2.6),
        ({"answer": 9.0, "closed": 9.0, "farewell": 9.0}, ["end"], 2.6),
    ],
)
def test_in_time(seconds: dict[str, float], done: list[str], took: float) -> None:
    """What can be finished is, in order; what can't be is cut, and the hub may stop within 2.6 s."""

    async def main() -> None:
        house = House(**seconds)
        steps = {name: house.step(name) for name in ("played", "closed", "farewell")}
        await wind_up(house, **steps)
        assert now() == pytest.approx(took)
        names = [name for name, _ in house.done]
        assert sorted(names) == sorted(done)
        assert [name for name in names if name != "farewell"] == [name for name in done if name != "farewell"]

    run(main())


def test_cancelled() -> None:
    """Who can't wait may give it up."""

    async def main() -> None:
        house = House(answer=9.0)
        winding = asyncio.create_task(wind_up(house, played=nothing, closed=nothing, farewell=nothing))
        await pass_time(1)
        winding.cancel()
        await asyncio.wait({winding})
        assert winding.cancelled()

    run(main())
