from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Backend, CallStatus, Scheduling
from hubd.mirror import HubState, Moment
from hubd.reports import (
    AnsweredReport,
    CalledReport,
    HeardReport,
    PublicState,
    PublishedReport,
    Report,
    SaidReport,
    StateReport,
)
from hubd.tables import width
from hubd.view import View

IDLE = HubState(PublicState.IDLE, 1.0, muted=False, volume=80)


def view(*reports: Report) -> View:
    """Return the view of a hub that has told these reports, one a second."""
    shown = View("kitchen", lambda time: f"{time:08.0f}")
    shown.state(IDLE)
    for second, report in enumerate(reports):
        shown.take(Moment(float(second), report))
    return shown


def test_nothing_yet() -> None:
    """Before anything is told, that is said."""
    assert View("kitchen", str).lines(80, 24) == ['hubd "kitchen": nothing is known of it yet', ""]


@pytest.mark.parametrize(
    ("how", "told"),
    [
        (IDLE, "idle, volume 80 %"),
        (HubState(PublicState.MUTED, 1.0, muted=True, volume=5), "muted, muted, volume 5 %"),
        (
            HubState(PublicState.FOLLOWING_UP, 1.0, muted=False, volume=80, session=Backend.GEMINI),
            "following up, gemini session, volume 80 %",
        ),
    ],
)
def test_state(how: HubState, told: str) -> None:
    """The first line says how the hub is."""
    shown = view()
    shown.state(how)
    assert shown.lines(80, 24)[0] == f'hubd "kitchen": {told}'


def test_trouble() -> None:
    """Trouble that the hub has now stands in the second line, until the hub says otherwise."""
    shown = view()
    shown.state(HubState(PublicState.IDLE, 1.0, muted=False, volume=80, last_error="The microphone is gone."))
    assert shown.lines(80, 24)[1] == "trouble: The microphone is gone."
    shown.state(IDLE)
    assert "trouble" not in "".join(shown.lines(80, 24))


def test_notice() -> None:
    """Why the hub can't be seen stands in place of its state."""
    shown = view()
    shown.notice("it is offline")
    assert shown.lines(80, 24)[0] == 'hubd "kitchen": it is offline'
    shown.notice("")
    assert shown.lines(80, 24)[0] == 'hubd "kitchen": idle, volume 80 %'


def test_conversation() -> None:
    """State, last words, a call with what came of it after how long; below them each event."""
    shown = view(
        StateReport(PublicState.SPEAKING),
        HeardReport("turn it on", final=True),
        CalledReport("c1", "set_light", "lamp", {"on": True}),
        CalledReport("c2", "set_light", "hall", {"on": True}),
        AnsweredReport("c1", CallStatus.DONE, Scheduling.SILENT, {}, 213),
        SaidReport("Done.", interrupted=False),
    )
    assert shown.lines(80, 24)[:6] == [
        'hubd "kitchen": speaking, volume 80 %',
        'heard: "turn it on"',
        'said: "Done."',
        "00000002  done after 213 ms   set_light(on=true) on lamp",
        "00000003  …                   set_light(on=true) on hall",
        "",
    ]
    assert shown.lines(80, 24)[6:][-1] == '00000005  said: "Done."'
    assert len(shown.lines(80, 24)) == 12


def test_five_calls() -> None:
    """The newest five calls are shown; the outcome of one that is gone is no fault."""
    calls = [CalledReport(f"c{number}", f"call_{number}", "", {}) for number in range(7)]
    shown = view(*calls, AnsweredReport("c0", CallStatus.DONE, Scheduling.SILENT, {}, 1))
    assert [line.split()[-1] for line in shown.lines(80, 24)[1:6]] == [f"call_{number}()" for number in range(2, 7)]


def test_newest_events() -> None:
    """Where there is no room for all events the newest are shown, at the bottom."""
    shown = view(*(PublishedReport(None, f"topic/{number}", "x", 0) for number in range(300)))
    assert [line.rpartition("/")[2] for line in shown.lines(80, 6)[2:]] == ["296 x", "297 x", "298 x", "299 x"]


@given(columns=st.integers(1, 60), rows=st.integers(1, 20), text=st.text(max_size=80))
def test_it_fits(columns: int, rows: int, text: str) -> None:
    """Whatever is said, in whatever terminal: no line is too wide, there are not too many, none gives orders."""
    shown = view(HeardReport(text, final=True), PublishedReport(None, "t", text, 0), CalledReport("c", text, "", {}))
    shown.notice(text)
    lines = shown.lines(columns, rows)
    assert len(lines) <= rows
    assert all(width(line) <= columns and line.isprintable() for line in lines)


def test_long_payload() -> None:
    """A payload of a quarter of a megabyte is cut without ado."""
    (line,) = view(PublishedReport(None, "t", "é" * 250_000, 0)).lines(40, 24)[2:]
    assert line == f"00000000  published: t {'é' * 16}…"
