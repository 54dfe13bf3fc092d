"""What befalls the broker of a hub that is spoken to all the time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from tests.end_to_end.daemon import daemon
from tests.faults.ward import DUMB, Deed, Ears, Rest, Ward, at, configuration, house, nothing, on, requests
from tests.live_server import LiveServer

pytestmark = pytest.mark.real_time

# MQTT 5, 3.2: refused, for a quota is used up.
_NO_ROOM = bytes([0x20, 3, 0, 0x97, 0])
_LOGIN_PAGE = b"HTTP/1.1 400 Bad Request\r\n\r\n"


class Fickle(PrivateBroker):
    """A broker that can be started anew with other settings, or leave its port to something else."""

    @property
    def runs(self) -> bool:
        """Whether it can be reached."""
        return self._process is not None

    async def become(self, *further: str) -> None:
        """Start anew, with these lines in its configuration."""
        await self.kill()
        self._further = further
        await self.start()

    async def give_way(self, answer: bytes) -> None:
        """Leave the port to something that gives this answer to whatever it is told."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(answer)
            writer.close()

        await self.kill()
        self._other = await asyncio.start_server(serve, HOST, self.port)

    async def come_back(self) -> None:
        """Take the port again."""
        self._other.close()
        await self._other.wait_closed()
        await self.start()


@dataclass(frozen=True, slots=True)
class Case:
    """A row of the table. words: what stands in the trouble. breaks, mends: what brings it about, what ends it."""

    fault: str
    words: str
    breaks: Callable[[Fickle], Deed]
    mends: Callable[[Fickle], Deed]


CASES: Final = (
    Case("broker down at the start", "no MQTT broker listens", lambda _: nothing, lambda broker: broker.start),
    Case("broker frozen", "does not answer", lambda broker: broker.pause, lambda broker: broker.resume),
    Case(
        "broker refuses the password",
        "user name or password",
        lambda broker: partial(broker.become, "allow_anonymous false"),
        lambda broker: broker.become,
    ),
)
MORE: Final = (
    Case("broker killed", "no MQTT broker listens", lambda broker: broker.kill, lambda broker: broker.start),
    Case(
        "broker full",
        "a quota is used up",
        lambda broker: partial(broker.give_way, _NO_ROOM),
        lambda broker: broker.come_back,
    ),
    Case(
        "web server in the broker's place",
        "what listens at",
        lambda broker: partial(broker.give_way, _LOGIN_PAGE),
        lambda broker: broker.come_back,
    ),
)


async def suffer(case: Case, folder: Path, tell: Callable[[str], None]) -> None:
    """Run a hub that is spoken to all the time, and let the fault befall its broker."""
    ears = Ears(folder, "hey jarvis")
    async with LiveServer(requests()) as server, Fickle() as broker:
        config = configuration(folder, live=at(server), mqtt=f'{on(broker.port)}\nkeepalive = "2s"', more=DUMB)
        async with house(config, broker.port):
            if case.breaks(broker) is nothing:
                await broker.kill()
            async with daemon(config, ears.environment) as hub:
                ward = Ward(hub, tell)
                if broker.runs:
                    await ward.answers()
                await ward.undergo(
                    case.fault,
                    "mqtt",
                    case.words,
                    breaks=case.breaks(broker),
                    rest=Rest("a spoken request is answered: failed", partial(ward.answers, "failed")),
                    mends=case.mends(broker),
                    then=ward.answers,
                )


async def test_a_broker_that_comes_and_goes(tmp_path: Path, tell: Callable[[str], None], *, thorough: bool) -> None:
    """Whatever is wrong with it, who speaks is answered, and told that the lamp is out of reach; then it is lit."""
    async with asyncio.TaskGroup() as tasks:
        for number, case in enumerate((*CASES, *(MORE if thorough else ()))):
            (folder := tmp_path / str(number)).mkdir()
            tasks.create_task(suffer(case, folder, tell), name=case.fault)
