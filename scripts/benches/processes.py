"""What a process takes together with the processes that it started: CPU, memory."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

import numpy as np

_TICK: Final = 1 / os.sysconf("SC_CLK_TCK")
# Of an entry of /proc/PROCESS/pagemap: the page is in memory; it is part of a file.
_PRESENT, _OF_A_FILE = 63, 61
_ENTRY: Final = 8
_MB: Final = 2**20


class Memory(NamedTuple):
    """Resident memory of some processes, MB.

    share: with their share of what others use as well (PSS), which is the smaller the more others there are. alone:
    what PSS would be if nothing else ran. own: what is no part of any file.
    """

    share: float
    alone: float
    own: float

    @classmethod
    def of(cls, processes: Sequence[int]) -> Self:
        """Return what these take now; those that have ended take nothing."""
        share = own = 0
        # A page of a file lies in memory once, however many of the processes look at it.
        pages: set[tuple[str, int]] = set()
        for process in processes:
            sizes = dict(line.split()[:2] for line in _text(process, "smaps_rollup").splitlines()[1:])
            share += int(sizes.get("Pss:", 0))
            own += int(sizes.get("Anonymous:", 0))
            pages.update(_file_pages(process))
        return cls(share / 1024, own / 1024 + len(pages) * mmap.PAGESIZE / _MB, own / 1024)


def family(process: int) -> dict[int, str]:
    """Return the command lines of a process and of all that it started, directly or not, by their ids."""
    found = {process: _text(process, "cmdline").replace("\0", " ")}
    try:
        children = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    except OSError:  # it has ended
        return {}
    for child in " ".join(children).split():
        found |= family(int(child))
    return found


def cpu_of(process: int) -> float:
    """Return the CPU time that a process has taken, s; 0 if it has ended."""
    fields = _text(process, "stat").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK if fields else 0.0


def running_time(process: int) -> float:
    """Return the CPU time that the threads of a process have taken which still run, s, to the microsecond."""
    taken = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/schedstat")]
    return sum(int(each.split()[0]) for each in taken) / 1e9


def _file_pages(process: int) -> Iterator[tuple[str, int]]:
    """Yield the pages of files that a process has in memory, each as the file with the page's number."""
    try:
        with Path(f"/proc/{process}/pagemap").open("rb") as entries:
            for line in _text(process, "maps").splitlines():
                place, _access, offset, device, inode, *_ = line.split()
                begin, end = (int(each, 16) // mmap.PAGESIZE for each in place.split("-"))
                entries.seek(begin * _ENTRY)
                found = np.frombuffer(entries.read((end - begin) * _ENTRY), np.uint64)
                there = np.flatnonzero(found >> np.uint64(_PRESENT) & found >> np.uint64(_OF_A_FILE) & np.uint64(1))
                first = int(offset, 16) // mmap.PAGESIZE
                yield from ((f"{device} {inode}", first + number) for number in there.tolist())
    except OSError:
        return  # it has ended


def _text(process: int, name: str) -> str:
    try:
        return Path(f"/proc/{process}/{name}").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
