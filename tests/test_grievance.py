from __future__ import annotations

from dataclasses import replace

from hubd.grievance import Grievance
from hubd.reports import Part, Report, TroubleReport

AWAY = "The server can't be reached. Check the network."
KEY = "The server refuses the key. Check it."


class Street:
    """A grievance, with what became of it."""

    def __init__(self) -> None:
        self.reported: list[Report] = []
        self.said: list[str] = []
        self.grievance = Grievance(self.reported.append, self.said.append)


def test_trouble_once_for_each_reason() -> None:
    """A reason is reported when it comes up, and when the wanted server works."""
    street = Street()
    for words in (AWAY, AWAY, KEY):
        street.grievance.trouble(words)
    away = TroubleReport(Part.LIVE, "The server can't be reached", "Check the network.")
    key = TroubleReport(Part.LIVE, "The server refuses the key", "Check it.")
    assert street.reported == [away, key]
    street.grievance.opened()
    street.grievance.opened()
    assert street.reported == [away, key, replace(key, cleared=True)]


def test_aloud_once_for_each_reason() -> None:
    """What is said is not said again before it changes, or was over."""
    street = Street()
    for words in (AWAY, AWAY, KEY):
        street.grievance.aloud(words)
    street.grievance.opened()
    street.grievance.aloud(KEY)
    assert street.said == [AWAY, KEY, KEY]


def test_excuse_at_the_end() -> None:
    """An excuse is said when the conversation is over, once; with the wanted server back there is none."""
    street = Street()
    street.grievance.excuse(AWAY)
    said = [list(street.said)]
    for _ in range(2):
        street.grievance.conversation_ended()
        said.append(list(street.said))
    street.grievance.excuse(AWAY)
    street.grievance.opened()
    street.grievance.conversation_ended()
    assert [*said, street.said] == [[], [AWAY], [AWAY], [AWAY]]


def test_refused_after_the_beginning() -> None:
    """A server that refuses each session as soon as it is open is told once; one that is open to the end ends it."""
    street = Street()
    for _ in range(3):
        street.grievance.opened()
        street.grievance.trouble(KEY)
        street.grievance.aloud(KEY)
        street.grievance.conversation_ended()
    assert (len(street.reported), street.said) == (1, [KEY])
    street.grievance.opened()
    assert len(street.reported) == 1
    street.grievance.conversation_ended()
    assert len(street.reported) == 2
    street.grievance.trouble(AWAY)
    street.grievance.opened()
    assert [report.cleared for report in street.reported if isinstance(report, TroubleReport)] == [
        *(False, True),
        *(False, True),
    ]
