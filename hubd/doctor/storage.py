"""What is to be thought of the place where a hub keeps what survives a restart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from hubd.doctor.findings import Finding, bad, doubtful, good

CHECK: Final = "disk"

_MEBIBYTE: Final = 2**20
# A hub writes some kilobytes; less than this is gone with the next lines of a journal.
_FULL: Final = 1 * _MEBIBYTE
# An update needs some 500 MB (``operations.md`` 9), a day of journal some ten.
_NARROW: Final = 100 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class Place:
    """A folder on a disk: how many bytes are free there, whether the disk is mounted for reading alone."""

    folder: str
    free: int
    read_only: bool


def judge(place: Place) -> Finding:
    """Return whether the hub can write there."""
    if place.read_only:
        return bad(
            CHECK,
            f"The disk with {place.folder} can only be read: timers and conversations are lost with a restart.",
            "Look for its fault in: sudo dmesg; a worn card has to be replaced.",
        )
    if place.free < _FULL:
        return bad(
            CHECK, f"The disk with {place.folder} is full.", "Find what fills it: sudo du -xh / | sort -h | tail"
        )
    left = f"{place.free // _MEBIBYTE:,} MB are free on the disk with {place.folder}"
    if place.free < _NARROW:
        return doubtful(CHECK, f"{left}.", "Make room: sudo apt clean; sudo journalctl --vacuum-size=50M")
    return good(CHECK, left)
