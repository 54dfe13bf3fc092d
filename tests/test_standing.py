from __future__ import annotations

import pytest

from hubd.events import Backend
from hubd.reports import (
    Part,
    PublicState,
    Report,
    SaidReport,
    SessionChange,
    SessionReport,
    StateReport,
    TroubleReport,
)
from hubd.standing import MEANINGS, Head, Phase, Standing
from hubd.vitals import Proof

PLUG = TroubleReport(Part.MICROPHONE, 'The microphone "USB" is gone.', "Check its plug.")
BROKER = TroubleReport(Part.MQTT, "no MQTT broker listens at hub:1883", "Start it.")
KEY = TroubleReport(Part.LIVE, "Gemini does not accept the key.", "Make another.")
OVER = TroubleReport(Part.MICROPHONE, PLUG.problem, PLUG.advice, cleared=True)


def standing(*reports: Report, words: tuple[str, ...] = ("hey jarvis",)) -> Standing:
    """Return the standing of a hub that serves, after these reports."""
    made = Standing(words)
    made.server = Backend.GEMINI
    made.phase = Phase.SERVING
    for report in reports:
        made.take(report)
    return made


@pytest.mark.parametrize(
    ("reports", "line"),
    [
        ((), 'Listening for "hey jarvis"; broker up; Gemini'),
        ((SaidReport("Hello.", interrupted=False),), 'Listening for "hey jarvis"; broker up; Gemini'),
        ((StateReport(PublicState.SPEAKING),), "In conversation; broker up; Gemini"),
        ((StateReport(PublicState.MUTED),), "Microphone muted; broker up; Gemini"),
        (
            (SessionReport(SessionChange.OPENED, Backend.OFFLINE),),
            'Listening for "hey jarvis"; broker up; offline server',
        ),
        ((PLUG,), 'Degraded: The microphone "USB" is gone; broker up; Gemini'),
        ((PLUG, OVER), 'Listening for "hey jarvis"; broker up; Gemini'),
        ((BROKER,), 'Degraded: no MQTT broker listens at hub:1883; listening for "hey jarvis"; Gemini'),
        (
            (KEY, PLUG, StateReport(PublicState.MUTED)),
            'Degraded: Gemini does not accept the key; The microphone "USB" is gone; microphone muted; broker up',
        ),
    ],
)
def test_what_is_said(reports: tuple[Report, ...], line: str) -> None:
    """What works is named with what does not, and nothing is said to work that does not."""
    assert (
        standing(*reports).line(hears=PLUG not in reports or OVER in reports, connected=BROKER not in reports) == line
    )


def test_before_everything_is_there() -> None:
    """What has not come yet is not said to be there."""
    hub = standing()
    assert hub.line(hears=False, connected=False) == "Waiting for the microphone; connecting to the broker; Gemini"


def test_no_wake_word() -> None:
    """A hub that can't be woken says so."""
    assert standing(words=()).line(hears=True, connected=True) == "Waiting for commands; broker up; Gemini"


def test_two_wake_words() -> None:
    """All wake words are named."""
    line = standing(words=("hey jarvis", "alexa")).line(hears=True, connected=True)
    assert line == 'Listening for "hey jarvis" or "alexa"; broker up; Gemini'


def test_what_is_urgent_comes_first() -> None:
    """What keeps the watchdog from being fed comes first, then a configuration that was refused."""
    hub = standing()
    hub.reloaded("hubd.toml:7: hub.rom: no such option", ())
    assert hub.line(hears=True, connected=True, lacking=(Proof.INFERENCE, Proof.BROKER)) == (
        "Hanging: the wake word engine takes no sound, nobody looks after the connection to the broker; "
        'Reload failed: hubd.toml:7: hub.rom: no such option; listening for "hey jarvis"; broker up; Gemini'
    )


def test_what_waits_for_the_next_start() -> None:
    """It is named until it is back, or the hub is; a configuration that is refused changes nothing about it."""
    hub = standing()
    hub.reloaded("", ("mqtt.host", "wake.words"))
    waits = "Restart to change mqtt.host, wake.words; "
    rest = 'listening for "hey jarvis"; broker up; Gemini'
    assert hub.line(hears=True, connected=True) == waits + rest
    hub.reloaded("hubd.toml: no", ())
    assert hub.line(hears=True, connected=True) == "Reload failed: hubd.toml: no; " + waits + rest
    hub.reloaded("", ())
    assert hub.line(hears=True, connected=True) == "L" + rest[1:]


@pytest.mark.parametrize(("phase", "line"), [(Phase.STARTING, "Starting"), (Phase.STOPPING, "Stopping")])
def test_start_and_end(phase: Phase, line: str) -> None:
    """Before and after it serves nothing is said of what works."""
    hub = standing(BROKER)
    hub.phase = phase
    assert hub.line(hears=False, connected=False) == line


def test_every_beginning_is_explained() -> None:
    """However a line begins, its meaning is written down."""
    assert set(MEANINGS) == set(Head)
