from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from pydantic import SecretStr

from hubd.errors import LinkError, MissingPartError
from hubd.offline.standby import LiveServer, Standby
from tests.running import running
from tests.virtual_time import now, pass_time, run, settle


@dataclass
class Fake:
    """A server with an address."""

    url: str
    key: SecretStr = field(default_factory=lambda: SecretStr(""))


@dataclass
class Garage:
    """Makes servers; when each began and ended is kept. faults: what the next ones fail with."""

    faults: list[Exception] = field(default_factory=list)
    lives: list[list[float]] = field(default_factory=list)

    @asynccontextmanager
    async def make(self) -> AsyncIterator[LiveServer]:
        """Run a server."""
        if self.faults:
            raise self.faults.pop(0)
        self.lives.append([now()])
        yield Fake(f"ws://{len(self.lives)}")
        self.lives[-1].append(now())


def standing_by(garage: Garage, scenario: Callable[[Standby], Coroutine[None, None, None]]) -> None:
    """Run the scenario with a running standby, in virtual time."""

    async def main() -> None:
        standby = Standby(garage.make)
        async with running(standby.run()) as task:
            await scenario(standby)
            assert not task.done()

    run(main())


def test_not_before_it_is_needed() -> None:
    """Nobody pays for a server that nobody asks for."""
    garage = Garage()

    async def scenario(_standby: Standby) -> None:
        await pass_time(1e6)

    standing_by(garage, scenario)
    assert garage.lives == []


def test_server_that_never_runs() -> None:
    """Whoever asks is told so after 30 s, as often as they ask."""

    @asynccontextmanager
    async def hang() -> AsyncIterator[LiveServer]:
        await asyncio.Event().wait()
        yield Fake("")

    async def main() -> None:
        standby = Standby(hang)
        async with running(standby.run()):
            for _ in range(2):
                begun = now()
                with pytest.raises(LinkError, match="did not start within 30 s"):
                    await standby.server()
                assert now() - begun == 30.0

    run(main())


def test_once_for_all() -> None:
    """Whoever asks while it runs gets the same one."""
    garage = Garage()

    async def scenario(standby: Standby) -> None:
        one, other = await asyncio.gather(standby.server(), standby.server())
        assert one is other
        await pass_time(1000)
        assert (await standby.server()).url == "ws://1"

    standing_by(garage, scenario)
    assert len(garage.lives) == 1


def test_goes_when_nobody_asks() -> None:
    """Half an hour after the last conversation it ends; the next one starts it again."""
    garage = Garage()

    async def scenario(standby: Standby) -> None:
        await standby.server()
        await pass_time(1700)
        await standby.server()
        await pass_time(2000)
        assert garage.lives == [[0.0, 3500.0]]
        assert (await standby.server()).url == "ws://2"

    standing_by(garage, scenario)


@pytest.mark.parametrize("fault", [MissingPartError("no voice"), OSError("no port")])
def test_can_not_be_started(fault: Exception) -> None:
    """Whoever asks is told, with the reason; the next one may have more luck."""
    garage = Garage([fault])

    async def scenario(standby: Standby) -> None:
        with pytest.raises(LinkError, match="offline server can't be started: no "):
            await standby.server()
        assert (await standby.server()).url == "ws://1"

    standing_by(garage, scenario)


def test_who_gives_up_disturbs_nobody() -> None:
    """A wait that is cancelled leaves the server to the others."""
    garage = Garage()

    async def scenario(standby: Standby) -> None:
        impatient = asyncio.create_task(standby.server())
        patient = asyncio.create_task(standby.server())
        await pass_time(0)
        impatient.cancel()
        await settle()
        assert (await patient).url == "ws://1"

    standing_by(garage, scenario)
