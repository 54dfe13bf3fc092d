from __future__ import annotations

import json
from itertools import pairwise

import pytest

from hubd.offline.effects import Break, Close, HoldPongs, Hush
from hubd.simulator.sound import speech
from tests.offline.hosting import audio, kinds
from tests.simulator.staging import Frame, Staged, spoken

LAMP = 'turn 1:\n  call set_light {"device": "office lights", "on": true}\n'
GARAGE = 'turn 1:\n  call open_garage_door\n  say "It is open." for 1s\n'
STORY = '\nturn 2:\n  say "A long story." for 20s\n'
ABORTED = Close(1008, "The operation was aborted.")


def test_a_turn_follows_its_block() -> None:
    """The n-th turn of a conversation does what its block says; others are completed without a word."""
    stage = Staged('turn 2:\n  say "Second." for 1s\notherwise:\n  say "Other {turn}." for 1s')
    stage.open()
    assert spoken(stage.say("a")) == "Other 1."
    assert kinds(stage.after(1.0)) == ["turnComplete"]
    assert spoken(stage.say("b")) == "Second."
    silent = Staged("")
    silent.open()
    assert kinds(silent.say("a")) == ["generationComplete", "turnComplete"]


def test_pitfall_5_a_function_without_a_behavior() -> None:
    """A model of old waits for its outcome, one of today goes on."""
    for model, waits in (("gemini-2.5-flash-native-audio-preview-12-2025", True), ("gemini-3.8-live", False)):
        stage = Staged("turn 1:\n  call f")
        stage.open(model=f"models/{model}", tools=[{"functionDeclarations": [{"name": "f"}]}])
        assert ("turnComplete" not in kinds(stage.say("a"))) is waits


def test_words_choose_the_block_and_are_not_counted() -> None:
    """A block with words fits typed text as well as sound that carries its words."""
    stage = Staged('words "garage":\n  say "Garage." for 1s\nturn 1:\n  say "First." for 1s')
    stage.open(realtimeInputConfig={"automaticActivityDetection": {"disabled": True}})
    assert spoken(stage.say("open the GARAGE")) == "Garage."
    stage.after(1.0)
    stage({"realtimeInput": {"activityStart": {}}})
    stage(audio(b"\1\0" * 400 + speech("the garage again", 16_000)))
    sent = stage({"realtimeInput": {"activityEnd": {}}})
    assert sent[0] == {"serverContent": {"inputTranscription": {"text": "the garage again", "finished": True}}}
    assert spoken(sent) == "Garage."
    stage.after(1.0)
    assert spoken(stage.say("hello")) == "First."
    assert [(turn.number, turn.words) for turn in stage.visit.turns] == [
        (1, "open the GARAGE"),
        (1, "the garage again"),
        (1, "hello"),
    ]


def test_a_turn_may_hold_all_that_a_model_sends() -> None:
    """Thoughts, text, programs, their results, what a search found, words of the user's: each in its frame."""
    stage = Staged("""
        turn 1:
          hear "what is the weather"
          think "hm"
          text "A table."
          code "print(1)"
          result "1"
          result "no such file" failed
          search "weather" found "https://weather.example" "Weather" found "https://b.example"
          say "It rains." for 400ms
        """)
    stage.open()
    contents = [frame["serverContent"] for frame in stage.say("a") if "serverContent" in frame]
    parts = [part for content in contents for part in content.get("modelTurn", {}).get("parts", ())]
    assert contents[0] == {"inputTranscription": {"text": "what is the weather", "finished": True}}
    assert parts[:5] == [
        {"text": "hm", "thought": True},
        {"text": "A table."},
        {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_FAILED", "output": "no such file"}},
    ]
    assert contents[6]["groundingMetadata"] == {
        "groundingChunks": [
            {"web": {"uri": "https://weather.example", "title": "Weather"}},
            {"web": {"uri": "https://b.example"}},
        ],
        "webSearchQueries": ["weather"],
    }
    # Words and sound of one piece share a frame; the words that follow lead with their space.
    assert [content["outputTranscription"]["text"] for content in contents[7:9]] == ["It", " rains."]
    assert all("inlineData" in part for part in parts[5:])


def test_the_work_shows() -> None:
    """Before the first word: not resumable, then an empty frame; after turnComplete a fresh handle (7, 9)."""
    stage = Staged('turn 1:\n  say "Yes." for 1s')
    stage.open()
    first = stage.handle
    assert stage.say("a")[:2] == [{"sessionResumptionUpdate": {}}, {}]
    (complete, update) = stage.after(1.0)
    assert complete["serverContent"] == {"turnComplete": True}
    assert update["sessionResumptionUpdate"]["newHandle"] not in ("", first)


def test_parallel_calls_share_a_frame() -> None:
    """Each call has an id of its own, in order over all connections; what was not declared does not block."""
    stage = Staged(
        'turn 1:\n  call set_light {"device": "x"}\n  also no_such_function\n  call set_light {"device": "x"}'
    )
    stage.open()
    frames = [frame["toolCall"]["functionCalls"] for frame in stage.say("a") if "toolCall" in frame]
    args = {"device": "x"}
    assert frames == [
        [{"id": "call_1", "name": "set_light", "args": args}, {"id": "call_2", "name": "no_such_function"}],
        [{"id": "call_3", "name": "set_light", "args": args}],
    ]


def test_a_blocking_call_holds_the_turn() -> None:
    """Silence until it is answered, then the rest of the turn; the outcome's own words are not said too (8.4)."""
    stage = Staged(GARAGE)
    stage.open()
    assert kinds(stage.say("a")) == ["toolCall"]
    assert stage.after(100.0) == []
    sent = stage.answer(1, "SILENT", message="Done.")
    assert spoken(sent) == "It is open."
    assert kinds(stage.after(1.0)) == ["turnComplete"]
    assert [answer.taken for answer in stage.visit.answers] == [True]


@pytest.mark.parametrize("block", ["", '\nanswer set_light:\n  say "{answer}"'])
def test_an_outcome_is_said_by_its_scheduling(block: str) -> None:
    """SILENT says nothing, WHEN_IDLE waits for the end of the turn, INTERRUPT does not (8.4)."""
    for scheduling, now, later in (("SILENT", "", ""), ("WHEN_IDLE", "", "Lit."), ("INTERRUPT", "Lit.", "")):
        stage = Staged(LAMP + STORY + block)
        stage.open()
        stage.say("a")
        stage.act('say "A long story." for 20s')
        sent = stage.answer(1, scheduling, message="Lit.")
        assert spoken(sent) == now
        assert ("interrupted" in kinds(sent)) is (scheduling == "INTERRUPT")
        assert spoken(stage.after(30.0)) == later


def test_what_interrupts_is_said_first() -> None:
    """An INTERRUPT outcome goes before those that wait for a pause; one more does not cut it short (8.4)."""
    stage = Staged(LAMP + "  also set_heater\n")
    stage.open()
    stage.say("a")
    stage.act('say "A long story." for 20s')
    stage.answer(1, "WHEN_IDLE", message="Lit.")
    sent = stage.answer(2, "INTERRUPT", message="Broken!")
    assert spoken(sent).startswith("Broken!")
    assert spoken(sent + stage.after(30.0)).count("Lit.") == 1


def test_speech_adds_up() -> None:
    """The turn is complete when all of it has played."""
    stage = Staged('turn 1:\n  say "One." for 2s\n  say "Two." for 2s')
    stage.open()
    stage.say("a")
    assert stage.after(3.9) == []
    assert kinds(stage.after(0.1)) == ["turnComplete"]


def test_a_blocking_call_has_one_answer() -> None:
    """More answers mean nothing for a function that blocks (5)."""
    stage = Staged(GARAGE)
    stage.open()
    stage.say("a")
    assert spoken(stage.answer(1, more=True)) == "It is open."
    stage.answer(1)
    assert [answer.taken for answer in stage.visit.answers] == [True, False]


def test_what_was_interrupted_is_not_said_later() -> None:
    """An outcome that waited for the other BLOCKING calls of its turn is gone with the turn."""
    stage = Staged("otherwise:\n  call open_garage_door\n  also close_garage_door\n")
    stage.open()
    stage.say("a")
    stage.answer(1, message="Old.")
    stage.say("b")
    stage.answer(3, message="Open.")
    assert spoken(stage.answer(4, message="Shut.")) == "Open. Shut."


def test_a_call_that_goes_on_stays_open() -> None:
    """With willContinue more answers are taken; after the last, none (5)."""
    stage = Staged(LAMP)
    stage.open()
    stage.say("a")
    stage.answer(1, "SILENT", more=True, message="On its way.")
    assert spoken(stage.answer(1, message="Lit.")) == "Lit."
    stage.answer(1, message="Again.")
    assert [answer.taken for answer in stage.visit.answers] == [True, True, False]


def test_the_user_interrupts() -> None:
    """interrupted, toolCallCancellation, turnComplete; no generationComplete; late answers are ignored (8.3)."""
    stage = Staged(LAMP + '  say "A long story." for 20s')
    stage.open()
    stage.say("a")
    sent = stage.say("stop")
    assert kinds(sent)[:3] == ["interrupted", "toolCallCancellation", "turnComplete"]
    assert stage.answer(1, "INTERRUPT", message="Lit.") == []
    assert [answer.taken for answer in stage.visit.answers] == [False]


def test_text_within_an_activity_is_not_answered() -> None:
    """Between the client's marks text is only remembered (4)."""
    stage = Staged('otherwise:\n  say "Yes." for 1s')
    stage.open(realtimeInputConfig={"automaticActivityDetection": {"disabled": True}})
    stage({"realtimeInput": {"activityStart": {}}})
    assert stage.say("hello") == []
    assert kinds(stage({"realtimeInput": {"activityEnd": {}}})) == ["generationComplete", "turnComplete"]
    assert spoken(stage.say("hello")) == "Yes."


def test_calls_are_cancelled_and_repeated() -> None:
    """By script: open calls, answered ones, of one function; and the same frame once more."""
    stage = Staged(LAMP + "  also set_heater\n")
    stage.open()
    stage.say("a")
    stage.answer(2, "SILENT")
    assert stage.act("cancel answered") == [{"toolCallCancellation": {"ids": ["call_2"]}}]
    (again,) = stage.act("again")
    assert [call["id"] for call in again["toolCall"]["functionCalls"]] == ["call_1", "call_2"]
    assert stage.act("cancel set_heater") == []
    assert stage.act("cancel set_light") == [{"toolCallCancellation": {"ids": ["call_1"]}}]
    assert stage.act("cancel") == []
    assert len(stage.visit.calls) == 2


def test_a_cancelled_blocking_call_frees_the_turn() -> None:
    """Once nothing blocks any more, the turn goes on."""
    stage = Staged(GARAGE)
    stage.open()
    stage.say("a")
    assert spoken(stage.act("cancel")) == "It is open."


def test_a_turn_may_break_off_by_itself() -> None:
    """An interruption comes without a user too; in a pause there is nothing to complete (pitfall 26)."""
    stage = Staged('turn 1:\n  say "A long" for 9s\n  interrupt\n  say "story."')
    stage.open()
    sent = stage.say("a")
    assert spoken(sent) == "A long"
    assert kinds(sent)[-2:] == ["interrupted", "turnComplete"]
    assert kinds(stage.act("interrupt")) == ["interrupted"]
    assert stage.after(20.0) == []


def test_the_end_of_a_turn_may_be_lost() -> None:
    """No turnComplete, and no handle; the next turn is as any other (pitfall 28)."""
    stage = Staged('turn 1:\n  lose turn-complete\n  say "Yes." for 1s\nturn 2:\n  say "Two." for 1s')
    stage.open()
    assert kinds(stage.say("a"))[-1] == "generationComplete"
    assert stage.after(60.0) == []
    stage.say("b")
    assert kinds(stage.after(1.0)) == ["turnComplete"]


def test_a_pause_is_part_of_the_turn() -> None:
    """While the model lets time pass nothing is said, and the user may interrupt."""
    stage = Staged('turn 1:\n  say "One." for 1s\n  wait 5s\n  say "Two." for 1s')
    stage.open()
    assert spoken(stage.say("a")) == "One."
    assert stage.after(4.9) == []
    assert spoken(stage.after(0.2)) == " Two."
    other = Staged('turn 1:\n  wait 5s\n  say "Two."')
    other.open()
    other.say("a")
    assert kinds(other.say("b"))[:2] == ["interrupted", "turnComplete"]
    assert other.after(10.0) == []


@pytest.mark.parametrize(
    ("then", "ending"),
    [
        ("", ABORTED),
        (" then close 1008", ABORTED),
        (" then close 1011", Close(1011, "Internal error encountered.")),
        (' then close 1011 "Deadline expired"', Close(1011, "Deadline expired")),
        (" then silence", Hush()),
    ],
)
def test_the_end_is_announced(then: str, ending: object) -> None:
    """GoAway comes with any time left, then the end in any way, whatever goes on meanwhile (8.5)."""
    stage = Staged(f'after 9m:\n  goaway 50s{then}\nturn 1:\n  say "Yes." for 60s')
    stage.open()
    assert stage.after(539.0) == []
    stage.say("a")
    assert stage.after(1.0) == [{"goAway": {"timeLeft": "50s"}}]
    assert stage.after(49.9) == []
    assert stage.ended == []
    stage.after(0.1)
    assert stage.ended == [ending]
    assert stage.say("b") == []


def test_idle_clients_are_sent_away() -> None:
    """So long after the client's last frame, whatever the model says, without a goAway (10)."""
    stage = Staged('idle 150s\notherwise:\n  say "A long story." for 149s')
    stage.open()
    stage.after(100.0)
    stage.say("a")
    stage.after(149.9)
    assert stage.ended == []
    stage.after(0.1)
    assert stage.ended == [ABORTED]


@pytest.mark.parametrize(
    ("step", "ending"),
    [("close 1007", Close(1007, "Request contains an invalid argument.")), ("drop", Break()), ("silence", Hush())],
)
def test_a_connection_ends_in_mid_turn(step: str, ending: object) -> None:
    """Whatever was to follow is not sent."""
    stage = Staged(f'turn 1:\n  say "One." for 1s\n  {step}\n  say "Two."')
    stage.open()
    assert spoken(stage.say("a")) == "One."
    assert stage.ended == [ending]
    assert stage.after(10.0) == []


def test_pongs_may_be_late() -> None:
    """Reading stops for a while, in any state (10)."""
    stage = Staged("turn 1:\n  pongs late 20s")
    stage.open()
    stage.say("a")
    assert stage.ended == [HoldPongs(20.0)]
    assert kinds(stage.say("b"))[-1] == "turnComplete"


def test_a_set_up_may_go_unanswered() -> None:
    """By connection: no setupComplete, a late one, or a close instead (pitfall 19)."""
    stage = Staged("connection 1:\n  no setup-complete\nconnection 2:\n  wait 3s\nconnection 3..4:\n  close 1011")
    assert stage.open() == []
    assert stage.after(600.0) == []
    assert stage.open() == []
    assert kinds(stage.after(3.0)) == ["setupComplete"]
    for _ in range(2):
        assert stage.open() == []
        assert stage.ended == [Close(1011, "Internal error encountered.")]
    assert kinds(stage.open()) == ["setupComplete"]


def test_nothing_may_be_said_before_the_set_up_is_complete() -> None:
    """Input between setup and setupComplete closes with 1008 (8.1)."""
    stage = Staged("every connection:\n  wait 3s")
    stage.open()
    stage.say("a")
    assert stage.ended == [Close(1008, "Operation is not implemented, or supported, or enabled.")]


def test_a_model_may_speak_first() -> None:
    """By the clock it says what nobody asked for, as a turn of its own."""
    stage = Staged('after 1s:\n  say "Hello." for 1s')
    stage.open()
    assert spoken(stage.after(1.0)) == "Hello."
    assert kinds(stage.after(1.0)) == ["turnComplete"]


def test_handles_restore_the_conversation() -> None:
    """Turns are counted on from where the handle was issued, what was said is known (9)."""
    stage = Staged('otherwise:\n  say "Turn {turn} of {turns}: {first}, {last}, {words}." for 1s')
    stage.open()
    old = stage.handle
    stage.say("one")
    stage.after(1.0)
    handle = stage.handle
    stage.open(sessionResumption={"handle": handle})
    assert spoken(stage.say("two")) == "Turn 2 of 1: one, one, two."
    second = Staged.beside(stage)
    second.open(sessionResumption={"handle": handle})
    assert second.ended == [Close(1011, "Internal error encountered.")]
    stage.after(1.0)
    stage.open(sessionResumption={"handle": old})
    assert spoken(stage.say("three")) == "Turn 1 of 0: nothing, nothing, three."
    assert stage.director.record.handles == [handle, handle, old]


@pytest.mark.parametrize(
    ("wrong", "ending"),
    [
        ("forget handles", Close(1008, "Requested entity was not found.")),
        ("expire handles", Close(1008, "BidiGenerateContent session expired.")),
    ],
)
def test_handles_die(wrong: str, ending: Close) -> None:
    """They are forgotten or expire by script, with the service's wordings (9)."""
    stage = Staged(f"connection 2:\n  {wrong}")
    stage.open()
    stage.open(sessionResumption={"handle": stage.handle})
    assert stage.ended == [ending]
    assert stage.visit.refusal is not None


def test_handles_expire_with_time() -> None:
    """Two hours after the last connection, or as the script has it."""
    stage = Staged("handles last 10m")
    stage.open()
    handle = stage.handle
    stage.leave()
    stage.now += 600.1
    stage.open(sessionResumption={"handle": handle})
    assert stage.ended == [Close(1008, "BidiGenerateContent session expired.")]


def test_a_handle_is_of_one_model() -> None:
    """All but the model may differ when a conversation goes on (9)."""
    stage = Staged("model gemini-next")
    stage.open()
    handle = {"handle": stage.handle}
    stage.open(sessionResumption=handle, model="models/gemini-next")
    assert stage.ended == [Close(1007, "Request contains an invalid argument.")]
    stage.open(sessionResumption=handle, tools=[], systemInstruction={"parts": [{"text": "Be brief."}]})
    assert stage.ended == []
    assert stage.visit.resumed


def test_no_handle_works_after_1007() -> None:
    """After a 1007 inside the session every resume fails with 1011 (9)."""
    stage = Staged("")
    stage.open()
    handle = stage.handle
    stage({"realtimeInput": {"volume": 11}})
    stage.open(sessionResumption={"handle": handle})
    assert stage.ended == [Close(1011, "The service is currently unavailable.")]


def test_compression_shows_in_the_prompt_alone() -> None:
    """Beyond the trigger the oldest turns go; the system instruction stays (3.3)."""
    stage = Staged('otherwise:\n  say "Yes, {turns}." for 1s')
    stage.open(
        systemInstruction={"parts": [{"text": "x" * 400}]},
        contextWindowCompression={"triggerTokens": "1000", "slidingWindow": {"targetTokens": "500"}},
    )
    prompts = []
    for _ in range(20):
        stage.say("y" * 400)
        (complete, _) = stage.after(1.0)
        prompts.append(complete["usageMetadata"]["promptTokenCount"])
    assert prompts[0] == 200
    assert max(prompts) <= 1100
    assert min(prompts[10:]) >= 200
    assert any(later < earlier for earlier, later in pairwise(prompts))


def test_voice_activity_is_told_beside_the_union() -> None:
    """3.8 echoes the client's marks, in frames that hold an empty serverContent too (7)."""
    stage = Staged("voice activity")
    stage.open(realtimeInputConfig={"automaticActivityDetection": {"disabled": True}})
    mark = {"voiceActivity": {"type": "ACTIVITY_START"}, "serverContent": {}}
    assert stage({"realtimeInput": {"activityStart": {}}}) == [mark]
    ended = stage({"realtimeInput": {"activityEnd": {}}})
    assert {"voiceActivity": {"type": "ACTIVITY_END"}, "serverContent": {}} in ended


def test_fields_from_the_future() -> None:
    """With strange fields each frame has some that nobody knows, at its root and in its content."""
    stage = Staged('strange fields\nturn 1:\n  say "Yes." for 1s')
    (complete, *_) = stage.open()
    assert complete == {"fromTheFuture": {"list": [1, None, "x"], "flag": True}, "setupComplete": {}}
    frames = [frame["serverContent"] for frame in stage.say("a") if "serverContent" in frame]
    assert all("fromTheFuture" in content for content in frames)


def test_a_script_sends_broken_frames_too() -> None:
    """What no client could read is sent as it stands; calls in it are not on record."""
    stage = Staged('turn 1:\n  frame {"toolCall": {"functionCalls": [{"id": "a", "name": "f", "args": [1]}]}}')
    stage.open()
    assert kinds(stage.say("a"))[0] == "toolCall"
    assert stage.visit.calls == []


def test_any_frame_can_be_sent() -> None:
    """An empty one, one with an error, one of another day."""
    stage = Staged('turn 1:\n  empty\n  frame {"error": {"code": 13}}')
    stage.open()
    assert stage.say("a")[:2] == [{}, {"error": {"code": 13}}]


def test_a_script_runs_the_same_each_time() -> None:
    """Two runs send the same frames, but for the handles."""

    def run() -> list[Frame]:
        stage = Staged(LAMP + STORY)
        stage.open()
        stage.say("a")
        stage.answer(1, message="Lit.")
        stage.after(5.0)
        stage.say("b")
        stage.after(30.0)
        return [frame for frame in stage.sent if "newHandle" not in json.dumps(frame)]

    assert run() == run()
