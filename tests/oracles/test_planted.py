"""Each oracle finds a mistake that was planted."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hubd.events import Scheduling
from hubd.live import codec
from hubd.live.messages import ServerContent, ServerMessage, Transcription
from tests.oracles import emitted
from tests.oracles.google_client import GoogleClient, behind_tls, google_client
from tests.oracles.reading import Reader

SETUP = json.loads(emitted.setups()[0])
ANSWER = json.loads(emitted.answers(Scheduling.SILENT, {"status": "done"})[0])
SOUND = json.loads(emitted.sound(b"\xff\xfe" * 4)[0])


def changed(frame: dict[str, object], place: str, **values: object) -> str:
    """Return a frame with other values at a place, as ``setup.tools.0``; ``None`` takes a field away."""
    copy = json.loads(json.dumps(frame))
    inner = copy
    for key in place.split(".") if place else []:
        inner = inner[int(key) if isinstance(inner, list) else key]
    inner.update(values)
    for name in [name for name, value in values.items() if value is None]:
        del inner[name]
    return json.dumps(copy)


DECLARATION = "setup.tools.0.functionDeclarations.0"
RESPONSE = "toolResponse.functionResponses.0"


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        pytest.param(
            changed(SETUP, "setup", outputAudioTranscription=None, output_audio_transcription={}),
            "printed again it differs at .setup.output_audio_transcription",
            id="snake-case",
        ),
        pytest.param(changed(SETUP, "setup", voice="Kore"), 'no field named "voice"', id="unknown-name"),
        pytest.param(
            changed(SETUP, "setup.generationConfig", outputAudioTranscription={}),
            'no field named "outputAudioTranscription"',
            id="transcription-in-the-wrong-place",
        ),
        pytest.param(changed(SETUP, DECLARATION, behavior=None), "declares no behavior", id="missing-default"),
        pytest.param(
            changed(SETUP, DECLARATION, behavior="non_blocking"), "Invalid enum value", id="enum-in-lower-case"
        ),
        pytest.param(
            changed(SETUP, f"{DECLARATION}.parameters", type="object"), "Invalid enum value", id="schema-type"
        ),
        pytest.param(
            changed(SETUP, f"{DECLARATION}.parameters", additionalProperties=False),
            'no field named "additionalProperties"',
            id="additional-properties",
        ),
        pytest.param(changed(SETUP, "", clientContent={"turnComplete": True}), "oneof", id="two-members-of-the-union"),
        pytest.param(
            changed(ANSWER, RESPONSE, scheduling=None, response={"scheduling": "SILENT"}),
            "scheduling is inside response",
            id="scheduling-inside-response",
        ),
        pytest.param(changed(ANSWER, RESPONSE, scheduling=None), "there is no scheduling", id="missing-scheduling"),
        pytest.param(changed(ANSWER, RESPONSE, willContinue=False), "differs at .toolResponse", id="explicit-default"),
        pytest.param(
            changed(ANSWER, RESPONSE, response="done"), "Failed to parse response", id="response-is-no-object"
        ),
        pytest.param(
            changed(SOUND, "realtimeInput.audio", mimeType=None, mime_type="audio/pcm"),
            "differs at .realtimeInput.audio.mime_type",
            id="snake-case-of-sound",
        ),
        pytest.param(
            changed(SOUND, "realtimeInput.audio", data="__7__v_-__7__v=="),
            "differs at .realtimeInput.audio.data",
            id="the-other-base64",
        ),
    ],
)
def test_a_mistake_of_the_hub_s_is_found(reader: Reader, frame: str, complaint: str) -> None:
    """A client frame with one mistake draws a complaint about it."""
    found = reader.complaints_about_client(frame)
    assert any(complaint in each for each in found), found


@pytest.mark.parametrize("field", ["proactivity", "historyConfig"])
def test_google_genai_reads_what_the_proto_lacks(reader: Reader, field: str) -> None:
    """A mistake inside an unpublished field does not slip through."""
    assert reader.complaints_about_client(changed(SETUP, "setup", **{field: {"on": True}})) != []


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        pytest.param('{"serverContent":{"turn_complete":true}}', "differs at .serverContent.turn", id="snake-case"),
        pytest.param(
            '{"serverContent":{"turnComplete":false}}', "differs at .serverContent.turn", id="explicit-default"
        ),
        pytest.param('{"serverContent":{"cancelled":["a"]}}', 'no field named "cancelled"', id="unknown-name"),
        pytest.param('{"goAway":{"timeLeft":50}}', "Failed to parse timeLeft", id="duration-as-number"),
        pytest.param('{"goAway":{"timeLeft":"9.5s"}}', "differs at .goAway.timeLeft", id="duration-otherwise"),
        pytest.param('{"setupComplete":{},"goAway":{}}', "oneof", id="two-members-of-the-union"),
        pytest.param('{"usageMetadata":{"totalTokenCount":"5"}}', "differs at .usageMetadata", id="int32-as-text"),
        pytest.param('{"toolCall":{"functionCalls":[{"id":"a","name":"b","args":[]}]}}', "args", id="args-is-a-list"),
    ],
)
def test_a_mistake_of_the_server_s_is_found(reader: Reader, frame: str, complaint: str) -> None:
    """A server frame with one mistake draws a complaint about it."""
    found = reader.complaints_about_server(frame)
    assert any(complaint in each for each in found), found


def test_a_default_that_is_written_is_found(reader: Reader) -> None:
    """A server that wrote what is at its default would be told from the service."""
    message = ServerMessage(server_content=ServerContent(output_transcription=Transcription(text="Yes.")))
    assert reader.complaints_about_server(codec.encode(message)) == []
    careless = codec.encode(message).replace('"outputTr', '"turnComplete":false,"outputTr')
    assert reader.complaints_about_server(careless) != []


@asynccontextmanager
async def saying(frame: str, tls: tuple[Path, ssl.SSLContext]) -> AsyncIterator[GoogleClient]:
    """Yield Google's client with an open session in which the server says this once."""

    async def serve_one(connection: ServerConnection) -> None:
        await connection.recv()
        await connection.send(b'{"setupComplete":{}}')
        await connection.send(frame.encode())
        await connection.wait_closed()

    certificate, context = tls
    async with (
        serve(serve_one, "127.0.0.1", 0) as server,
        behind_tls(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", context) as url,
        google_client(url, certificate) as client,
    ):
        await client.open()
        yield client


CALL = '{"toolCall":{"functionCalls":[{"id":"a","name":"set_light","args":{"on":true}}]}}'


@pytest.mark.parametrize(
    ("frame", "wanted"),
    [
        pytest.param(CALL.replace("toolCall", "tool_call"), GoogleClient.call, id="snake-case"),
        pytest.param(CALL.replace('"args":{"on":true}', '"args":[]'), GoogleClient.call, id="args-is-a-list"),
        pytest.param('{"serverContent":{"turnComplete":"maybe"}}', GoogleClient.turn, id="no-bool"),
        pytest.param('{"serverContent":{"outputTranscription":"Yes."}}', GoogleClient.turn, id="no-object"),
    ],
)
async def test_google_s_client_stumbles(
    tls: tuple[Path, ssl.SSLContext], frame: str, wanted: Callable[[GoogleClient], Coroutine[None, None, object]]
) -> None:
    """A server that makes a mistake in a frame can't hold the conversations that Google's client is put through."""
    async with saying(frame, tls) as client:
        with pytest.raises(AssertionError):
            await wanted(client)
    async with saying(CALL, tls) as client:
        assert (await client.call())["args"] == {"on": True}
