from __future__ import annotations

import pytest

from hubd.events import CallStatus
from hubd.outcomes import NAMES, Outcome
from hubd.requests import Several
from hubd.sums import count, listed, summed

DONE = Outcome(CallStatus.DONE, "It is off.")
LATE = Outcome(CallStatus.LATE, "It is off now.")
SILENT = Outcome(CallStatus.FAILED, "It did not report.", retryable=True, fault=f"{NAMES} did not answer")
AWAY = Outcome(CallStatus.FAILED, "Not sent.", fault=f"nothing was sent to {NAMES}: it is offline")
MUTE = Outcome(CallStatus.DONE, "Sent.", fault=f"the command was sent to {NAMES}, which can't confirm it")
LIGHTS = Several("set_light", "kitchen lights", (), "off")


@pytest.mark.parametrize(
    ("results", "status", "message"),
    [
        ({"hall lamp": DONE}, CallStatus.DONE, "The hall lamp is off."),
        ({"a": DONE, "b": DONE}, CallStatus.DONE, "Both kitchen lights are off."),
        ({"a": DONE, "b": LATE, "c": DONE}, CallStatus.LATE, "All three kitchen lights are off."),
        (
            {"a": DONE, "b": DONE, "hall lamp": SILENT},
            CallStatus.FAILED,
            "Two of the three kitchen lights are off; the hall lamp did not answer.",
        ),
        (
            {"a": DONE, "b": SILENT, "c": AWAY},
            CallStatus.FAILED,
            "One of the three kitchen lights is off; the b did not answer; nothing was sent to the c: it is offline.",
        ),
        ({"a": SILENT, "b": SILENT}, CallStatus.FAILED, "The a and the b did not answer."),
        ({"a": MUTE, "b": MUTE}, CallStatus.DONE, "The command was sent to the a and the b, which can't confirm it."),
        (
            {"a": DONE, "b": None},
            CallStatus.FAILED,
            "One of the two kitchen lights is off; nothing was sent to the b.",
        ),
    ],
)
def test_a_sum_counts_what_is_done_and_names_what_is_not(
    results: dict[str, Outcome | None], status: CallStatus, message: str
) -> None:
    """Only what the devices confirmed is counted as done."""
    outcome = summed(LIGHTS, list(results.items()))
    assert (outcome.status, outcome.message) == (status, message)


def test_whether_it_may_be_tried_again() -> None:
    """It may if that helps with one of them."""
    assert summed(LIGHTS, [("a", DONE), ("b", SILENT)]).retryable
    assert not summed(LIGHTS, [("a", DONE), ("b", AWAY)]).retryable


def test_what_was_left_out_is_told_as_well() -> None:
    """Three reasons are told, more are counted."""
    left_out = Several("set_light", "lights", (), "red", tuple(f"Lamp {each} has no color." for each in range(5)))
    assert summed(left_out, [("a", DONE)]).message == (
        "The a is red. Lamp 0 has no color. Lamp 1 has no color. Lamp 2 has no color. So it is with 2 more."
    )


def test_many_names_are_counted() -> None:
    """A sentence names three devices at most."""
    assert listed(["a"]) == "the a"
    assert listed(["a", "b", "c"]) == "the a, the b and the c"
    assert listed(["a", "b", "c", "d", "e"]) == "the a, the b and three more"
    assert (count(12), count(13)) == ("twelve", "13")
