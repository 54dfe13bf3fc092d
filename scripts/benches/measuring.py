"""What both clients of the bench measure alike; imports nothing that either would not import itself."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

CONNECTS = 10  # beside each minute of sound
PCM = bytes(range(256)) * 5  # 40 ms at 16 kHz, not silent


class Client(Protocol):
    """One open session."""

    async def say(self, pcm: bytes) -> None:
        """Send a piece of sound."""

    async def ask(self, text: str) -> int:
        """Send text; return how many bytes of sound came before the turn was complete."""

    async def close(self) -> None:
        """End the session."""


async def measure(open_session: Callable[[], Awaitable[Client]], minutes: int) -> dict[str, list[float]]:
    """Return what was measured, again and again: ms to connect, CPU s of each minute of sound, kB after all of it.

    Connects, sound up and sound down take turns, so that whatever else the computer does falls on all of them.
    """
    connects, ups, downs = [], [], []
    for _ in range(minutes):
        for _ in range(CONNECTS):
            began = time.perf_counter()
            client = await open_session()
            connects.append((time.perf_counter() - began) * 1000)
            await client.close()
        client = await open_session()
        ups.append(await _up(client))
        downs.append(await _down(client))
        own, resident = own_kb(), resident_kb()
        await client.close()
    return {
        "connect_first_ms": connects[:1],
        "connect_ms": connects[1:],
        "up_s": ups,
        "down_s": downs,
        "both_s": [up + down for up, down in zip(ups, downs, strict=True)],
        "own_kb": [own],
        "resident_kb": [resident],
    }


async def _up(client: Client) -> float:
    """Send a minute of sound, a frame at a time as a microphone brings it; return the CPU s that it took."""
    began = time.process_time()
    for _ in range(60 * 25):
        await client.say(PCM)
        await asyncio.sleep(0)  # the loop gets round to the socket between two frames of a microphone, so it does here
    await client.ask("heard?")
    return time.process_time() - began


async def _down(client: Client) -> float:
    """Have a minute of sound sent; return the CPU s that it took to hear it."""
    began = time.process_time()
    heard = await client.ask("speak 60")
    took = time.process_time() - began
    if heard != 60 * 5 * 9_600:
        raise RuntimeError(f"{heard} bytes of sound were heard")
    return took


def own_kb() -> int:
    """Return the process's resident memory that it shares with no other (USS)."""
    return _resident("self", "Private_Clean") + _resident("self", "Private_Dirty")


def grown_kb(process: int | str = "self") -> int:
    """Return a process's resident memory that is no part of a file: who else has the same libraries does not matter."""
    return _resident(process, "Anonymous")


def resident_kb() -> int:
    """Return the process's resident memory, with its share of what it shares (PSS)."""
    return _resident("self", "Pss")


def _resident(process: int | str, kind: str) -> int:
    with open(f"/proc/{process}/smaps_rollup", encoding="ascii") as lines:  # noqa: PTH123 -- pathlib is an import
        return next(int(line.split()[1]) for line in lines if line.startswith(f"{kind}:"))


def report(found: dict[str, list[float]]) -> None:
    """Print the results as JSON."""
    print(json.dumps(found), flush=True)
