"""What the codec promises: the wire's rules, and one error for whatever it can't read."""

from __future__ import annotations

import base64
import json
import pathlib
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.errors import RemoteProtocolError
from hubd.events import Behavior, Scheduling
from hubd.live.codec import decode_client, decode_server, encode, encode_sound
from hubd.live.content import Blob, Content, Part
from hubd.live.declarations import FunctionDeclaration, Schema, SchemaType, Tool
from hubd.live.message import Empty
from hubd.live.messages import (
    ClientMessage,
    FunctionCall,
    FunctionResponse,
    GoAway,
    RealtimeInput,
    ServerContent,
    ServerMessage,
    SessionResumptionUpdate,
    SetupComplete,
    ToolCall,
    ToolResponse,
    Transcription,
)
from hubd.live.setup import ContextWindowCompression, Modality, SessionResumption, Setup, SlidingWindow
from hubd.live.wire import UnreadableError, to_struct

FRAMES: Final = pathlib.Path(__file__).resolve().parents[2] / ".." / "shared" / "reference" / "live-frames"
# Handshakes are no messages, and contextUpdate is in no published protocol (``live-protocol.md`` 6).
LEFT_OUT: Final = ("handshake-", "context-update")
CAPTURED: Final = sorted(path.name for path in FRAMES.glob("*.json") if not path.name.startswith(LEFT_OUT))

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
NAMES = st.sampled_from(
    [
        *ClientMessage.wire_fields,
        *ServerMessage.wire_fields,
        *Setup.wire_fields,
        *ServerContent.wire_fields,
        *("setupComplete", "serverContent", "toolCall", "functionCalls", "modelTurn", "parts", "inlineData", "data"),
        *("goAway", "timeLeft", "realtimeInput", "audio", "ids", "args", "id", "name", "text"),
    ]
)
HOSTILE = st.recursive(
    JSON_VALUES,
    lambda inner: st.dictionaries(NAMES, inner, max_size=5) | st.lists(inner, max_size=3),
    max_leaves=20,
)
WEIRD: Final[list[str | bytes]] = [
    "",
    "3",
    "null",
    "[]",
    '"setup"',
    "NaN",
    "Infinity",
    '{"new":NaN}',
    '{"goAway":{"timeLeft":"1e9s"}}',
    '{"goAway":{"timeLeft":NaN}}',
    '{"usageMetadata":{"totalTokenCount":' + "9" * 5000 + "}}",
    '{"sessionResumptionUpdate":{"lastConsumedClientMessageIndex":1e400}}',
    '{"serverContent":' * 100_000,
    "[" * 100_000,
    '{"toolCall":{"functionCalls":[{"id":"1","name":"f","args":' + '{"a":' * 500 + "1" + "}" * 500 + "}]}}",
    '{"serverContent":{"inputTranscription":{"text":"\\ud83d"}}}',
    '{"serverContent":{"inputTranscription":{"text":"\ud83d"}}}',
    b"\xff\xfe\x00",
    b'{"a":"\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"setupComplete":{}}',
    '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"A"}}]}}}',
    '{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"€€"}}]}}}',
    '{"setupComplete":{}} {"setupComplete":{}}',
]


@pytest.mark.parametrize("frame", WEIRD, ids=range(len(WEIRD)))
def test_a_frame_that_cannot_be_read_is_the_remote_ends_fault(frame: str | bytes) -> None:
    """Each of these raises RemoteProtocolError in either direction, and nothing else."""
    with pytest.raises(RemoteProtocolError):
        decode_server(frame)
    with pytest.raises(RemoteProtocolError):
        decode_client(frame)


@pytest.mark.parametrize(
    "aside",
    [
        '"usageMetadata":{"totalTokenCount":"many"}',
        '"usageMetadata":{"promptTokenCount":1.5}',
        '"usageMetadata":{"totalTokenCount":3,"promptTokensDetails":{"modality":"AUDIO"}}',
        '"usageMetadata":[1]',
        '"voiceActivity":7',
    ],
)
def test_a_count_that_cannot_be_read_is_passed_over(aside: str) -> None:
    """What is only counted or shown may look different one day; what is beside it in the frame counts."""
    content = ServerContent(turn_complete=True)
    assert decode_server(f'{{"serverContent":{{"turnComplete":true}},{aside}}}') == ServerMessage(
        server_content=content
    )


def refusal(decode: Callable[[str | bytes], ClientMessage | ServerMessage], frame: str | bytes) -> str:
    """Return the text of the error that a frame is refused with, or nothing for one that is read and written again."""
    try:
        message = decode(frame)
    except RemoteProtocolError as error:
        return str(error)
    encode(message)
    return ""


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_random_bytes_are_read_or_refused(frame: str | bytes) -> None:
    """Whatever arrives, decoding returns a message or raises RemoteProtocolError with one line of text."""
    assert refusal(decode_server, frame).isprintable()
    assert refusal(decode_client, frame).isprintable()


@given(HOSTILE)
def test_hostile_json_is_read_or_refused(value: object) -> None:
    """Well-formed JSON of the wrong shape is read or refused, and what was read can be written."""
    assert refusal(decode_server, json.dumps(value)).isprintable()
    assert refusal(decode_client, json.dumps(value)).isprintable()


@pytest.mark.skipif(not CAPTURED, reason="the captured frames (../shared/reference/live-frames) are not there")
@pytest.mark.parametrize("name", CAPTURED)
def test_frames_captured_from_the_sdk_are_understood(name: str) -> None:
    """What the service is known to accept is accepted, and survives being written in our style."""
    message = decode_client((FRAMES / name).read_bytes())
    assert decode_client(encode(message)) == message


def test_defaults_are_not_written() -> None:
    """False, 0 and empty are absent; presence is written as an empty object (proto3 JSON)."""
    assert encode(ServerMessage()) == "{}"
    assert encode(ServerMessage(setup_complete=SetupComplete())) == '{"setupComplete":{}}'
    update = SessionResumptionUpdate(new_handle="", resumable=False)
    assert encode(ServerMessage(session_resumption_update=update)) == '{"sessionResumptionUpdate":{}}'
    content = ServerContent(turn_complete=True, interrupted=False, output_transcription=Transcription(text=" Hi"))
    assert json.loads(encode(ServerMessage(server_content=content))) == {
        "serverContent": {"turnComplete": True, "outputTranscription": {"text": " Hi"}}
    }


def test_null_means_unset() -> None:
    """A null field counts as absent, in both directions, but stays null inside arguments and answers."""
    assert decode_server('{"serverContent":null,"setupComplete":{}}') == ServerMessage(setup_complete=SetupComplete())
    message = decode_server('{"toolCall":{"functionCalls":[{"id":"1","name":"f","args":{"a":null}}]}}')
    assert message.tool_call == ToolCall(function_calls=(FunctionCall(id="1", name="f", args={"a": None}),))


def test_64_bit_numbers_are_strings_on_the_wire() -> None:
    """An int64 is written as a string and read as string or number."""
    compression = ContextWindowCompression(trigger_tokens=25_000, sliding_window=SlidingWindow(target_tokens=8_000))
    message = ClientMessage(setup=Setup(model="models/m", context_window_compression=compression))
    assert json.loads(encode(message))["setup"]["contextWindowCompression"] == {
        "triggerTokens": "25000",
        "slidingWindow": {"targetTokens": "8000"},
    }
    number = encode(message).replace('"25000"', "25000")
    assert decode_client(number) == message
    assert decode_server('{"sessionResumptionUpdate":{"lastConsumedClientMessageIndex":"7"}}') == decode_server(
        '{"sessionResumptionUpdate":{"lastConsumedClientMessageIndex":7}}'
    )


@pytest.mark.parametrize(("seconds", "text"), [(9.0004, "9s"), (1e-9, "0s"), (-1e-9, "0s"), (0.9999, "1s")])
def test_a_duration_is_printed_as_google_prints_it(seconds: float, text: str) -> None:
    """Whole seconds have no fraction, even where it was rounded away."""
    assert encode(ServerMessage(go_away=GoAway(time_left=seconds))) == f'{{"goAway":{{"timeLeft":"{text}"}}}}'


@pytest.mark.parametrize(("text", "seconds"), [("50s", 50.0), ("9.500s", 9.5), ("0.200s", 0.2), ("0s", 0.0)])
def test_durations_are_seconds_with_an_s(text: str, seconds: float) -> None:
    """A duration is read in the forms that the service prints."""
    assert decode_server(json.dumps({"goAway": {"timeLeft": text}})).go_away == GoAway(time_left=seconds)


@given(st.integers(0, 10**9))
def test_a_duration_survives_the_wire(milliseconds: int) -> None:
    """Any whole number of milliseconds is read as it was written."""
    message = ServerMessage(go_away=GoAway(time_left=milliseconds / 1000))
    assert decode_server(encode(message)) == message


@pytest.mark.parametrize("number", ["1e400", "-1e400", "1e308", "123456789012345678901234567890", "-1", "1.5"])
def test_a_number_without_a_meaning_is_refused(number: str) -> None:
    """An enum takes small whole numbers; even infinity is refused in our own words."""
    function = f'{{"name":"a","behavior":{number}}}'
    with pytest.raises(RemoteProtocolError, match="behavior"):
        decode_client(f'{{"setup":{{"model":"m","tools":[{{"functionDeclarations":[{function}]}}]}}}}')


@given(st.binary(max_size=64))
def test_sound_has_a_shortcut(pcm: bytes) -> None:
    """The quick way to encode sound gives the same text as the ordinary one."""
    blob = Blob(mime_type="audio/pcm;rate=16000", data=pcm)
    if pcm:
        assert encode_sound(pcm) == encode(ClientMessage(realtime_input=RealtimeInput(audio=blob)))


@given(st.binary(max_size=64))
def test_bytes_are_read_in_either_alphabet_padded_or_not(data: bytes) -> None:
    """Sound is written in standard base64 and read in every form that the service's parser takes."""
    standard = base64.b64encode(data).decode()
    assert (
        f'"data":"{standard}"' in encode(ClientMessage(realtime_input=RealtimeInput(audio=Blob(data=data)))) or not data
    )
    for text in (standard, standard.rstrip("="), base64.urlsafe_b64encode(data).decode()):
        message = decode_client(json.dumps({"realtimeInput": {"audio": {"mimeType": "audio/pcm", "data": text}}}))
        assert message.realtime_input is not None
        assert message.realtime_input.audio == Blob(mime_type="audio/pcm", data=data)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (
            '{"setup":{"model":"models/m","x":1}}',
            "Invalid JSON payload received. Unknown name \"x\" at 'setup': Cannot find field.",
        ),
        ('{"x":1}', 'Invalid JSON payload received. Unknown name "x": Cannot find field.'),
        (
            '{"setup":{"model":"m","generationConfig":{"x":{}}}}',
            "Invalid JSON payload received. Unknown name \"x\" at 'setup.generation_config': Cannot find field.",
        ),
        (
            '{"setup":{"model":"m","tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","x":1}}]}]}}',
            (
                'Invalid JSON payload received. Unknown name "x" at '
                "'setup.tools[0].function_declarations[0].parameters': Cannot find field."
            ),
        ),
        (
            '{"setup":{"model":"m"},"realtimeInput":{}}',
            (
                "Invalid JSON payload received. oneof field 'message_type' is already set to 'setup'. "
                "Cannot set 'realtime_input'."
            ),
        ),
        (
            "{}",
            "Invalid JSON payload received. One of setup, clientContent, realtimeInput, toolResponse is wanted.",
        ),
        ("{", "Invalid JSON payload received."),
        ('{"setup":{"model":"m","tools":{}}}', "Invalid value at 'setup.tools': a list is wanted"),
        ('{"setup":{}}', "Invalid value at 'setup.model': this field is required"),
    ],
)
def test_a_clients_mistake_is_refused_in_the_services_words(frame: str, reason: str) -> None:
    """A name that is unknown, a wrong shape or two members of the union are told as the service tells them."""
    with pytest.raises(RemoteProtocolError) as caught:
        decode_client(frame)
    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "frame",
    [
        '{"setup":{"model":"m","generationConfig":{"responseModalities":"AUDIO"}}}',
        '{"setup":{"model":"m","generationConfig":{"responseModalities":["audio"]}}}',
        '{"setup":{"model":"m","generationConfig":{"maxOutputTokens":40.5}}}',
        '{"setup":{"model":"m","generationConfig":{"seed":true}}}',
        '{"setup":{"model":"m","systemInstruction":"be brief"}}',
        '{"setup":{"model":"m","tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"object"}}]}]}}',
        '{"setup":{"model":"m","tools":[{"functionDeclarations":[{"name":"no spaces"}]}]}}',
        '{"toolResponse":{"functionResponses":[{"id":"1","name":"f","response":"ok"}]}}',
        '{"toolResponse":{"functionResponses":[{"name":"f","response":{}}]}}',
        '{"clientContent":{"turnComplete":"true"}}',
        '{"realtimeInput":{"audioStreamEnd":1}}',
        '{"toolResponse":{"functionResponses":[{"id":"1","name":"f","response":{},"scheduling":"silent"}]}}',
    ],
)
def test_a_client_frame_of_the_wrong_type_is_refused(frame: str) -> None:
    """The server's end is as strict as the service about types."""
    with pytest.raises(RemoteProtocolError):
        decode_client(frame)


@pytest.mark.parametrize(
    ("value", "scheduling"),
    [
        ("1", Scheduling.SILENT),
        ("2.0", Scheduling.WHEN_IDLE),
        ("3", Scheduling.INTERRUPT),
        ("0", None),
        ("99", None),
        ("null", None),
        ('"SCHEDULING_UNSPECIFIED"', None),
        ('"SILENT"', Scheduling.SILENT),
    ],
)
def test_enums_may_be_numbers(value: str, scheduling: Scheduling | None) -> None:
    """A number stands for the value of the published proto; one that it does not know is unset (proto3 JSON)."""
    response = f'{{"id":"1","name":"f","response":{{}},"scheduling":{value}}}'
    message = decode_client(f'{{"toolResponse":{{"functionResponses":[{response}]}}}}')
    assert message.tool_response is not None
    assert message.tool_response.function_responses[0].scheduling is scheduling


def test_enums_in_lists_may_be_numbers() -> None:
    """Each entry is read for itself, under either spelling of the field's name."""
    message = decode_client('{"setup":{"model":"m","generationConfig":{"response_modalities":[3,"TEXT",0]}}}')
    assert message.setup is not None
    assert message.setup.generation_config is not None
    assert message.setup.generation_config.response_modalities == (Modality.AUDIO, Modality.TEXT)


@pytest.mark.parametrize("value", ["true", "1.5", '"1"', "[1]", '"silent"', "{}"])
def test_what_is_no_enum_is_refused(value: str) -> None:
    """Anything else in its place is a wrong type."""
    response = f'{{"id":"1","name":"f","response":{{}},"scheduling":{value}}}'
    with pytest.raises(RemoteProtocolError):
        decode_client(f'{{"toolResponse":{{"functionResponses":[{response}]}}}}')


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    """40.0 is an int32, as for the service."""
    message = decode_client('{"setup":{"model":"m","generationConfig":{"maxOutputTokens":40.0}}}')
    assert message.setup is not None
    assert message.setup.generation_config is not None
    assert message.setup.generation_config.max_output_tokens == 40


def test_what_a_server_adds_is_ignored() -> None:
    """Unknown names from the server are no fault, at any depth."""
    frame = (
        '{"voiceActivity":{"type":"ACTIVITY_START","audioOffset":"1s"},"new":1,'
        '"serverContent":{"turnComplete":true,"new":{"a":[1]},"modelTurn":{"parts":[{"new":1,"text":"x"}]}}}'
    )
    message = decode_server(frame)
    assert message.server_content == ServerContent(turn_complete=True, model_turn=Content(parts=(Part(text="x"),)))


def test_an_error_repeats_no_value_of_the_frame() -> None:
    """What was said, or a handle, does not get into an error's text by being malformed."""
    for frame in (
        '{"sessionResumptionUpdate":{"newHandle":["swordfish"]}}',
        '{"serverContent":{"inputTranscription":"swordfish"}}',
        '{"serverContent":{"inputTranscription":{"text":"swordfish',
        '{"goAway":{"timeLeft":"swordfish"}}',
    ):
        with pytest.raises(RemoteProtocolError) as caught:
            decode_server(frame)
        assert "swordfish" not in f"{caught.value}{caught.value.__cause__}"


def test_behavior_is_written_even_at_its_default() -> None:
    """Every declaration on the wire says whether it blocks."""
    declaration = FunctionDeclaration(name="f", description="", behavior=Behavior.NON_BLOCKING)
    frame = encode(ClientMessage(setup=Setup(model="m", tools=(Tool(function_declarations=(declaration,)),))))
    assert json.loads(frame)["setup"]["tools"] == [
        {"functionDeclarations": [{"name": "f", "description": "", "behavior": "NON_BLOCKING"}]}
    ]


def test_a_declaration_may_come_without_behavior() -> None:
    """What that means is the model's business; null, 0 and its name are the same."""
    for behavior in ("", ',"behavior":null', ',"behavior":0', ',"behavior":"UNSPECIFIED"'):
        declaration = f'{{"name":"f"{behavior}}}'
        message = decode_client(f'{{"setup":{{"model":"m","tools":[{{"functionDeclarations":[{declaration}]}}]}}}}')
        assert message.setup is not None
        assert message.setup.tools[0].function_declarations[0].behavior is None


def test_parameters_are_written_as_the_service_wants_them() -> None:
    """Types are upper case, whole bounds have no fraction, what is not set is absent."""
    schema = Schema(
        type=SchemaType.OBJECT,
        properties={
            "device": Schema(type=SchemaType.STRING, enum=("kitchen_lights", "office_lights")),
            "brightness": Schema(type=SchemaType.INTEGER, minimum=0, maximum=100, description="Percent."),
        },
        required=("device",),
    )
    declaration = FunctionDeclaration(
        name="set_light", description="Set a light.", behavior=Behavior.NON_BLOCKING, parameters=schema
    )
    frame = encode(ClientMessage(setup=Setup(model="m", tools=(Tool(function_declarations=(declaration,)),))))
    assert json.loads(frame)["setup"]["tools"][0]["functionDeclarations"][0]["parameters"] == {
        "type": "OBJECT",
        "properties": {
            "device": {"type": "STRING", "enum": ["kitchen_lights", "office_lights"]},
            "brightness": {"type": "INTEGER", "description": "Percent.", "minimum": 0, "maximum": 100},
        },
        "required": ["device"],
    }
    assert '"minimum":0,' in frame


def test_half_a_surrogate_pair_is_replaced() -> None:
    """Text that JSON can't hold is sent with a replacement character instead of failing."""
    response = FunctionResponse(id="1", name="f", response={"state": "a\ud83db"}, scheduling=Scheduling.SILENT)
    frame = encode(ClientMessage(tool_response=ToolResponse(function_responses=(response,))))
    assert decode_client(frame).tool_response == ToolResponse(
        function_responses=(response.changed(response={"state": "a\ufffdb"}),)
    )
    assert encode(ClientMessage(realtime_input=RealtimeInput(text="\ude00 ok"))) == (
        '{"realtimeInput":{"text":"\ufffd ok"}}'
    )


@given(st.dictionaries(st.text(), JSON_VALUES, max_size=4))
def test_any_outcome_can_be_sent(values: dict[str, object]) -> None:
    """Whatever JSON a device reported, the answer that carries it can be written and read again."""
    response = FunctionResponse(id="1", name="f", response=to_struct(values))  # type: ignore[arg-type]  # JSON by design
    decode_client(encode(ClientMessage(tool_response=ToolResponse(function_responses=(response,)))))


def test_an_outcome_nested_without_end_is_cut() -> None:
    """Depth that no JSON library takes is replaced by null."""
    value: dict[str, object] = {}
    for _ in range(900):
        value = {"a": value}
    response = FunctionResponse(id="1", name="f", response=to_struct(value))  # type: ignore[arg-type]  # JSON by design
    decode_client(encode(ClientMessage(tool_response=ToolResponse(function_responses=(response,)))))


def test_secrets_and_sound_are_not_in_a_repr() -> None:
    """A message that gets into a log or a traceback shows neither handle nor sound."""
    update = ServerMessage(session_resumption_update=SessionResumptionUpdate(new_handle="swordfish", resumable=True))
    setup = ClientMessage(setup=Setup(model="m", session_resumption=SessionResumption(handle="swordfish")))
    sound = ClientMessage(realtime_input=RealtimeInput(audio=Blob(data=b"swordfish")))
    assert "swordfish" not in f"{update!r}{setup!r}{sound!r}"
    with pytest.raises(UnreadableError) as caught:
        SessionResumption.read({"handle": ["swordfish"]})
    assert "swordfish" not in str(caught.value)


def test_empty_objects_are_presence() -> None:
    """An activity mark is an empty object, written because it is there."""
    assert encode(ClientMessage(realtime_input=RealtimeInput(activity_start=Empty()))) == (
        '{"realtimeInput":{"activityStart":{}}}'
    )


class TestEnums:
    @pytest.mark.parametrize(
        "frame",
        [
            '{"serverContent":{"turnCompleteReason":3,"turnComplete":true}}',
            '{"serverContent":{"turnCompleteReason":"REASON_OF_TOMORROW","turnComplete":true}}',
            '{"serverContent":{"interactionStatus":2,"turnComplete":true},"interactionStatus":99}',
            '{"voiceActivity":{"type":7},"serverContent":{"turnComplete":true}}',
            '{"error":{"status":5},"serverContent":{"turnComplete":true}}',
            '{"serverContent":{"turnComplete":true,"tomorrow":{"a":[1]}},"later":2}',
        ],
    )
    def test_values_that_nobody_knows(self, frame: str) -> None:
        """A number for a name, a name of tomorrow, a field of tomorrow: the rest of the frame is read."""
        content = decode_server(frame).server_content
        assert content is not None
        assert content.turn_complete

    @given(number=st.integers(0, 2**31 - 1))
    def test_any_number(self, number: int) -> None:
        """Whatever the number, it is a value; zero is none."""
        detail = json.dumps({"usageMetadata": {"promptTokensDetails": [{"modality": number}]}})
        usage = decode_server(detail).usage_metadata
        assert usage is not None
        names = {0: "", 1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}
        assert [each.modality for each in usage.prompt_tokens_details] == [names.get(number, str(number))]

    def test_a_program_that_worked(self) -> None:
        """Names that hubd looks at are known by their numbers too."""
        part = '{"executableCode":{"language":1},"codeExecutionResult":{"outcome":1}}'
        content = decode_server(f'{{"serverContent":{{"modelTurn":{{"parts":[{part}]}}}}}}').server_content
        assert content is not None
        assert content.model_turn is not None
        (read,) = content.model_turn.parts
        assert read.executable_code is not None
        assert read.code_execution_result is not None
        assert (read.executable_code.language, read.code_execution_result.outcome) == ("PYTHON", "OUTCOME_OK")

    def test_true_is_no_value(self) -> None:
        """A truth is neither a name nor a number."""
        with pytest.raises(RemoteProtocolError):
            decode_server('{"interactionStatus":true}')


class TestParameters:
    STRICT: Final = '{"type":"object","properties":{},"additionalProperties":false}'
    DECLARED: Final = '{"setup":{"model":"m","tools":[{"functionDeclarations":[{"name":"f","SCHEMA":BODY}]}]}}'

    def test_pitfall_20_additional_properties(self) -> None:
        """They are refused in parameters, which therefore can't hold them, and taken in parametersJsonSchema."""
        frame = self.DECLARED.replace("SCHEMA", "parameters").replace("BODY", self.STRICT.replace("object", "OBJECT"))
        with pytest.raises(RemoteProtocolError, match="additionalProperties"):
            decode_client(frame)
        with pytest.raises(UnreadableError):
            Schema.read({"type": "OBJECT", "additionalProperties": False})
        assert decode_client(self.DECLARED.replace("SCHEMA", "parametersJsonSchema").replace("BODY", self.STRICT))

    def test_types_are_upper_case(self) -> None:
        """A type in small letters is refused in parameters."""
        with pytest.raises(RemoteProtocolError, match="type"):
            decode_client(self.DECLARED.replace("SCHEMA", "parameters").replace("BODY", '{"type":"object"}'))
