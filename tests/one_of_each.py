"""A report of every kind."""

from __future__ import annotations

from typing import Final

from hubd.events import Backend, CallStatus, Scheduling
from hubd.reports import (
    AnsweredReport,
    CalledReport,
    HeardReport,
    NearMissReport,
    Part,
    PublicState,
    PublishedReport,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    Showing,
    ShownReport,
    StateReport,
    ToldReport,
    TroubleReport,
    UsageReport,
    WokeReport,
)

ONE_OF_EACH: Final[tuple[Report, ...]] = (
    WokeReport("hey_jarvis", 0.97, 240),
    NearMissReport("alexa", 0.31, 0.5),
    SessionReport(SessionChange.OPENED, Backend.GEMINI, "why"),
    StateReport(PublicState.FOLLOWING_UP),
    HeardReport("Küche", final=True),
    CalledReport("c1", "set_light", "lamp", {"on": True, "color": None, "list": [1, {"a": 2.5}]}),
    PublishedReport(None, "a/b", "{}", 1),
    AnsweredReport("c1", CallStatus.DONE, Scheduling.SILENT, {"on": True}, 213),
    SaidReport("Done.", interrupted=False),
    ShownReport(Showing.CODE, "print(1)"),
    ToldReport("cellar", "It is wet.", Scheduling.INTERRUPT),
    UsageReport(1, 2, 3, 4),
    TroubleReport(Part.MICROPHONE, "It is gone.", "Plug it in.", cleared=True),
)
