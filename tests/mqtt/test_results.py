"""What who gave a command gets to hear."""

from __future__ import annotations

import json

import pytest

from hubd.mqtt import results
from hubd.mqtt.orders import Ask, Declined, Fault, Order, Say, Stop
from hubd.wishes import Scheduling, WishStatus


def test_done_says_so() -> None:
    """A command that was carried out is ok, and has no error."""
    result = results.carried_out(Order("say", Say("x", Scheduling.WHEN_IDLE), "a"), WishStatus.DONE, "")
    expected = {"id": "a", "command": "say", "ok": True, "status": "done", "error": None, "detail": ""}
    assert result == expected


def test_what_meant_nothing_is_named() -> None:
    """Whoever asked for a chime learns that there was none."""
    result = results.carried_out(Order("stop", Stop(), unread=("chime", "fade_s")), WishStatus.DONE, "")
    assert result["detail"] == "left out, for it means nothing here: chime, fade_s"


@pytest.mark.parametrize("status", [WishStatus.REFUSED, WishStatus.FAILED, WishStatus.STOPPED])
def test_what_was_not_done_says_why(status: WishStatus) -> None:
    """The conversation's reason goes out as it is."""
    result = results.carried_out(Order("listen", Stop(), 5), status, "the microphone is muted")
    assert (result["id"], result["ok"], result["status"], result["error"]) == (5, False, status, status)
    assert result["detail"] == "the microphone is muted"


def test_a_declined_command_says_why() -> None:
    """With a word for programs, a sentence for people; a name that is no command does not become part of a result."""
    result = results.declined(Declined("a/#", Fault.UNKNOWN_COMMAND, "there is no command 'a'"))
    assert (result["command"], result["error"], result["detail"]) == (
        "unknown",
        "unknown_command",
        "there is no command 'a'",
    )
    assert results.name_of("say") == "say"


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("Yes, please!", "yes"),
        ("oh NO.", "no"),
        ("yes or no", None),
        ("nobody knows", None),
        ("", None),
        ("not now, later", "not now"),
    ],
)
def test_an_answer_names_the_choice_that_it_holds(text: str, choice: str | None) -> None:
    """As whole words; of none or several, nothing is claimed."""
    result = results.answered(Order("ask", Ask("?"), 1), text, ("yes", "no", "not now"))
    assert (result["ok"], result["text"], result["choice"]) == (True, text, choice)


def test_a_result_expires_and_is_not_stored() -> None:
    """Nobody who comes later hears of it; what can't be written in UTF-8 does not stop it."""
    publish = results.message({"text": "half \ud800"}, "answers/1", b"\0id")
    assert json.loads(publish.payload) == {"text": "half ?"}
    assert (publish.topic, publish.qos, publish.retain, publish.expiry) == ("answers/1", 1, False, results.EXPIRY)
    assert publish.correlation == b"\0id"
