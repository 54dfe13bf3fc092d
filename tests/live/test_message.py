from __future__ import annotations

import json

import pytest

from hubd.events import Behavior
from hubd.live.codec import decode_client
from hubd.live.content import Blob, Content, Part
from hubd.live.declarations import FunctionDeclaration, Schema, SchemaType
from hubd.live.messages import FunctionResponse, SessionResumptionUpdate, SetupComplete, Transcription
from hubd.live.wire import UnreadableError


def test_fields_are_taken_by_name() -> None:
    """A name that is unknown, or a field that is missing, is a mistake of ours, found where it is made."""
    assert Transcription(text="Hi") == Transcription(text="Hi", finished=False)
    for wrong in ({"txt": "Hi"}, {"id": "1", "name": "f"}):
        with pytest.raises(TypeError, match="FunctionResponse: missing or unknown"):
            FunctionResponse(**wrong)  # type: ignore[arg-type]  # the mistake is what is tried


def test_a_message_does_not_change() -> None:
    """What differs is another message."""
    said = Transcription(text="Hi")
    with pytest.raises(AttributeError):
        said.text = "Ho"  # type: ignore[misc]  # the mistake is what is tried
    assert said.changed(finished=True) == Transcription(text="Hi", finished=True)
    assert said == Transcription(text="Hi")


def test_messages_are_compared_by_what_they_say() -> None:
    """Another kind is never the same, though it looks so."""
    assert Content(parts=(Part(text="a"),)) == Content(parts=(Part(text="a"),), role="")
    assert Content(parts=(Part(text="a"),)) != Content(parts=(Part(text="b"),))
    assert SetupComplete() != Content()


def test_what_is_shown() -> None:
    """Fields that were set are, but for sound and secrets."""
    assert repr(Blob(mime_type="audio/pcm", data=b"hush")) == "Blob(mime_type='audio/pcm')"
    assert repr(SessionResumptionUpdate(new_handle="hush", resumable=True)) == "SessionResumptionUpdate(resumable=True)"


def test_where_a_mistake_is() -> None:
    """Its place is told from the outside in by whoever words it."""
    with pytest.raises(UnreadableError) as caught:
        Schema.read({"type": "OBJECT", "properties": {"a": {"type": "ARRAY", "anyOf": [{"type": "STRING", "x": 1}]}}})
    assert (caught.value.place, caught.value.stranger) == ([0, "any_of", "a", "properties"], "x")


def test_as_deep_as_json_may_be() -> None:
    """What the parser lets pass can be read, and written again."""
    schema: dict[str, object] = {"type": "STRING"}
    for _ in range(180):
        schema = {"type": "ARRAY", "items": schema}
    function = {"name": "f", "parameters": schema}
    message = decode_client(json.dumps({"setup": {"model": "m", "tools": [{"functionDeclarations": [function]}]}}))
    assert message.setup is not None
    assert message.setup.tools[0].function_declarations[0].to_json()["parameters"] == schema


def test_what_is_written_at_its_default() -> None:
    """A field without a default always is, and so is one that says so."""
    assert FunctionDeclaration(name="f", behavior=Behavior.BLOCKING).to_text() == (
        '{"name":"f","description":"","behavior":"BLOCKING"}'
    )
    assert Schema(type=SchemaType.STRING).to_json() == {"type": "STRING"}


def test_both_spellings() -> None:
    """Names are camelCase on the wire, and read either way."""
    assert Schema.wire_fields["property_ordering"].alias == "propertyOrdering"
    for name in ("propertyOrdering", "property_ordering"):
        assert Schema.read({"type": "OBJECT", name: ["a"]}) == Schema(type=SchemaType.OBJECT, property_ordering=("a",))
    with pytest.raises(UnreadableError) as caught:
        Schema.read({"type": "OBJECT", "propertyOrdering": [], "property_ordering": ["a"]})
    assert caught.value.stranger == "property_ordering"
