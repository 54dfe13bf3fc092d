"""What a hub does while nothing happens: nothing to the disk, nothing for strangers, whatever the clock says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from hubd.audio.buffers import Uplink
from hubd.budget import WhenSpent
from hubd.demo.private_broker import PrivateBroker
from hubd.events import Backend, Event, TokensUsed
from hubd.own_functions import OwnCall
from hubd.stages.carry_over import CarryOver
from hubd.stages.purse import Purse
from hubd.stages.ring import Ring
from hubd.timers import Timers
from hubd.wishes import SayAsked
from tests.end_to_end.daemon import daemon
from tests.faults.ward import DUMB, Ears, configuration, on
from tests.processes import files_of, processes_of
from tests.running import running
from tests.virtual_time import now, pass_time, run

HOUR: Final = 3600.0
YEAR: Final = 365 * 24 * HOUR
# A day begins here, in UTC.
WALL: Final = 1_794_960_000.0
_SERVICE: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
# The state of a socket that listens, as the kernel writes it.
_LISTEN: Final = "0A"


class Disk:
    """A store; writes is when it was written."""

    def __init__(self) -> None:
        self.text = ""
        self.writes: list[float] = []

    def read(self) -> str:
        """Return the text."""
        return self.text

    def set_aside(self) -> None:
        """Fail: all of it is our own."""
        raise AssertionError(self.text)

    async def write(self, text: str) -> bool:
        """Keep the text."""
        self.write_now(text)
        return True

    def write_now(self, text: str) -> None:
        """Keep the text."""
        self.text = text
        self.writes.append(now())

    def append(self, line: str) -> None:
        """Keep the line."""
        self.write_now(f"{self.text}\n{line}")


@pytest.mark.parametrize("jump", [0.0, YEAR, -YEAR])
def test_nothing_happens(jump: float, tell: Callable[[str], None]) -> None:
    """A day after the last conversation: hardly a write, also with a clock that jumps; the timer rings when it is due.

    What the clock alone knows does not outlive the jump: the handle's age, the day's tokens.
    """
    disks = session, tokens, timers = Disk(), Disk(), Disk()
    rung: list[float] = []

    def wall() -> float:
        return WALL + now() + (jump if now() > HOUR else 0.0)

    def post(event: Event) -> None:
        if isinstance(event, SayAsked):
            rung.append(now())

    async def main() -> None:
        carry_over = CarryOver(session, wall=wall)
        purse = Purse(
            tokens, 0, WhenSpent.WARN, today=lambda: datetime.fromtimestamp(wall(), UTC).date(), report=lambda _: None
        )
        ring = Ring(Timers(), timers, Uplink(), ear=None, lasts=60, post=post, clock=now, wall=wall)
        async with running(carry_over.run()), running(purse.run()), running(ring.run()):
            carry_over.issued(Backend.GEMINI, "handle", "persona")
            carry_over.ended(Backend.GEMINI)
            purse.count.add(TokensUsed(100, 60, 40))
            ring.carry_out(OwnCall("c1", "set_timer", {"hours": 23}))
            await pass_time(120)
            before = [len(disk.writes) for disk in disks]
            assert purse.count.today == 100
            await pass_time(22 * HOUR)
            assert carry_over.handle(Backend.GEMINI, "persona") is None
            assert sum(len(disk.writes) for disk in disks) - sum(before) <= 1
            assert purse.count.today == (100 if jump == 0.0 else 0)
            assert rung == []
            await pass_time(HOUR)
            assert rung[0] == 23 * HOUR

    run(main())
    if jump:
        which = "ahead" if jump > 0 else "back"
        tell(f"clock jumps a year {which}: the timer rings to the second, conversations and tokens begin anew")


def listening(process: int) -> Iterator[tuple[IPv4Address | IPv6Address, int]]:
    """Yield where a process, or one that it started, waits for connections: address and port."""
    sockets = set[str]().union(*map(files_of, processes_of(process)))
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTEN and f"socket:[{fields[9]}]" in sockets:
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address[place : place + 8])[::-1] for place in range(0, len(address), 8)]
                yield ip_address(b"".join(words)), int(port, 16)


@pytest.mark.real_time
async def test_nobody_else_is_let_in(tmp_path: Path) -> None:
    """Without internet the hub listens on loopback alone, once, and whoever lacks its key is refused."""
    async with PrivateBroker() as broker:
        config = configuration(tmp_path, live='backend = "offline"', mqtt=on(broker.port), more=DUMB)
        async with daemon(config, Ears(tmp_path).environment) as hub:
            await hub.logged("connected to the MQTT broker")
            ((address, port),) = await asyncio.to_thread(lambda: list(listening(hub.process)))
            assert address.is_loopback
            for headers in ({}, {"x-goog-api-key": "guessed"}):
                with pytest.raises(InvalidStatus) as refused:
                    await connect(f"ws://{address}:{port}{_SERVICE}", additional_headers=headers)
                assert refused.value.response.status_code == 403


@pytest.mark.real_time
async def test_with_internet_nobody_is_waited_for(tmp_path: Path) -> None:
    """A hub that talks to Gemini alone has no port open at all."""
    async with PrivateBroker() as broker:
        live = 'backend = "gemini"\nurl = "wss://hubd.invalid"'
        config = configuration(tmp_path, live=live, mqtt=on(broker.port), more=DUMB)
        async with daemon(config, Ears(tmp_path).environment) as hub:
            await hub.logged("connected to the MQTT broker")
            assert await asyncio.to_thread(lambda: list(listening(hub.process))) == []
