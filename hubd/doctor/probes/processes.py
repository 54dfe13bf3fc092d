"""A look at the programs that run beside this one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from hubd.audio.cards import Direction
from hubd.doctor.holders import Program, owner, program

PROC: Final = Path("/proc")
_SUBSTREAMS: Final = {Direction.MICROPHONE: "card*/pcm*c/sub*/status", Direction.SPEAKER: "card*/pcm*p/sub*/status"}
# Whoever prints more than that is not what was asked.
_LONGEST_OUTPUT: Final = 8 * 2**20


def holders(direction: Direction, proc: Path = PROC) -> list[Program]:
    """Return the programs that hold a card of the system in this direction; sound servers are such programs too."""
    pids = dict.fromkeys(
        pid
        for status in sorted(proc.glob(f"asound/{_SUBSTREAMS[direction]}"))
        if (pid := owner(_text(status).decode(errors="replace"))) is not None
    )
    return [program(pid, _text(proc / str(pid) / "cmdline")) for pid in pids]


def hubs(proc: Path = PROC) -> list[Program]:
    """Return the hubs that run on this computer, as far as this user may see them."""
    return sorted((each for each in _programs(proc) if each.is_hub), key=lambda each: each.pid)


async def output_of(*command: str, within: float) -> str:
    """Return what a program prints; nothing if it is not there, fails or takes longer than so many s."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return ""
    try:
        async with asyncio.timeout(within):
            printed, _ = await process.communicate()
    except TimeoutError:
        return ""
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended by itself
            process.kill()
        await process.wait()
    return printed[:_LONGEST_OUTPUT].decode(errors="replace") if process.returncode == 0 else ""


def _programs(proc: Path) -> Iterator[Program]:
    for folder in proc.iterdir():
        if folder.name.isdigit():
            yield program(int(folder.name), _text(folder / "cmdline"))


def _text(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended meanwhile, or belongs to somebody else
        return b""
