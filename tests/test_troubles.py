from __future__ import annotations

from dataclasses import replace

from hubd.reports import Part, TroubleReport
from hubd.troubles import Troubles

BROKER = TroubleReport(Part.MQTT, "The broker is away.", "Start it.")
PLUG = TroubleReport(Part.MICROPHONE, "The microphone is gone.", "Check its plug.")


def test_each_part_has_one() -> None:
    """The newest trouble of each part counts, the newest of all comes last, and what is over is forgotten."""
    troubles = Troubles()
    for report in (BROKER, PLUG, replace(BROKER, problem="The password is wrong.")):
        troubles.take(report)
    assert list(troubles.problems.items()) == [
        (Part.MICROPHONE, "The microphone is gone."),
        (Part.MQTT, "The password is wrong."),
    ]
    assert troubles.newest == "The password is wrong."
    troubles.take(replace(PLUG, cleared=True))
    troubles.take(replace(PLUG, cleared=True))
    assert list(troubles.problems) == [Part.MQTT]


def test_the_end_of_another_trouble_changes_nothing() -> None:
    """A part that is told of by two sides keeps the trouble of the one when that of the other is over."""
    troubles = Troubles()
    for report in (replace(PLUG, problem="The microphone is silent."), PLUG):
        troubles.take(report)
    troubles.take(replace(PLUG, problem="The microphone is silent.", cleared=True))
    assert troubles.newest == PLUG.problem
