from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.offline.effects import Close
from hubd.offline.interpreter import NOT_UNDERSTOOD
from hubd.offline.memory import Handles
from tests.offline.hosting import SPEECH, TURN, Driven, Frame, answer, audio, kinds, set_up, sound, tool_response

MANUAL = {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}


def driven(**more: object) -> Driven:
    """Return a host that is set up, its first frames forgotten."""
    host = Driven()
    host(set_up(**more))
    host.sent.clear()
    return host


def test_a_set_up_is_completed() -> None:
    """The answer is setupComplete, then a handle; the grammar is made of the declarations."""
    host = Driven()
    first, second = host(set_up())
    assert first == {"setupComplete": {}}
    assert second["sessionResumptionUpdate"]["resumable"] is True
    assert second["sessionResumptionUpdate"]["newHandle"]
    assert "kitchen" in host.prepared[0].grammar.words


def test_without_asking_there_are_no_handles() -> None:
    """Handles go to clients that want them (``live-protocol.md`` 9)."""
    host = Driven()
    assert host({"setup": {"model": "models/x"}}) == [{"setupComplete": {}}]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ("{", "Invalid JSON payload received."),
        (b"\xff", "Invalid JSON payload received."),
        ({"setup": {"model": "models/x", "modle": 1}}, "Unknown name \"modle\" at 'setup': Cannot find field."),
        ({"setup": {"model": 3}}, "Invalid value at 'setup.model'"),
        ({"setup": {"model": "gemini"}}, "models/<id> is wanted"),
        ({"setup": {"model": "models/x"}, "toolResponse": {}}, "is already set"),
        (
            {"setup": {"model": "models/x", "generationConfig": {"responseModalities": ["TEXT"]}}},
            "The requested combination of response modalities",
        ),
        ({"realtimeInput": {"text": "hello"}}, "setup must be the first message"),
    ],
)
def test_a_broken_first_frame_closes(frame: Frame | str | bytes, reason: str) -> None:
    """Whatever the service would not take ends the connection with 1007 and its wording."""
    host = Driven()
    assert host(frame) == []
    assert host.closed is not None
    assert host.closed.code == 1007
    assert reason in host.closed.reason
    assert host(set_up()) == []


@pytest.mark.parametrize(
    "frame",
    [
        set_up(),
        {"realtimeInput": {"activityStart": {}}},
        {"realtimeInput": {"activityEnd": {}}},
        {"realtimeInput": {"audio": {"mimeType": "audio/pcm;rate=7999", "data": ""}}},
        {"realtimeInput": {"audio": {"mimeType": "audio/mp3", "data": ""}}},
        {"realtimeInput": {"volume": 3}},
        {"clientContent": {"turns": [{"role": "system", "parts": [{"text": "x"}]}]}},
        {"clientContent": {"turns": [{"role": "user", "parts": [{"functionCall": {}}]}]}},
        {"toolResponse": {"functionResponses": [{"id": "1", "name": "x", "response": "done"}]}},
    ],
)
def test_a_broken_frame_closes(frame: Frame) -> None:
    """After the set-up the rules are as strict (``live-protocol.md`` 2, 4, 8.1)."""
    host = driven()
    host(frame)
    assert host.closed is not None
    assert host.closed.code == 1007


def test_calls_are_no_history() -> None:
    """A functionCall or functionResponse in a history closes with 1007 (``live-protocol.md`` 13, pitfall 14)."""
    for part in ({"functionCall": {"name": "x"}}, {"function_response": {"name": "x"}}):
        host = driven()
        host({"clientContent": {"turns": [{"role": "model", "parts": [part]}]}})
        assert host.closed == Close(1007, "Request contains an invalid argument.")


def test_the_end_of_a_stream_needs_automatic_detection() -> None:
    """Under manual activity marks audioStreamEnd is forbidden."""
    host = driven(**MANUAL)
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert host.closed is not None
    assert host.closed.code == 1007


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_random_frames_close_and_nothing_else(frame: bytes | str) -> None:
    """Whatever arrives, the host does not fall over."""
    for host in (Driven(), driven()):
        host(frame)
        assert host.sent == []


def test_a_spoken_turn() -> None:
    """Speech is cut out, recognised, transcribed, called; the result is ready before the silence is over."""
    host = driven()
    host(audio(SPEECH + sound((0.4, 0))))
    (wanted,) = host.recognises
    assert wanted.pcm in TURN + SPEECH
    assert host.words("turn on the kitchen lights") == []
    sent = host(audio(sound((0.6, 0))))
    assert kinds(sent) == ["inputTranscription", "toolCall", "generationComplete", "turnComplete"]
    assert sent[0]["serverContent"]["inputTranscription"] == {"text": "turn on the kitchen lights", "finished": True}
    (call,) = sent[1]["toolCall"]["functionCalls"]
    assert (call["name"], call["args"]) == ("set_light", {"device": "kitchen lights", "on": True})
    assert len(host.recognises) == 1


def test_the_wake_word_is_not_part_of_what_was_said() -> None:
    """The rest of it that is still in the sound does not show in the transcript."""
    host = driven()
    host(audio(TURN))
    sent = host.words("hey jarvis turn off the lights")
    assert sent[0]["serverContent"]["inputTranscription"]["text"] == "turn off the lights"


def test_words_that_come_late_are_waited_for() -> None:
    """On a slow computer the turn is over before its words are known."""
    host = driven()
    assert host(audio(TURN)) == []
    assert "toolCall" in kinds(host.words("turn on the lights"))


def test_words_of_an_unfinished_turn_are_forgotten() -> None:
    """Whoever goes on after a pause is recognised as a whole; the guess for the first half counts no more."""
    host = driven()
    host(audio(SPEECH + sound((0.4, 0))))
    host.words("turn on the lights")
    host(audio(sound((1.0, 3000), (0.4, 0))))
    assert host(audio(sound((0.6, 0)))) == []
    assert host.words("goodbye", number=1) == []
    sent = host.words("turn on the lights and open the garage door", number=2)
    assert [call["name"] for call in sent[1]["toolCall"]["functionCalls"]] == ["turn_on_the_lights", "open_garage_door"]


def test_a_request_is_done_though_the_next_began() -> None:
    """On a busy machine the words of a turn come when the user speaks again: the call is made all the same."""
    host = driven()
    assert host(audio(TURN)) == []
    assert host(audio(sound((1.0, 3000), (0.4, 0)))) == []
    assert [wanted.instead_of for wanted in host.recognises] == [0, 0]
    assert kinds(host.words("turn on the lights", number=1)) == ["inputTranscription", "toolCall"]
    host.words("open the garage door", number=2)
    sent = host(audio(sound((0.6, 0))))
    assert [call["name"] for call in sent[1]["toolCall"]["functionCalls"]] == ["open_garage_door"]


def test_what_was_not_understood_is_said_in_the_next_pause() -> None:
    """A turn that fits nothing is answered when the user has finished the next one."""
    host = driven()
    host(audio(TURN))
    host(audio(sound((1.0, 3000), (0.4, 0))))
    assert host.words(None, number=1) == []
    host.words("turn on the lights", number=2)
    assert "toolCall" in kinds(host(audio(sound((0.6, 0)))))
    assert [speak.text for speak in host.speaks] == [NOT_UNDERSTOOD]


def test_only_a_guess_is_replaced() -> None:
    """The words of a turn that goes on are asked for anew, instead of those up to its pause."""
    host = driven()
    host(audio(SPEECH + sound((0.4, 0))))
    host(audio(sound((1.0, 3000), (1.0, 0))))
    assert [wanted.instead_of for wanted in host.recognises] == [0, 1]


def test_who_can_not_keep_up_says_so() -> None:
    """A recogniser that answers nothing is not given more and more to do: the fifth turn is not understood."""
    host = driven()
    for _ in range(4):
        assert host(audio(TURN)) == []
    assert host.speaks == []
    host(audio(TURN))
    assert [speak.text for speak in host.speaks] == [NOT_UNDERSTOOD]


@pytest.mark.parametrize(
    ("reply", "called"),
    [("yes please", ["open_garage_door"]), ("no", []), ("turn off the lights", ["turn_off_the_lights"])],
)
def test_a_question_is_answered(reply: str, called: list[str]) -> None:
    """A call that wants a confirmation is made again upon a yes that follows at once, and never else."""
    host = driven()
    (call,) = host.asked("open the garage door")
    question = answer(call, "WHEN_IDLE", message="Shall I open the garage door?", confirm="Ask the user.")
    host(tool_response(question))
    assert [speak.text for speak in host.speaks] == ["Shall I open the garage door?"]
    host.voice()
    host.after(2.0)
    again = host.asked(reply)
    assert [each["name"] for each in again] == called
    assert call["id"] not in {each["id"] for each in again}
    assert not [each for each in host.asked("yes") if each["name"] == "open_garage_door"]


@pytest.mark.parametrize("reply", ["yes please", "no"])
def test_an_answer_to_somebody_elses_question_is_passed_on(reply: str) -> None:
    """The client may have asked by itself: it hears what was said, and that there is no more to come."""
    host = driven()
    host(audio(TURN))
    sent = host.words(reply)
    assert kinds(sent) == ["inputTranscription", "generationComplete", "turnComplete"]
    assert sent[0]["serverContent"]["inputTranscription"]["text"] == reply
    assert host.speaks == []


def test_speech_that_fits_nothing_is_not_forced() -> None:
    """It is answered, nothing is called, and no words are claimed to have been heard."""
    host = driven()
    host(audio(TURN))
    sent = host.words(None)
    assert kinds(sent) == ["outputTranscription"]
    assert host.speaks[-1].text == NOT_UNDERSTOOD
    assert kinds(host.voice()) == ["audio", "generationComplete"]
    assert kinds(host.after(1.0)) == ["turnComplete"]


@pytest.mark.parametrize("words", [None, "hey jarvis"])
def test_a_cough_or_a_rest_of_the_wake_word_is_no_turn(words: str | None) -> None:
    """The sound begins at about the wake word's end: what is left of it asks for nothing."""
    host = driven()
    host(audio(sound((1.0, 0), (0.3, 3000), (1.0, 0))))
    assert host.words(words) == []
    assert host.speaks == []


def test_a_whole_wake_word_first_is_no_turn() -> None:
    """A conversation may begin with the wake word itself, misheard; later as much speech gets its answer."""
    host = driven()
    host(audio(sound((1.0, 0), (0.8, 3000), (1.0, 0))))
    assert host.words(None) == []
    host(audio(sound((0.8, 3000), (1.0, 0))))
    host.words(None)
    assert [speak.text for speak in host.speaks] == [NOT_UNDERSTOOD]


def test_the_users_marks_make_a_turn() -> None:
    """With manual activity the answer follows activityEnd, and sound outside the marks is dropped."""
    host = driven(**MANUAL)
    host(audio(TURN))
    assert host.recognises == []
    host({"realtimeInput": {"activityStart": {}}})
    host(audio(SPEECH + sound((0.4, 0))))
    host.words("goodbye")
    sent = host({"realtimeInput": {"activityEnd": {}}})
    assert kinds(sent)[:2] == ["inputTranscription", "toolCall"]


def test_an_empty_activity_is_completed() -> None:
    """A client that marks its turns is told when one has no answer."""
    host = driven(**MANUAL)
    host({"realtimeInput": {"activityStart": {}}})
    assert kinds(host({"realtimeInput": {"activityEnd": {}}})) == ["generationComplete", "turnComplete"]


def test_the_end_of_the_stream_flushes() -> None:
    """A stream that ends, ends a turn at once."""
    host = driven()
    host(audio(SPEECH))
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert "toolCall" in kinds(host.words("turn off the lights"))


def test_text_is_understood_as_speech_is() -> None:
    """realtimeInput.text goes the same way, without sound; what is not understood is answered."""
    host = driven()
    assert [call["name"] for call in host.asked("Turn on the kitchen lights, please!")] == ["set_light"]
    assert host.asked("Is the moon made of cheese?") == []
    assert host.speaks[-1].text == NOT_UNDERSTOOD


def test_client_content_is_answered_when_it_is_complete() -> None:
    """Complete turns are answered; others are only remembered, and so is a seed."""
    turns = [{"role": "model", "parts": [{"text": "Hello."}]}, {"role": "user", "parts": [{"text": "goodbye"}]}]
    host = driven()
    assert host({"clientContent": {"turns": turns}}) == []
    assert kinds(host({"clientContent": {"turns": turns, "turnComplete": True}}))[:1] == ["toolCall"]
    seeded = driven(historyConfig={"initialHistoryInClientContent": True})
    assert seeded({"clientContent": {"turns": turns, "turnComplete": True}}) == []
    assert kinds(seeded({"clientContent": {"turns": turns, "turnComplete": True}}))[:1] == ["toolCall"]


def test_a_handle_resumes_the_conversation() -> None:
    """What was said counts on, once the first connection is gone: the prompt of the resumed session holds it."""
    handles = Handles()
    first = Driven(handles)
    first(set_up())
    first.asked("turn on the kitchen lights please " * 20)
    handle = [frame["sessionResumptionUpdate"] for frame in first.sent if "sessionResumptionUpdate" in frame]
    first.voice()
    first.after(1.0)
    newest = first.sent[-1]["sessionResumptionUpdate"]["newHandle"]
    refused = Driven(handles)
    refused(set_up(sessionResumption={"handle": newest}))
    assert refused.closed == Close(1011, "Internal error encountered.")
    first.host.lost(first.now)
    second = Driven(handles)
    assert kinds(second(set_up(sessionResumption={"handle": newest}))) == ["setupComplete"]
    second.asked("goodbye")
    usage = [frame["usageMetadata"] for frame in second.sent if "usageMetadata" in frame]
    assert usage[0]["promptTokenCount"] > 150
    assert handle


def test_an_unknown_handle_is_refused() -> None:
    """The wording is the service's (``live-protocol.md`` 9)."""
    host = Driven()
    assert host(set_up(sessionResumption={"handle": "nobody knows"})) == []
    assert host.closed is not None
    assert (host.closed.code, host.closed.reason) == (1008, "Requested entity was not found.")


def test_compression_shows_in_the_prompt() -> None:
    """Beyond the trigger the context shrinks, visible only in promptTokenCount."""
    rule = {"triggerTokens": "300", "slidingWindow": {"targetTokens": "100"}}
    host = driven(contextWindowCompression=rule)
    prompts = []
    for _ in range(12):
        host({"realtimeInput": {"text": "goodbye " * 40}})
        host.voice()
        host.after(1.0)
        prompts.append(next(frame for frame in reversed(host.sent) if "usageMetadata" in frame)["usageMetadata"])
    counts = [usage["promptTokenCount"] for usage in prompts]
    assert max(counts) < 500
    assert any(later < earlier for earlier, later in pairwise(counts))
