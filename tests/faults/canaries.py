"""Secrets that are planted, and the search for them in everything that others could see."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tests.processes import processes_of, told_of

# A sign that a URL writes otherwise, and a length at which base64 shows the middle of it at any place.
KEY: Final = "AIzaCanary/Yellow-key-0123456789"
PASSWORD: Final = "Canary/Green-password-0123456789"  # noqa: S105 -- it opens nothing
HANDLE: Final = "Canary/Red-handle-0123456789abcd"
CANARIES: Final = (KEY, PASSWORD, HANDLE)
_PRIVATE: Final = 0o600
_PRIVATE_TO_READ: Final = 0o400


def forms(canary: str) -> Iterator[bytes]:
    """Yield how a secret may look where it got out: as it is, turned round, in parts, in a URL, in hex, in base64."""
    plain = canary.encode()
    yield from (plain, plain[::-1], plain[6:-6], quote(canary, safe="").encode(), plain.hex().encode())
    for before in range(3):
        whole = base64.b64encode(bytes(before) + plain)
        # What stands beside it shows in the first and the last letters.
        yield whole[4:-4]


def found(places: Mapping[str, bytes]) -> list[str]:
    """Return where a canary sits, with its colour: by name, among texts of any kind."""
    return [
        f"{name}: {canary.split('-')[0]}"
        for name, text in places.items()
        for canary in CANARIES
        if any(form in text for form in forms(canary))
    ]


def told_by(process: int) -> dict[str, bytes]:
    """Return what the kernel tells of a process, and of all that it started: its command line, its environment."""
    return {
        f"{each}/{what}": told_of(each, what)
        for each in processes_of(process)
        for what in ("cmdline", "environ", "comm", "status")
    }


def open_to_others(folder: Path) -> dict[str, bytes]:
    """Return the files below a folder that are not for their owner's eyes alone, with what is in them."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and stat.S_IMODE(path.stat().st_mode) not in (_PRIVATE, _PRIVATE_TO_READ)
    }
