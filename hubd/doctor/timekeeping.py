"""What is to be thought of a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

from hubd.doctor.findings import Finding, bad, doubtful, good

CHECK: Final = "clock"


class Sync(Enum):
    """Whether something keeps the clock right, as far as the system says."""

    KEPT = auto()
    NOT_KEPT = auto()
    UNKNOWN = auto()


def judge(now: float, installed: float, sync: Sync) -> Finding:
    """Return whether the time can be right.

    now: what the clock says; installed: when hubd's files were written; both s since 1970.
    """
    if now < installed:
        return bad(
            CHECK,
            f"The clock says {_date(now)}, but hubd was installed on {_date(installed)}.",
            "Connect the network and wait a minute, or run: sudo timedatectl set-ntp true. "
            "With a wrong date no TLS connection comes about.",
        )
    match sync:
        case Sync.NOT_KEPT:
            return doubtful(CHECK, f"{_date(now)}, but nothing keeps it right.", "Run: sudo timedatectl set-ntp true")
        case Sync.KEPT:
            return good(CHECK, f"{_date(now)}, synchronised")
        case Sync.UNKNOWN:
            return good(CHECK, _date(now))


def _date(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M UTC")
