"""A look at the clock."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path
from typing import Final

import hubd
from hubd.doctor.case import Case
from hubd.doctor.findings import Findings
from hubd.doctor.timekeeping import Sync, judge

# adjtimex(2): what it returns while nothing keeps the clock right; far more bytes than its struct timex has.
_TIME_ERROR: Final = 5
_ENOUGH: Final = 1024


async def look(_case: Case) -> Findings:
    """Return whether the time can be right."""
    return [judge(time.time(), _installed(), _sync())]


def _installed() -> float:
    return Path(hubd.__file__).stat().st_mtime


def _sync() -> Sync:
    """Return what the kernel says; whoever keeps the clock tells it, chrony as well as systemd-timesyncd."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = -1 if adjtimex is None else adjtimex(ctypes.create_string_buffer(_ENOUGH))
    if state < 0:
        return Sync.UNKNOWN
    return Sync.NOT_KEPT if state == _TIME_ERROR else Sync.KEPT
