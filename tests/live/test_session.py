"""What a Live session promises, frame by frame."""

from __future__ import annotations

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.audio.pcm import bytes_of
from hubd.errors import LinkError, LocalProtocolError, RemoteProtocolError
from hubd.events import (
    Answer,
    Backend,
    Behavior,
    Call,
    CallsCancelled,
    CallStatus,
    GenerationComplete,
    GoingAway,
    HandleIssued,
    HeardText,
    Interrupted,
    LinkReady,
    ModelAudio,
    SaidText,
    Scheduling,
    TokensUsed,
    ToolsAsked,
    TurnComplete,
)
from hubd.live.codec import decode_client, encode
from hubd.live.declarations import FunctionDeclaration
from hubd.live.messages import FunctionCall, ServerMessage, ToolCall
from hubd.live.opening import Opening
from hubd.live.session import LONGEST, TRANSITIONS, LiveSession, State, Step
from hubd.live.settings import SessionSettings

LAMP: Final = FunctionDeclaration(name="lamp", description="A lamp.", behavior=Behavior.NON_BLOCKING)
LOCK: Final = FunctionDeclaration(name="lock", description="A lock.", behavior=Behavior.BLOCKING)
ASKED: Final = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp","args":{"on":true}}]}}'


def new(*, handle: str | None = None, manual: bool = False) -> LiveSession:
    """Return a session that nothing has been sent for."""
    settings = SessionSettings(model="gemini-3.8-live", manual_activity=manual)
    return LiveSession(Opening(settings, (LAMP, LOCK)), handle, Backend.GEMINI)


def opened(*, manual: bool = False) -> LiveSession:
    """Return a session that is set up."""
    session = new(manual=manual)
    session.data_to_send()
    session.receive(b'{"setupComplete":{}}')
    return session


def answer(
    call_id: str = "c1", *, scheduling: Scheduling = Scheduling.SILENT, response: dict[str, str] | None = None
) -> Answer:
    """Return the answer to a call of the lamp."""
    return Answer(Call(call_id, "lamp"), CallStatus.DONE, scheduling, {**(response or {"status": "done"})})


def test_the_set_up_is_the_first_thing_said() -> None:
    """One frame is there from the start, and it is the set-up; it is handed out once."""
    session = new()
    (frame,) = session.data_to_send()
    assert list(json.loads(frame)) == ["setup"]
    assert session.data_to_send() == []
    assert session.state is State.SETTING_UP


@pytest.mark.parametrize(
    "frame", ['{"setupComplete":{}}', b'{"setupComplete":{}}', b'{"setupComplete":{"sessionId":"s"}}']
)
@pytest.mark.parametrize("handle", [None, "h"])
def test_set_up_complete_opens_the_session(frame: str | bytes, handle: str | None) -> None:
    """A text or a binary frame opens it; the event says whether it goes on from a handle."""
    session = new(handle=handle)
    session.data_to_send()
    assert session.receive(frame) == [LinkReady(Backend.GEMINI, resumed=handle is not None)]
    assert session.state is State.OPEN


def test_behavior_is_on_every_declaration() -> None:
    """The set-up on the wire says of each function whether it blocks."""
    declarations = json.loads(new().data_to_send()[0])["setup"]["tools"][0]["functionDeclarations"]
    assert {each["name"]: each["behavior"] for each in declarations} == {"lamp": "NON_BLOCKING", "lock": "BLOCKING"}


@pytest.mark.parametrize("scheduling", Scheduling)
def test_scheduling_is_a_sibling_of_response(scheduling: Scheduling) -> None:
    """On the wire the word stands beside response, never inside it (``live-protocol.md`` 5)."""
    session = opened()
    session.receive(ASKED)
    assert session.respond([answer(scheduling=scheduling)]) == ()
    (frame,) = session.data_to_send()
    assert json.loads(frame) == {
        "toolResponse": {
            "functionResponses": [
                {"id": "c1", "name": "lamp", "scheduling": scheduling.value, "response": {"status": "done"}}
            ]
        }
    }


@pytest.mark.parametrize("taken", [False, True])
def test_nothing_may_be_said_before_the_session_is_open(*, taken: bool) -> None:
    """Whatever is said before setupComplete is a mistake of ours, and not sent."""
    session = new(manual=True)
    if taken:
        session.data_to_send()
    with pytest.raises(LocalProtocolError):
        session.send_audio(bytes(640))
    with pytest.raises(LocalProtocolError):
        session.send_text("hi")
    with pytest.raises(LocalProtocolError):
        session.begin_activity()
    assert len(session.data_to_send()) == (0 if taken else 1)


@given(st.integers(0, 3000))
def test_sound_goes_up_bit_for_bit_in_short_frames(samples: int) -> None:
    """Sound of any length arrives whole and in order, at most 40 ms a frame, with its rate."""
    pcm = b"".join(sample.to_bytes(2, "little") for sample in range(samples))
    session = opened()
    session.send_audio(pcm)
    arrived = b""
    for frame in session.data_to_send():
        message = decode_client(frame)
        assert message.realtime_input is not None
        assert message.realtime_input.audio is not None
        assert message.realtime_input.audio.mime_type == "audio/pcm;rate=16000"
        assert 0 < len(message.realtime_input.audio.data) <= bytes_of(40, 16_000)
        arrived += message.realtime_input.audio.data
    assert arrived == pcm


def test_half_a_sample_is_our_mistake() -> None:
    """An odd number of bytes would shift every sample after it."""
    with pytest.raises(LocalProtocolError):
        opened().send_audio(b"\0\0\0")


def test_activity_marks_frame_the_speech() -> None:
    """With manual activity the marks and the sound between them go out in order."""
    session = opened(manual=True)
    session.begin_activity()
    session.send_audio(bytes(2))
    session.end_activity()
    assert [json.loads(frame)["realtimeInput"] for frame in session.data_to_send()] == [
        {"activityStart": {}},
        {"audio": {"mimeType": "audio/pcm;rate=16000", "data": "AAA="}},
        {"activityEnd": {}},
    ]


def test_marks_that_the_server_would_refuse_are_our_mistake() -> None:
    """Marks out of pairs, marks under the server's detection, and the end of the stream under manual activity."""
    automatic, manual = opened(), opened(manual=True)
    for mistake in (automatic.begin_activity, automatic.end_activity, manual.end_activity, manual.end_audio_stream):
        with pytest.raises(LocalProtocolError):
            mistake()
    manual.begin_activity()
    with pytest.raises(LocalProtocolError):
        manual.begin_activity()


def test_text_and_pauses_are_said() -> None:
    """Text goes as realtime input, the pause of the microphone as the end of the stream."""
    session = opened()
    session.send_text("what time is it")
    session.end_audio_stream()
    assert [json.loads(frame) for frame in session.data_to_send()] == [
        {"realtimeInput": {"text": "what time is it"}},
        {"realtimeInput": {"audioStreamEnd": True}},
    ]


def test_pitfall_30_several_fields_of_one_frame_come_in_the_right_order() -> None:
    """Tokens, interruption, transcripts, sound, ends: each field for itself, whatever their order in the frame."""
    frame = {
        "usageMetadata": {"promptTokenCount": 412, "responseTokenCount": 55, "totalTokenCount": 467},
        "serverContent": {
            "turnComplete": True,
            "generationComplete": True,
            "modelTurn": {"parts": [{"inlineData": {"mimeType": "audio/pcm;rate=24000", "data": "AAD//wEA"}}]},
            "outputTranscription": {"text": " Moving it"},
            "inputTranscription": {"text": "move it", "finished": True},
        },
    }
    assert opened().receive(json.dumps(frame).encode()) == [
        TokensUsed(total=467, prompt=412, response=55),
        HeardText("move it", final=True),
        SaidText(" Moving it"),
        ModelAudio(b"\0\0\xff\xff\1\0", 24_000),
        GenerationComplete(),
        TurnComplete(),
    ]


def test_calls_are_asked_together_and_answered_in_one_frame() -> None:
    """Parallel calls come as one event; their answers go in one frame (``live-protocol.md`` 13, pitfall 36)."""
    session = opened()
    calls = [FunctionCall(id="a", name="lamp"), FunctionCall(id="b", name="lamp", args={"on": False})]
    events = session.receive(encode(ServerMessage(tool_call=ToolCall(function_calls=tuple(calls)))))
    assert events == [ToolsAsked((Call("a", "lamp", {}), Call("b", "lamp", {"on": False})))]
    assert [call.id for call in session.open_calls] == ["a", "b"]
    session.respond([answer("b"), answer("a")])
    (frame,) = session.data_to_send()
    assert [each["id"] for each in json.loads(frame)["toolResponse"]["functionResponses"]] == ["b", "a"]
    assert session.open_calls == ()


def test_a_call_is_delivered_once() -> None:
    """An id seen before is not asked again: not in the same frame, nor later, nor after its answer."""
    session = opened()
    twice = '{"toolCall":{"functionCalls":[{"id":"c1","name":"lamp"},{"id":"c1","name":"lamp"}]}}'
    assert session.receive(twice) == [ToolsAsked((Call("c1", "lamp"),))]
    assert session.receive(twice) == []
    session.respond([answer()])
    assert session.receive(twice) == []
    session.respond([answer()])
    assert len(session.data_to_send()) == 1


def test_a_cancelled_call_is_not_answered() -> None:
    """After its cancellation the outcome of a call is no response any more; it is handed back, to be told as text."""
    session = opened()
    session.receive(ASKED)
    assert session.receive('{"toolCallCancellation":{"ids":["c1","unknown"]}}') == [CallsCancelled(("c1",))]
    assert session.respond([answer()]) == (answer(),)
    assert session.data_to_send() == []
    assert session.receive('{"toolCallCancellation":{"ids":["c1"]}}') == []


def test_an_outcome_from_another_connection_is_handed_back() -> None:
    """An answer to a call that this connection never asked for is returned, to be told as text."""
    session = opened()
    session.receive(ASKED)
    stranger = answer("from before")
    assert session.respond([stranger, answer()]) == (stranger,)
    (frame,) = session.data_to_send()
    assert "from before" not in frame


def test_an_outcome_that_json_cannot_hold_is_sent_all_the_same() -> None:
    """What a device reported can't break the session: not a number, or half a character."""
    session = opened()
    session.receive(ASKED)
    odd: dict[str, JsonValue] = {"temperature": float("nan"), "name": "a\ud83d", "ok": 1}
    session.respond([Answer(Call("c1", "lamp"), CallStatus.DONE, Scheduling.SILENT, odd)])
    (frame,) = session.data_to_send()
    sent = json.loads(frame)["toolResponse"]["functionResponses"][0]["response"]
    assert sent == {"temperature": None, "name": "a\ufffd", "ok": 1}


@pytest.mark.parametrize(
    ("update", "events"),
    [
        ('{"newHandle":"h","resumable":true}', [HandleIssued("h")]),
        ('{"newHandle":"h"}', []),
        ('{"newHandle":"","resumable":true}', []),
        ('{"resumable":true}', []),
        ("{}", []),
    ],
)
def test_pitfall_3_a_handle_counts_only_if_resumable_and_not_empty(update: str, events: list[HandleIssued]) -> None:
    """The other updates mean "not at this point" (``live-protocol.md`` 9)."""
    assert opened().receive(f'{{"sessionResumptionUpdate":{update}}}') == events


def test_going_away_says_how_long_is_left() -> None:
    """The duration comes in seconds; without one it is now."""
    assert opened().receive('{"goAway":{"timeLeft":"50s"}}') == [GoingAway(50.0)]
    assert opened().receive('{"goAway":{}}') == [GoingAway(0.0)]


def test_the_sister_clouds_word_for_response_tokens_counts() -> None:
    """The field candidatesTokenCount is taken where responseTokenCount is missing."""
    assert opened().receive('{"usageMetadata":{"candidatesTokenCount":5,"totalTokenCount":9}}') == [TokensUsed(9, 0, 5)]


@pytest.mark.parametrize(
    "frame", ["{}", '{"voiceActivity":{"type":"ACTIVITY_START"},"serverContent":{}}', '{"new":{}}']
)
def test_frames_that_mean_nothing_say_nothing(frame: str) -> None:
    """Empty frames and names that are not known are no events."""
    assert opened().receive(frame) == []


@pytest.mark.parametrize(
    "frame",
    ['{"serverContent":{"turnComplete":true}}', ASKED, "{", "[]"],
    ids=["content", "call", "broken", "no object"],
)
def test_a_server_that_speaks_before_the_session_is_open_breaks_the_protocol(frame: str) -> None:
    """Content or calls before setupComplete end the session, as does what can't be read."""
    session = new()
    session.data_to_send()
    with pytest.raises(RemoteProtocolError):
        session.receive(frame)
    assert session.state is State.CLOSED


def test_a_second_set_up_complete_breaks_the_protocol() -> None:
    """The session opens once; and not before it was asked for."""
    with pytest.raises(RemoteProtocolError):
        opened().receive('{"setupComplete":{}}')
    with pytest.raises(RemoteProtocolError):
        new().receive('{"setupComplete":{}}')


def test_a_call_without_an_id_breaks_the_protocol() -> None:
    """Such a call could never be answered."""
    with pytest.raises(RemoteProtocolError):
        opened().receive('{"toolCall":{"functionCalls":[{"name":"lamp"}]}}')


def test_an_error_message_counts_as_a_close() -> None:
    """It is the end of the connection, with code 1011 and the message as reason (``live-protocol.md`` 7)."""
    session = opened()
    with pytest.raises(LinkError) as caught:
        session.receive('{"error":{"code":13,"message":"Internal error encountered.","status":"INTERNAL"}}')
    assert (caught.value.code, caught.value.reason) == (1011, "Internal error encountered.")
    assert session.state is State.CLOSED


def test_a_closed_session_is_deaf_and_dumb() -> None:
    """After a breach nothing is heard and nothing is said any more, and nothing raises."""
    session = opened()
    session.receive(ASKED)
    with pytest.raises(RemoteProtocolError):
        session.receive("[")
    assert session.receive(ASKED) == []
    session.send_audio(bytes(2))
    session.send_text("hi")
    session.respond([answer()])
    assert session.data_to_send() == []


@pytest.mark.parametrize("state", State)
def test_every_state_can_break(state: State) -> None:
    """Whatever the state, a breach of the protocol leads to CLOSED."""
    assert TRANSITIONS[state][Step.BROKEN] is State.CLOSED


@given(st.lists(st.sampled_from(["{}", ASKED, '{"serverContent":{"interrupted":true}}', '{"goAway":1}']) | st.text()))
def test_no_frames_make_another_error(frames: list[str]) -> None:
    """Whatever comes in whatever order, there are events, or an error of the server's, and then silence."""
    session = opened()
    for frame in frames:
        try:
            session.receive(frame)
        except RemoteProtocolError:
            assert session.receive(ASKED) == []


def test_an_interruption_comes_before_what_it_cuts() -> None:
    """Sound in the frame of the interruption belongs to the dead turn, and is dropped."""
    session = opened()
    sound = '"modelTurn":{"parts":[{"inlineData":{"mimeType":"audio/pcm;rate=24000","data":"AAAA"}}]}'
    session.receive(f'{{"serverContent":{{{sound}}}}}')
    assert session.receive(f'{{"serverContent":{{{sound},"interrupted":true}}}}') == [Interrupted()]


@pytest.mark.parametrize(("calls", "taken"), [(64, True), (65, False)])
def test_a_frame_full_of_calls_is_refused(*, calls: int, taken: bool) -> None:
    """Each call costs an answer: a frame that asks for more than anybody could mean breaks the protocol."""
    session = opened()
    asked = tuple(FunctionCall(id=f"c{number}", name="lamp", args={}) for number in range(calls))
    frame = encode(ServerMessage(tool_call=ToolCall(function_calls=asked)))
    if taken:
        (event,) = session.receive(frame)
        assert isinstance(event, ToolsAsked)
        assert len(event.calls) == calls
    else:
        with pytest.raises(RemoteProtocolError, match="65 functions"):
            session.receive(frame)


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("key", ["id", "name"])
def test_a_call_whose_name_or_id_has_no_end_is_refused(key: str, over: int) -> None:
    """What could not be kept for the next hub breaks the protocol; no call is named so."""
    session = opened()
    frame = json.dumps({"toolCall": {"functionCalls": [{"id": "c1", "name": "lamp", key: "x" * (LONGEST + over)}]}})
    if over:
        with pytest.raises(RemoteProtocolError, match="more than 8192"):
            session.receive(frame)
    else:
        assert len(session.receive(frame)) == 1


@pytest.mark.parametrize("over", [0, 1])
def test_a_handle_that_has_no_end_is_passed_over(over: int) -> None:
    """What could not be kept for the next hub is none; the handle before it stays good."""
    update = {"newHandle": "x" * (LONGEST + over), "resumable": True}
    assert len(opened().receive(json.dumps({"sessionResumptionUpdate": update}))) == 1 - over
