from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.speech import Edge, EdgeKind, NoiseFloor, SpeechDetector

RATE = 16_000
FRAME = 320


def sound(*parts: tuple[float, float], noise: float = 10, seed: int = 1) -> bytes:
    """Return white sound: (seconds, level) one after the other, over a room with so much noise."""
    source = np.random.default_rng(seed)
    pieces = [source.normal(0, np.hypot(level, noise), int(seconds * RATE)) for seconds, level in parts]
    return np.clip(np.concatenate(pieces), -32768, 32767).astype("<i2").tobytes()


def edges(detector: SpeechDetector, pcm: bytes) -> list[Edge]:
    """Feed sound in frames; return what came of it."""
    found = [detector.feed(pcm[at : at + 2 * FRAME]) for at in range(0, len(pcm) - 2 * FRAME + 1, 2 * FRAME)]
    return list(itertools.chain.from_iterable(found))


def test_floor_follows_block_by_block() -> None:
    """The floor is the lowest level of the blocks remembered, unknown at first; what is older no longer counts."""
    floor, found = NoiseFloor(block=2, blocks=3, known_after=2), []
    for level in (5, 3, 4, 9, 8, 7, 6, 6, 9, 9, 1):
        floor.follow(level)
        found.append((floor.lowest, floor.middle))
    nothing = (None, None)
    assert found == [nothing, nothing, nothing, (3, 4), (3, 4), (3, 4), (3, 4), (4, 6), (4, 6), (6, 7), (6, 7)]


@pytest.mark.parametrize("noise", [0, 10, 50, 200])
def test_speech_is_found_where_it_is(noise: float) -> None:
    """Both edges lie within two frames of the truth, in a silent room as in a loud one."""
    pcm = sound((2.0, 0), (1.0, 3000), (1.5, 0), noise=noise)
    began, ended = [edge for edge in edges(SpeechDetector(), pcm) if edge.position > RATE]
    assert began.kind is EdgeKind.BEGAN
    assert abs(began.position - 2 * RATE) <= 2 * FRAME
    assert ended.kind is EdgeKind.ENDED
    assert abs(ended.position - 3 * RATE) <= 2 * FRAME


def test_speech_at_the_very_start_is_found() -> None:
    """A stream may begin in the middle of a word: the detector needs no silence first."""
    began, ended = edges(SpeechDetector(), sound((0.8, 3000), (1.0, 0)))
    assert began == Edge(EdgeKind.BEGAN, 0)
    assert abs(ended.position - 0.8 * RATE) <= 2 * FRAME


def test_a_pause_within_a_sentence_is_no_end() -> None:
    """Silence shorter than silence_ms belongs to the utterance, and quiet_ms tells how long it lasts."""
    detector = SpeechDetector(silence_ms=700)
    assert [edge.kind for edge in edges(detector, sound((1.0, 0), (0.5, 3000), (0.5, 0)))] == [EdgeKind.BEGAN]
    assert detector.speaking
    assert 460 <= detector.quiet_ms <= 520
    assert edges(detector, sound((0.5, 3000))) == []
    assert detector.quiet_ms == 0
    assert [edge.kind for edge in edges(detector, sound((1.0, 0)))] == [EdgeKind.ENDED]
    assert detector.quiet_ms == 0


def test_a_click_is_no_speech() -> None:
    """What is shorter than onset_ms begins nothing."""
    assert edges(SpeechDetector(onset_ms=60), sound((1.0, 0), (0.03, 9000), (1.0, 0))) == []


def test_a_hum_that_starts_becomes_the_room() -> None:
    """A fan that is switched on is taken for speech for some seconds at most, then its hum is the floor."""
    detector = SpeechDetector()
    edges(detector, sound((2.0, 0), (6.0, 400)))
    assert not detector.speaking
    found = edges(detector, sound((1.0, 5000), (1.0, 0), noise=400))
    assert [edge.kind for edge in found] == [EdgeKind.BEGAN, EdgeKind.ENDED]


@pytest.mark.parametrize("value", [0, 1, -20_000, 32_767])
def test_a_constant_is_silence(value: int) -> None:
    """Neither digital silence nor a microphone's offset is speech."""
    assert edges(SpeechDetector(), np.full(3 * RATE, value, "<i2").tobytes()) == []


def test_a_frame_has_one_size() -> None:
    """A part of a frame would put every position in the wrong place."""
    with pytest.raises(ValueError, match="640 bytes, and 1918 are no whole number"):
        SpeechDetector().feed(bytes(1918))


@pytest.mark.parametrize("frames", [2, 4, 75])
def test_frames_in_one_go(frames: int) -> None:
    """Several frames at once are what they are one by one."""
    pcm = sound((1.0, 0), (0.5, 3000), (1.5, 0), (1.0, 2000), (2.0, 0))
    size = frames * 2 * FRAME
    together = SpeechDetector()
    found = [edge for at in range(0, len(pcm), size) for edge in together.feed(pcm[at : at + size])]
    assert found == edges(SpeechDetector(), pcm)
    assert len(found) >= 2


@given(
    st.lists(
        st.tuples(st.floats(0.1, 1.2), st.sampled_from([0.0, 100.0, 2000.0, 20_000.0])),
        min_size=1,
        max_size=6,
    )
)
def test_edges_take_turns(parts: list[tuple[float, float]]) -> None:
    """Whatever is heard, a beginning is followed by an end, and no position is before the one before."""
    found = edges(SpeechDetector(), sound(*parts))
    assert [edge.kind for edge in found] == [(EdgeKind.BEGAN, EdgeKind.ENDED)[at % 2] for at in range(len(found))]
    positions = [edge.position for edge in found]
    assert positions == sorted(positions)
