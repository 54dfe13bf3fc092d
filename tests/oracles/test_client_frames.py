from __future__ import annotations

import base64
import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.events import AnswerKind, Scheduling
from hubd.live.messages import ClientMessage
from hubd.live.session import LiveSession
from tests.oracles import emitted
from tests.oracles.reading import CHECKOUT, SENT_UNPUBLISHED, Reader, Unpublished, without_unpublished

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def test_every_set_up(reader: Reader) -> None:
    """Each option at each value, for every model: the published proto takes the set-up and prints it as it was."""
    frames = emitted.setups()
    found = {complaint for frame in frames for complaint in reader.complaints_about_client(frame)}
    assert not found
    assert len(frames) > 50


def test_marks_of_speech(reader: Reader) -> None:
    """Begin, end and pause are what Google calls them."""
    frames = emitted.marks()
    assert [complaint for frame in frames for complaint in reader.complaints_about_client(frame)] == []
    assert len(frames) == 3


@given(samples=st.binary(max_size=4_000).map(lambda pcm: pcm[: len(pcm) // 2 * 2]))
@settings(max_examples=50)
def test_sound(reader: Reader, samples: bytes) -> None:
    """Every byte of sound arrives, whatever it is."""
    heard = b""
    for frame in emitted.sound(samples):
        assert reader.complaints_about_client(frame) == []
        heard += base64.b64decode(json.loads(frame)["realtimeInput"]["audio"]["data"])
    assert heard == samples


@given(words=st.text(st.characters(), min_size=1))
@settings(max_examples=50)
def test_text(reader: Reader, words: str) -> None:
    """Whatever is typed or told is text of the protocol, halves of surrogate pairs included."""
    frames = [*emitted.text(words), *emitted.notes(words), *emitted.histories(words)]
    assert [fault for frame in dict.fromkeys(frames) for fault in reader.complaints_about_client(frame)] == []


@pytest.mark.parametrize("scheduling", Scheduling)
@pytest.mark.parametrize("kind", [AnswerKind.FIRST, AnswerKind.OUTCOME])
@given(response=st.dictionaries(st.text(max_size=8).filter(lambda key: key != "scheduling"), VALUES, max_size=4))
@settings(max_examples=25)
def test_answers(reader: Reader, kind: AnswerKind, scheduling: Scheduling, response: dict[str, JsonValue]) -> None:
    """Google reads the scheduling that was meant, for whatever a device reports, now or later."""
    (frame,) = emitted.answers(scheduling, response, kind)
    assert reader.complaints_about_client(frame) == []
    _, printed = reader.read("client", frame)
    read = [
        (each["scheduling"], each.get("willContinue", False)) for each in printed["toolResponse"]["functionResponses"]
    ]
    assert read == [(scheduling, kind is AnswerKind.FIRST)] * 2


# Client messages have these fields too, so that the offline server can read what other clients send.
NEVER_SENT = {
    "Part.thought": "the model's alone",
    "Part.functionCall": "history that holds one ends the session (pitfall 14)",
    "Part.functionResponse": "history that holds one ends the session (pitfall 14)",
    "Part.inlineData": "sound is realtimeInput",
    "Part.executableCode": "the model's alone",
    "Part.codeExecutionResult": "the model's alone",
    "ExecutableCode.language": "the model's alone",
    "ExecutableCode.code": "the model's alone",
    "CodeExecutionResult.outcome": "the model's alone",
    "CodeExecutionResult.output": "the model's alone",
    "RealtimeInput.video": "the hub has no camera",
    "RealtimeInput.mediaChunks": "deprecated (live-protocol.md 4)",
    "SpeechConfig.languageCode": "ignored or refused by native-audio models (pitfall 18)",
    "FunctionResponse.parts": "devices send no media",
    "FunctionDeclaration.parametersJsonSchema": "a declaration has one schema (live-protocol.md 3.1)",
    "FunctionDeclaration.response": "what a function returns says itself",
    "FunctionDeclaration.responseJsonSchema": "what a function returns says itself",
} | {
    f"Schema.{name}": "no parameter of a device needs it"
    for name in (
        *("anyOf", "items", "nullable", "format", "title", "propertyOrdering", "pattern"),
        *("minItems", "maxItems", "minLength", "maxLength"),
    )
}


def test_no_field_is_overlooked() -> None:
    """Every field of a client message is in a frame above, or is listed with the reason why hubd never sends it."""
    frames = [*emitted.setups(), *emitted.marks(), *emitted.sound(b"\0\0"), *emitted.text("a")]
    frames += [*emitted.notes("a"), *emitted.histories("a")]
    frames += [frame for kind in AnswerKind for frame in emitted.answers(Scheduling.SILENT, {"a": 1}, kind)]
    sent = {field for frame in frames for field in emitted.fields_in(json.loads(frame), ClientMessage)}
    assert emitted.fields_of(ClientMessage) - sent == NEVER_SENT.keys()


def test_no_way_to_speak_is_overlooked() -> None:
    """What a session can be told to say is said above, and nothing else makes client messages."""
    public = {name for name in vars(LiveSession) if not name.startswith("_")}
    assert public - {"state", "open_calls", "receive", "data_to_send"} == {
        *("send_audio", "begin_activity", "end_activity", "end_audio_stream", "send_text", "send_note", "respond"),
    }
    package = CHECKOUT / "hubd"
    makers = {path.name for path in package.rglob("*.py") if re.search(r"(?<!class )ClientMessage\(", path.read_text())}
    assert makers == {"opening.py", "session.py"}


@pytest.mark.parametrize("unpublished", SENT_UNPUBLISHED, ids=lambda each: each.path)
def test_exceptions_are_needed(reader: Reader, unpublished: Unpublished) -> None:
    """Each field that is kept from the published proto is sent, and would be refused."""
    frame = next(frame for frame in emitted.setups() if without_unpublished(frame, (unpublished,))[1])
    fault, _ = reader.read("client", frame)
    assert fault is not None
    assert "no field named" in fault or "Invalid enum value" in fault
