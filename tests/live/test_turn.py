"""What becomes of serverContent over a turn."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.errors import RemoteProtocolError
from hubd.events import (
    Event,
    GenerationComplete,
    HeardText,
    Interrupted,
    ModelAudio,
    Next,
    SaidText,
    Shown,
    TurnComplete,
)
from hubd.exhibits import Program, ProgramResult, Source, Sources
from hubd.live import codec
from hubd.live.content import Blob, CodeExecutionResult, Content, ExecutableCode, Part
from hubd.live.messages import ServerContent, Transcription
from hubd.live.turn import Turn

PCM: Final = "audio/pcm;rate=24000"


def sound(data: bytes, mime_type: str = PCM, *, thought: bool = False) -> ServerContent:
    """Return content that holds one piece of sound."""
    return ServerContent(
        model_turn=Content(parts=(Part(inline_data=Blob(mime_type=mime_type, data=data), thought=thought),))
    )


def run(turn: Turn, *contents: ServerContent) -> list[Event]:
    """Return the events of contents that follow each other."""
    return [event for content in contents for event in turn.events(content)]


def test_a_plain_turn() -> None:
    """Sound, transcript and ends come out as they came in."""
    said = ServerContent(output_transcription=Transcription(text=" Done"))
    ends = (ServerContent(generation_complete=True), ServerContent(turn_complete=True))
    assert run(Turn(), sound(b"ab"), said, *ends) == [
        ModelAudio(b"ab", 24_000),
        SaidText(" Done"),
        GenerationComplete(),
        TurnComplete(),
    ]


def test_what_is_left_of_a_cut_turn_is_dropped_until_its_end() -> None:
    """From the interruption to turnComplete neither sound nor transcript comes out; the next turn is whole again."""
    turn = Turn()
    run(turn, sound(b"ab"))
    said = ServerContent(output_transcription=Transcription(text=" never heard"))
    assert run(turn, ServerContent(interrupted=True), sound(b"cd"), said) == [Interrupted()]
    assert run(turn, ServerContent(turn_complete=True), sound(b"ef")) == [TurnComplete(), ModelAudio(b"ef", 24_000)]


def test_the_person_is_heard_while_the_turn_is_cut() -> None:
    """The words that interrupt are not part of the dead turn."""
    turn = Turn()
    run(turn, sound(b"ab"), ServerContent(interrupted=True))
    heard = ServerContent(input_transcription=Transcription(text="stop"))
    assert run(turn, heard) == [HeardText("stop")]


def test_interruption_and_end_in_one_frame() -> None:
    """The cut turn is over at once, so that the next one is heard from its start."""
    turn = Turn()
    run(turn, sound(b"ab"))
    both = ServerContent(interrupted=True, turn_complete=True)
    assert run(turn, both, sound(b"cd")) == [Interrupted(), TurnComplete(), ModelAudio(b"cd", 24_000)]


def test_an_interruption_after_the_end_does_not_swallow_the_next_turn() -> None:
    """It is about sound still being played; no turnComplete follows it (``live-protocol.md`` 8.3)."""
    turn = Turn()
    run(turn, sound(b"ab"), ServerContent(turn_complete=True))
    assert run(turn, ServerContent(interrupted=True), sound(b"cd")) == [Interrupted(), ModelAudio(b"cd", 24_000)]


@given(st.binary(max_size=64), st.data())
def test_sound_is_whole_however_it_is_cut(pcm: bytes, data: st.DataObject) -> None:
    """A sample that is split over two frames is put together again."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(pcm)), max_size=6)))
    pieces = [pcm[start:end] for start, end in zip([0, *cuts], [*cuts, len(pcm)], strict=True)]
    events = run(Turn(), *(sound(piece) for piece in pieces))
    played = [event.pcm for event in events if isinstance(event, ModelAudio)]
    assert b"".join(played) == pcm[: len(pcm) // 2 * 2]
    assert all(played)
    assert all(len(piece) % 2 == 0 for piece in played)


def test_half_a_sample_does_not_outlive_its_turn() -> None:
    """The next turn starts with a sample of its own."""
    for end in (ServerContent(turn_complete=True), ServerContent(interrupted=True, turn_complete=True)):
        turn = Turn()
        run(turn, sound(b"abc"), end)
        assert run(turn, sound(b"de")) == [ModelAudio(b"de", 24_000)]


@pytest.mark.parametrize(
    ("mime_type", "rate"),
    [
        ("audio/pcm;rate=24000", 24_000),
        ("audio/pcm; rate=16000", 16_000),
        ("audio/pcm", 24_000),
        ("audio/pcm;channels=1;rate=48000", 48_000),
        ("AUDIO/PCM;RATE=8000", 8_000),
    ],
)
def test_the_rate_is_what_the_type_says(mime_type: str, rate: int) -> None:
    """Without one it is 24 kHz."""
    assert run(Turn(), sound(b"ab", mime_type)) == [ModelAudio(b"ab", rate)]


@pytest.mark.parametrize(
    "mime_type", ["audio/opus", "", "audio/pcm;rate=1", "audio/pcm;rate=0", "audio/pcm;rate=999999"]
)
def test_sound_that_cannot_be_played_breaks_the_protocol(mime_type: str) -> None:
    """What is no PCM, or has an absurd rate, is not given to the speaker as noise."""
    with pytest.raises(RemoteProtocolError):
        run(Turn(), sound(b"ab", mime_type))


def test_pictures_are_passed_over() -> None:
    """What a program has drawn ends no conversation, and is nothing to be played; the sound around it goes on."""
    halves = sound(b"a"), sound(b"\x89PNG\r", "image/png"), sound(b"b")
    assert run(Turn(), *halves) == [ModelAudio(b"ab", 24_000)]


def test_thoughts_are_not_spoken() -> None:
    """Neither a thought nor any other text part becomes something said; the transcript does."""
    parts = (Part(text="The user wants light.", thought=True), Part(text="Light."))
    assert run(Turn(), ServerContent(model_turn=Content(parts=parts)), sound(b"ab", thought=True)) == []


def test_a_finished_transcript_is_final() -> None:
    """A fragment is not final; finished is, even without text of its own; provisional text is left out."""
    contents = (
        ServerContent(interim_input_transcription=Transcription(text="turn of")),
        ServerContent(input_transcription=Transcription(text="turn")),
        ServerContent(input_transcription=Transcription(text=" off")),
        ServerContent(input_transcription=Transcription(finished=True)),
        ServerContent(input_transcription=Transcription()),
    )
    assert run(Turn(), *contents) == [HeardText("turn"), HeardText(" off"), HeardText("", final=True)]


CODE: Final = ExecutableCode(language="PYTHON", code="print(6 * 7)")


def parts(*several: Part) -> ServerContent:
    """Return content of these parts."""
    return ServerContent(model_turn=Content(parts=several))


def test_programs_are_shown() -> None:
    """Code and what came of it are there to be read, in the order of the parts, and nothing of them is spoken."""
    result = CodeExecutionResult(outcome="OUTCOME_OK", output="42\n")
    content = parts(Part(executable_code=CODE), Part(code_execution_result=result))
    assert run(Turn(), content) == [
        Shown(Program("python", "print(6 * 7)")),
        Shown(ProgramResult(ok=True, output="42\n")),
    ]


@pytest.mark.parametrize("outcome", ["OUTCOME_FAILED", "OUTCOME_DEADLINE_EXCEEDED", "OUTCOME_UNSPECIFIED", ""])
def test_a_program_that_failed(outcome: str) -> None:
    """Only OUTCOME_OK is success; what was printed comes along."""
    content = parts(Part(code_execution_result=CodeExecutionResult(outcome=outcome, output="ZeroDivisionError")))
    assert run(Turn(), content) == [Shown(ProgramResult(ok=False, output="ZeroDivisionError"))]


def test_a_program_in_a_thought_is_a_thought() -> None:
    """What is marked as a thought is neither spoken nor shown, whatever it holds."""
    assert run(Turn(), parts(Part(executable_code=CODE, thought=True))) == []


def test_a_cut_turn_shows_nothing_more() -> None:
    """What comes between interruption and turnComplete is void, programs with the rest."""
    turn = Turn()
    run(turn, sound(b"ab"))
    assert run(turn, ServerContent(interrupted=True), parts(Part(executable_code=CODE))) == [Interrupted()]


def wire(body: str) -> ServerContent:
    """Return the serverContent of a frame."""
    content = codec.decode_server(f'{{"serverContent":{body}}}').server_content
    assert content is not None
    return content


def test_pages_that_were_used_are_named() -> None:
    """Pages that Search found and pages that were fetched are sources, each once; what was not fetched is none."""
    content = wire(
        """{"groundingMetadata":{"webSearchQueries":["ferry"],"searchEntryPoint":{"renderedContent":"<div>"},
        "groundingChunks":[{"web":{"uri":"https://a.example/1","title":"a.example"}},{"maps":{}},{"web":{"title":"?"}},
        {"web":{"uri":"https://a.example/1","title":"a.example"}}],"groundingSupports":[{"segment":{"endIndex":5}}]},
        "urlContextMetadata":{"urlMetadata":[
        {"retrievedUrl":"https://b.example","urlRetrievalStatus":"URL_RETRIEVAL_STATUS_SUCCESS"},
        {"retrievedUrl":"https://c.example","urlRetrievalStatus":"URL_RETRIEVAL_STATUS_ERROR"}]}}"""
    )
    pages = (Source("a.example", "https://a.example/1"), Source("", "https://b.example"))
    assert run(Turn(), content) == [Shown(Sources(pages))]


@pytest.mark.parametrize(
    "metadata",
    [
        "{}",
        '{"groundingChunks":[]}',
        '{"webSearchQueries":["ferry"]}',
        '{"groundingChunks":{"web":1}}',
        '"yes"',
        "null",
    ],
)
def test_sources_that_say_nothing(metadata: str) -> None:
    """Without a page there is nothing to show, and sources that can't be read do not end the conversation."""
    content = wire(f'{{"groundingMetadata":{metadata},"outputTranscription":{{"text":"At nine."}}}}')
    assert run(Turn(), content) == [SaidText("At nine.")]


def test_an_answer_in_text() -> None:
    """Where the model answers in text, its parts are what it says; thoughts are not."""
    parts = (Part(text="The user wants light.", thought=True), Part(text="The light"), Part(text=" is on."))
    content = ServerContent(model_turn=Content(parts=parts), turn_complete=True)
    assert run(Turn(as_text=True), content) == [SaidText("The light"), SaidText(" is on."), TurnComplete()]


@pytest.mark.parametrize(
    ("within", "beside", "following"),
    [
        ("", "", Next.PERSON),
        ("IDLE", "IDLE", Next.PERSON),
        ("IN_PROGRESS", "", Next.MODEL),
        ("", "IN_PROGRESS", Next.MODEL),
    ],
)
def test_a_turn_that_is_not_the_last(within: str, beside: str, following: Next) -> None:
    """A model that works on says so within serverContent or beside it (``live-protocol.md`` 14)."""
    content = ServerContent(turn_complete=True, interaction_status=within)
    assert list(Turn().events(content, beside)) == [TurnComplete(following)]
