"""What the kernel tells of processes, of which some may end while it is asked."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def processes_of(process: int) -> list[int]:
    """Return a process with all that it started, and what those started."""
    family = [process]
    for each in family:
        for children in Path(f"/proc/{each}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):  # this thread has ended meanwhile
                family += [int(child) for child in children.read_text().split()]
    return family


def told_of(process: int, what: str) -> bytes:
    """Return what a file of a process holds, such as cmdline; nothing if it has ended."""
    try:
        return (Path("/proc") / str(process) / what).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def files_of(process: int) -> set[str]:
    """Return what the files are that a process has open, as /proc names them."""
    found = set()
    for descriptor in Path(f"/proc/{process}/fd").glob("*"):
        with suppress(FileNotFoundError):  # it was closed meanwhile
            found.add(descriptor.readlink().name)
    return found
