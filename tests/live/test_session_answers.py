"""What a Live session promises about several answers to one call, one frame by another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from hubd.events import Answer, AnswerKind, Backend, Behavior, Call, CallStatus, Scheduling, TokensUsed
from hubd.live.codec import decode_client
from hubd.live.declarations import FunctionDeclaration
from hubd.live.opening import Opening
from hubd.live.session import LiveSession
from hubd.live.settings import SessionSettings

CAPTURED: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "live-frames"
SENSOR: Final = FunctionDeclaration(name="read_sensor", description="Read.", behavior=Behavior.NON_BLOCKING)
FIRST: Final = Answer(
    Call("fc-3", "read_sensor"),
    CallStatus.ON_ITS_WAY,
    Scheduling.SILENT,
    {"output": "still measuring"},
    AnswerKind.FIRST,
)
OUTCOME: Final = replace(FIRST, status=CallStatus.DONE, scheduling=Scheduling.INTERRUPT, kind=AnswerKind.OUTCOME)
AFTERWORD: Final = replace(OUTCOME, kind=AnswerKind.AFTERWORD)


def asked(*ids: str) -> LiveSession:
    """Return a session on which calls with these ids were asked in one frame."""
    session = LiveSession(Opening(SessionSettings(model="gemini-3.8-live"), (SENSOR,)), None, Backend.GEMINI)
    session.data_to_send()
    session.receive('{"setupComplete":{}}')
    calls = [{"id": call_id, "name": "read_sensor"} for call_id in ids]
    session.receive(json.dumps({"toolCall": {"functionCalls": calls}}))
    return session


def test_a_first_answer_says_that_more_will_come() -> None:
    """It means what Google's own client sends with will_continue, and leaves the call open."""
    captured = CAPTURED / "tool-response-will-continue.json"
    if not captured.exists():
        pytest.skip("the captured frames (../shared/reference/live-frames) are not beside this checkout")
    session = asked("fc-3")
    assert session.respond([FIRST]) == ()
    (frame,) = session.data_to_send()
    assert decode_client(frame) == decode_client(captured.read_text(encoding="utf-8"))
    assert [call.id for call in session.open_calls] == ["fc-3"]


def test_the_outcome_follows_without_the_word() -> None:
    """The last answer has its own scheduling, says nothing of more to come, closes the call."""
    session = asked("fc-3")
    session.respond([FIRST])
    session.respond([OUTCOME])
    _, frame = session.data_to_send()
    (response,) = json.loads(frame)["toolResponse"]["functionResponses"]
    assert response["scheduling"] == "INTERRUPT"
    assert "willContinue" not in response
    assert session.open_calls == ()
    assert session.respond([FIRST, OUTCOME]) == ()
    assert session.data_to_send() == []


@pytest.mark.parametrize("scheduling", Scheduling)
def test_pitfall_2_scheduling_is_a_sibling_of_the_response(scheduling: Scheduling) -> None:
    """Inside the response it would be one more key that the model may read, and nothing else."""
    session = asked("fc-3")
    session.respond([replace(OUTCOME, scheduling=scheduling)])
    (frame,) = session.data_to_send()
    (response,) = json.loads(frame)["toolResponse"]["functionResponses"]
    assert response["scheduling"] == scheduling
    assert "scheduling" not in response["response"]


def test_pitfall_36_parallel_calls_are_answered_in_one_frame() -> None:
    """All ids that are ready together stand in one frame."""
    session = asked("a", "b", "c")
    session.respond([replace(OUTCOME, call=Call(call_id, "read_sensor")) for call_id in "abc"])
    (frame,) = session.data_to_send()
    assert [each["id"] for each in json.loads(frame)["toolResponse"]["functionResponses"]] == ["a", "b", "c"]


def test_pitfall_32_an_answer_that_crosses_a_cancellation_is_handed_back() -> None:
    """The call gets no response; that something was done is told as text, once."""
    session = asked("fc-3")
    session.receive('{"toolCallCancellation":{"ids":["fc-3"]}}')
    assert session.respond([FIRST]) == ()
    assert session.respond([OUTCOME]) == (OUTCOME,)
    assert session.respond([OUTCOME]) == ()
    assert session.data_to_send() == []


@pytest.mark.parametrize("status", [CallStatus.DUPLICATE, CallStatus.REFUSED, CallStatus.CANCELLED])
def test_pitfall_32_where_nothing_was_done_nothing_is_told(status: CallStatus) -> None:
    """A refusal or a duplicate of a call that was taken back is of no interest to anyone."""
    session = asked("fc-3")
    session.receive('{"toolCallCancellation":{"ids":["fc-3"]}}')
    assert session.respond([replace(OUTCOME, status=status)]) == ()


def test_pitfall_7_a_first_answer_of_another_connection_is_dropped() -> None:
    """Its outcome follows, and that is told as text."""
    session = asked()
    assert session.respond([FIRST, OUTCOME]) == (OUTCOME,)
    assert session.data_to_send() == []


@pytest.mark.parametrize("backend", Backend)
def test_tokens_say_who_counted_them(backend: Backend) -> None:
    """The offline server's tokens cost nothing; a total that is missing is the sum of its parts."""
    session = LiveSession(Opening(SessionSettings(model="gemini-3.8-live"), ()), None, backend)
    session.data_to_send()
    session.receive('{"setupComplete":{}}')
    frame = '{"usageMetadata":{"promptTokenCount":412,"responseTokenCount":55}}'
    assert session.receive(frame) == [TokensUsed(467, 412, 55, backend)]


def test_an_afterword_is_never_a_response() -> None:
    """The call may be open, answered or unknown: an afterword is text."""
    session = asked("fc-3")
    assert session.respond([AFTERWORD]) == (AFTERWORD,)
    session.respond([OUTCOME])
    assert session.respond([AFTERWORD]) == (AFTERWORD,)
    assert len(session.data_to_send()) == 1
