"""What both clients of the bench measure alike; imports nothing that either would not import itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

CONNECTS = 20
PCM = bytes(range(256)) * 5  # 40 ms at 16 kHz, not silent


class Client(Protocol):
    """One open session."""

    async def say(self, pcm: bytes) -> None:
        """Send a piece of sound."""

    async def ask(self, text: str) -> int:
        """Send text; return how many bytes of sound came before the turn was complete."""

    async def close(self) -> None:
        """End the session."""


async def measure(open_session: Callable[[], Awaitable[Client]], minutes: float) -> dict[str, Any]:
    """Return milliseconds to connect, CPU seconds for a minute of sound each way, resident kB after all of it.

    Of all connects but the first the quickest counts: what else the computer does only adds to it.
    """
    connects = []
    for _ in range(CONNECTS):
        began = time.perf_counter()
        client = await open_session()
        connects.append((time.perf_counter() - began) * 1000)
        await client.close()
    client = await open_session()

    began = time.process_time()
    for _ in range(round(minutes * 60 * 25)):
        await client.say(PCM)
    await client.ask("heard?")
    up = (time.process_time() - began) / minutes

    began = time.process_time()
    heard = await client.ask(f"speak {minutes * 60}")
    down = (time.process_time() - began) / minutes
    if heard != round(minutes * 60 * 5) * 9_600:
        raise RuntimeError(f"{heard} bytes of sound were heard")

    resident = resident_kb()
    await client.close()
    return {
        "connect_first_ms": connects[0],
        "connect_ms": min(connects[1:]),
        "resident_kb": resident,
        "up_s": up,
        "down_s": down,
        "both_s": up + down,
    }


def resident_kb() -> int:
    """Return the process's resident memory, with its share of what it shares (PSS)."""
    with open(f"/proc/{os.getpid()}/smaps_rollup", encoding="ascii") as lines:  # noqa: PTH123 -- pathlib is an import
        return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def report(found: dict[str, Any]) -> None:
    """Print the results as JSON."""
    print(json.dumps(found), flush=True)
