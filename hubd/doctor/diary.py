"""The troubles of a hub's last days, by what its journal holds."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hubd.doctor.findings import Finding, doubtful, good

CHECK: Final = "last troubles"

# As hubd/chronicle.py writes them: after the number of a conversation, or after the logger's name where there are no
# fields; how often one came in a minute is left out.
_TROUBLE: Final = re.compile(r"(?:^|: |\] )trouble: (?P<what>.+?)(?: \(it came .+\))?$")
_EVENT: Final = "trouble"
_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a journal: when it was written, s since 1970, and what it says."""

    time: float
    text: str


def read(text: str) -> list[Entry]:
    """Return what may be about troubles in a journal, as ``journalctl -o json`` prints it.

    What can't be read is left out, and so is what says by its field HUBD_EVENT that it is about something else.
    """
    entries = []
    for line in text.splitlines():
        try:
            body = json.loads(line)
        except ValueError:
            continue
        match body:
            case {"HUBD_EVENT": str(event)} if event != _EVENT:
                pass
            case {"MESSAGE": str(message), "__REALTIME_TIMESTAMP": str(stamp)} if stamp.isdigit():
                entries.append(Entry(int(stamp) / 1e6, message))
    return entries


def judge(entries: Sequence[Entry]) -> Finding:
    """Return which troubles there were, the newest first, each with how often it came."""
    troubles = list(_troubles(entries))
    if not troubles:
        return good(CHECK, "none in the journal of the last day")
    counts = Counter(what for _, what in troubles)
    newest = {what: time for time, what in troubles}
    told = sorted(newest, key=lambda what: newest[what], reverse=True)
    listed = [f"{_clock(newest[what])} {what.rstrip('.')}{_times(counts[what])}" for what in told[:_SHOWN]]
    more = [f"{len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return doubtful(CHECK, f"{'; '.join(listed + more)}.", "Read all: journalctl -u hubd --since -1day")


def _troubles(entries: Iterable[Entry]) -> Iterable[tuple[float, str]]:
    for entry in entries:
        found = _TROUBLE.search(entry.text)
        if found is not None:
            yield entry.time, found["what"]


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time).astimezone().strftime("%H:%M")


def _times(count: int) -> str:
    return f" ({count} times)" if count > 1 else ""
