from __future__ import annotations

import base64

import pytest

from tests.offline.hosting import SECOND, SPEECH, Driven, Frame, answer, audio, kinds, set_up, tool_response

LAMP = "turn on the kitchen lights"
GARAGE = "open the garage door"


@pytest.fixture
def host() -> Driven:
    """Return a host that is set up."""
    host = Driven()
    host(set_up())
    return host


def spoken(frames: list[Frame]) -> list[str]:
    """Return what is said, by the transcripts."""
    return [
        frame["serverContent"]["outputTranscription"]["text"]
        for frame in frames
        if "outputTranscription" in frame.get("serverContent", {})
    ]


def lamp(host: Driven) -> Frame:
    """Ask for a NON_BLOCKING call; return it."""
    (call,) = host.asked(LAMP)
    return call


def test_a_silent_outcome_is_not_spoken(host: Driven) -> None:
    """SILENT is knowledge, no more: all that follows is a handle that holds it."""
    (update,) = host(tool_response(answer(lamp(host), "SILENT", message="It is on.")))
    assert update["sessionResumptionUpdate"]["resumable"] is True
    assert host.speaks == []


@pytest.mark.parametrize("scheduling", ["WHEN_IDLE", "INTERRUPT", None])
def test_an_outcome_is_spoken_when_nobody_speaks(host: Driven, scheduling: str | None) -> None:
    """Both words speak now in a pause, as a turn of its own; without one it is WHEN_IDLE."""
    call = lamp(host)
    sent = host(tool_response(answer(call, scheduling, message="It is on.")))
    assert spoken(sent) == ["It is on."]
    assert kinds(host.voice()) == ["audio", "generationComplete"]
    assert kinds(host.after(1.0)) == ["turnComplete"]


def test_scheduling_inside_the_response_means_nothing(host: Driven) -> None:
    """Only the sibling of response counts (``live-protocol.md`` 5)."""
    outcome = answer(lamp(host), message="It is on.")
    outcome["response"]["scheduling"] = "SILENT"
    assert spoken(host(tool_response(outcome))) == ["It is on."]


def test_when_idle_waits_for_the_model_to_finish(host: Driven) -> None:
    """While the model speaks, the outcome waits for the end of the turn."""
    first, second = lamp(host), lamp(host)
    host(tool_response(answer(first, "WHEN_IDLE", message="First.")))
    host.voice()
    assert host(tool_response(answer(second, "WHEN_IDLE", message="Second."))) == []
    assert host.after(0.9) == []
    sent = host.after(0.1)
    assert kinds(sent) == ["turnComplete", "outputTranscription"]
    assert spoken(sent) == ["Second."]


def test_interrupt_stops_the_model(host: Driven) -> None:
    """The running turn is interrupted and completed, without generationComplete, then the outcome is spoken."""
    first, second = lamp(host), lamp(host)
    third = lamp(host)
    host(tool_response(answer(first, "WHEN_IDLE", message="First.")))
    host.voice()
    sent = host(tool_response(answer(second, "INTERRUPT", message="Second.")))
    assert kinds(sent) == ["interrupted", "turnComplete", "outputTranscription"]
    assert spoken(sent) == ["Second."]
    host.voice()
    host.after(1.0)
    assert spoken(host(tool_response(answer(third, "WHEN_IDLE", message="Third.")))) == ["Third."]


def test_interrupt_stops_a_sentence_that_is_not_spoken_yet(host: Driven) -> None:
    """Speech that comes for a sentence which was interrupted is thrown away."""
    first, second = lamp(host), lamp(host)
    host(tool_response(answer(first, "WHEN_IDLE", message="First.")))
    stale = host.speaks[-1].number
    host(tool_response(answer(second, "INTERRUPT", message="Second.")))
    assert host.voice(number=stale) == []
    assert kinds(host.voice()) == ["audio", "generationComplete"]


@pytest.mark.parametrize("scheduling", ["WHEN_IDLE", "INTERRUPT"])
def test_nobody_talks_over_the_user(host: Driven, scheduling: str) -> None:
    """While the user speaks an outcome waits, until the user's turn was answered or has come to nothing."""
    call = lamp(host)
    host(audio(SPEECH))
    assert host(tool_response(answer(call, scheduling, message="It is on."))) == []
    host({"realtimeInput": {"audioStreamEnd": True}})
    sent = host.words("turn on the lights")
    assert kinds(sent) == [
        "inputTranscription",
        "toolCall",
        "generationComplete",
        "turnComplete",
        "outputTranscription",
    ]


def test_outcomes_that_come_together_are_said_together(host: Driven) -> None:
    """Two devices in one frame make one sentence each, the same sentence once."""
    one, two, three = host.asked(f"{LAMP} and turn off the office lights and turn on the coffee machine")
    answers = [answer(one, message="Done."), answer(two, message="Done."), answer(three, message="Coffee is coming.")]
    assert spoken(host(tool_response(*answers))) == ["Done. Coffee is coming."]


def test_urgent_outcomes_are_said_first_in_their_order(host: Driven) -> None:
    """INTERRUPT goes before WHEN_IDLE; of two that came together the later is said last: it is how things are now."""
    one, two, three = host.asked(f"turn on the coffee machine and {LAMP} and turn off the kitchen lights")
    answers = [
        answer(one, "WHEN_IDLE", message="Coffee is coming."),
        answer(two, "INTERRUPT", message="The light is on."),
        answer(three, "INTERRUPT", message="The light is off."),
    ]
    assert spoken(host(tool_response(*answers))) == ["The light is on. The light is off. Coffee is coming."]


def test_a_call_that_goes_on_is_answered_again(host: Driven) -> None:
    """An answer with willContinue keeps it open; the last closes it, and later ones are not considered."""
    call = lamp(host)
    host(tool_response(answer(call, "SILENT", more=True, message="Soon.")))
    assert spoken(host(tool_response(answer(call, message="Now.")))) == ["Now."]
    host.voice()
    host.after(1.0)
    assert host(tool_response(answer(call, message="Again."))) == []


def test_an_unknown_answer_is_ignored(host: Driven) -> None:
    """A call of another connection can't be answered here (``live-protocol.md`` 8.5)."""
    assert host(tool_response(answer({"id": "call_1", "name": "set_light"}, "INTERRUPT", message="x"))) == []
    assert host.closed is None


def test_a_blocking_call_holds_the_turn(host: Driven) -> None:
    """Nothing is said or completed until every BLOCKING call is answered; scheduling has no effect."""
    garage, light = host.asked(f"{GARAGE} and turn off the lights")
    assert "turnComplete" not in kinds(host.sent)
    assert host(tool_response(answer(light, "WHEN_IDLE", message="The lights are off."))) == []
    sent = host(tool_response(answer(garage, "SILENT", message="The garage is open.")))
    assert spoken(sent) == ["The garage is open."]
    host.voice()
    assert spoken(host.after(1.0)) == ["The lights are off."]


def test_a_blocking_call_without_words_ends_the_turn(host: Driven) -> None:
    """An outcome that says nothing completes the turn all the same."""
    (garage,) = host.asked(GARAGE)
    assert kinds(host(tool_response(answer(garage)))) == ["generationComplete", "turnComplete"]


def test_the_user_frees_a_blocked_turn(host: Driven) -> None:
    """A barge-in cancels the open call, whose late answer is ignored."""
    (garage,) = host.asked(GARAGE)
    sent = host(audio(SPEECH))
    assert kinds(sent) == ["interrupted", "toolCallCancellation", "turnComplete"]
    assert sent[1]["toolCallCancellation"]["ids"] == [garage["id"]]
    assert host(tool_response(answer(garage, message="Open."))) == []
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert host.words("hey jarvis") == []


def test_the_user_cuts_the_model_short(host: Driven) -> None:
    """While the model speaks: interrupted, open calls cancelled, turnComplete, no generationComplete any more."""
    first, second = lamp(host), lamp(host)
    host(tool_response(answer(first, message="A long story.")))
    host.voice(SECOND * 10)
    host.sent.clear()
    sent = host(audio(SPEECH))
    assert kinds(sent) == ["interrupted", "toolCallCancellation", "turnComplete"]
    assert sent[1]["toolCallCancellation"]["ids"] == [second["id"]]
    assert host.after(20.0) == []
    assert host(tool_response(answer(second, "INTERRUPT", message="x"))) == []
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert host.words("hey jarvis") == []


def test_text_cuts_the_model_short_too(host: Driven) -> None:
    """Written words are user activity."""
    host(tool_response(answer(lamp(host), message="A long story.")))
    host.voice(SECOND * 10)
    assert kinds(host({"realtimeInput": {"text": "goodbye"}}))[:3] == ["interrupted", "turnComplete", "toolCall"]


def test_a_client_may_forbid_interruption() -> None:
    """With NO_INTERRUPTION the model finishes; what the user said meanwhile is called at once, answered afterwards."""
    host = Driven()
    host(set_up(realtimeInputConfig={"activityHandling": "NO_INTERRUPTION"}))
    host(tool_response(answer(lamp(host), message="A long story.")))
    host.voice(SECOND * 10)
    assert host(audio(SPEECH)) == []
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert kinds(host.words("turn on the lights")) == ["inputTranscription", "toolCall"]
    host(audio(SPEECH))
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert kinds(host.words("set the heater to ninety")) == ["inputTranscription"]
    assert spoken(host.after(10.0)) == ["The temperature can be from 5 to 30."]


def test_speech_is_sent_at_once_and_completed_when_it_has_played(host: Driven) -> None:
    """All samples come in order, much faster than real time; turnComplete waits for the playback time."""
    pcm = bytes(range(256)) * 500
    host(tool_response(answer(lamp(host), message="Hello.")))
    sent = host.voice(pcm)
    parts = [frame["serverContent"]["modelTurn"]["parts"][0]["inlineData"] for frame in sent[:-1]]
    assert b"".join(base64.b64decode(part["data"]) for part in parts) == pcm
    assert {part["mimeType"] for part in parts} == {"audio/pcm;rate=24000"}
    assert host.host.deadline == pytest.approx(host.now + len(pcm) / 48_000)
    usage = host.after(len(pcm) / 48_000)[0]["usageMetadata"]
    assert usage["responseTokenCount"] == round(25 * len(pcm) / 48_000)
    assert usage["responseTokensDetails"] == [{"modality": "AUDIO", "tokenCount": usage["responseTokenCount"]}]
    assert usage["totalTokenCount"] == usage["promptTokenCount"] + usage["responseTokenCount"]


def test_a_voice_that_fails_is_a_silent_turn(host: Driven) -> None:
    """Without sound the transcript and the ends still come."""
    host(tool_response(answer(lamp(host), message="Hello.")))
    assert kinds(host.voice(b"")) == ["generationComplete", "turnComplete"]


def test_handles_come_between_turns(host: Driven) -> None:
    """While a call is open, or the model speaks, nothing can be resumed: that goes over the wire as an empty update."""
    host.sent.clear()
    host(tool_response(answer(lamp(host), message="Hello.")))
    host.voice()
    host.after(1.0)
    updates = [frame["sessionResumptionUpdate"] for frame in host.sent if "sessionResumptionUpdate" in frame]
    assert [update.get("resumable", False) for update in updates] == [False, False, True]
    assert updates[:2] == [{}, {}]


def test_transcripts_are_for_those_who_ask() -> None:
    """Without outputAudioTranscription there is sound alone; without inputAudioTranscription no words of the user."""
    host = Driven()
    host(set_up(inputAudioTranscription=None, outputAudioTranscription=None))
    host(audio(SPEECH))
    host({"realtimeInput": {"audioStreamEnd": True}})
    assert kinds(host.words("set the heater to ninety")) == []
    assert host.speaks
