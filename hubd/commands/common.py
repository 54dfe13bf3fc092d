"""What several commands need: exit statuses, numbers as options, a way to print, a life that a signal ends."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import shutil
import signal
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Final, TypeVar

from hubd.control import MOST_COMPLAINTS
from hubd.errors import Complaint, HubdError

OK, FAILED, USAGE = 0, 1, 2
# As a shell has it.
TERMINATED: Final = 128 + signal.SIGTERM
# sysexits.h: EX_CONFIG; systemd does not try again after it (``operations.md`` 2).
BROKEN_CONFIG = 78

_DUMB: Final = "dumb"

_T = TypeVar("_T")


def number(least: float, most: float, unit: str = "") -> Callable[[str], float]:
    """Return what reads an option whose value is a number; unit: named behind the bounds in the complaint."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            allowed = " ".join(filter(None, (f"{least:.15g} to {most:.15g}", unit)))
            raise argparse.ArgumentTypeError(f"found {text!r}, allowed are {allowed}")
        return value

    return read


def clock(time: float) -> str:
    """Return a time, s since 1970, UTC, as the clock on the wall shows it."""
    return datetime.fromtimestamp(time).astimezone().strftime("%H:%M:%S")


def columns() -> int | None:
    """Return how wide the terminal is; None where standard output is none."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    return shutil.get_terminal_size().columns if is_terminal else None


def on_terminal() -> bool:
    """Return whether standard output is a terminal on which what was written can be written over."""
    return sys.stdout is not None and sys.stdout.isatty() and os.environ.get("TERM", _DUMB) != _DUMB


def say(text: str) -> None:
    """Print text at once; what the output's encoding lacks becomes a question mark.

    Raises HubdError if it can't be written, BrokenPipeError if nobody reads it any more.
    """
    if sys.stdout is None:  # closed from the start: nobody wants to know
        return
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "replace").decode(encoding), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        stop_printing()
        raise HubdError(f"standard output can't be written: {error.strerror}.") from None


def complain(complaints: Sequence[Complaint], count: int) -> None:
    """Print the mistakes of a configuration, the first of so many as count says, to standard error."""
    for complaint in complaints[:MOST_COMPLAINTS]:
        print(complaint, file=sys.stderr)
    if count > MOST_COMPLAINTS:
        print(f"… and {count - MOST_COMPLAINTS:,} more", file=sys.stderr)
    print(f"{count:,} mistake{'s' if count > 1 else ''} in the configuration.", file=sys.stderr)


def stop_printing() -> None:
    """Let what is left to be printed go nowhere, so that the end of the program does not stumble over it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def until_told(work: Coroutine[None, None, _T]) -> _T | None:
    """Do the work until it ends, or until SIGTERM ends it: then return None. SIGINT raises KeyboardInterrupt."""
    task = asyncio.ensure_future(work)
    told = asyncio.Event()

    def stop() -> None:
        told.set()
        task.cancel()

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        return await task
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        return None
