from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Woke
from hubd.wake import FRAME_MS, FRAME_SAMPLES, LAG_MS, Noticed, WakeGate, WakeWord

FRAME_SECONDS = FRAME_MS / 1000

frames = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()),
    max_size=120,
)
words = st.builds(
    WakeWord,
    name=st.just("hey_jarvis"),
    threshold=st.floats(0.1, 1),
    patience=st.integers(1, 4),
    threshold_while_speaking=st.floats(0.1, 1),
    patience_while_speaking=st.integers(1, 4),
    refractory=st.floats(0.1, 4),
)


def woke_of(noticed: Sequence[Noticed]) -> Woke | None:
    """Return the wake among what a gate noticed; there is at most one."""
    woken = [one for one in noticed if isinstance(one, Woke)]
    assert len(woken) <= 1
    return woken[0] if woken else None


def wake(gate: WakeGate, scores: Sequence[float], *, speaking: bool = False, start: int = 0) -> list[Woke | None]:
    """Feed one word's scores, one every 80 ms, from frame start on."""
    return [
        woke_of(
            gate.feed(
                {"hey_jarvis": score},
                (start + index + 1) * FRAME_SAMPLES,
                (start + index) * FRAME_SECONDS,
                speaking=speaking,
            )
        )
        for index, score in enumerate(scores)
    ]


def gate_of(**options: float) -> WakeGate:
    """Return a gate for hey_jarvis with these options."""
    return WakeGate([WakeWord("hey_jarvis", **options)])  # type: ignore[arg-type]  # some options are whole numbers


class TestThreshold:
    def test_score_at_threshold_wakes(self) -> None:
        """A score equal to the threshold is enough, and is passed on with the word's name."""
        woke = wake(gate_of(), [0.49, 0.5])
        assert woke[0] is None
        assert woke[1] is not None
        assert (woke[1].model, woke[1].score) == ("hey_jarvis", 0.5)

    def test_unknown_words_do_not_wake(self) -> None:
        """Scores of words that were not asked for are passed over."""
        assert gate_of().feed({"alexa": 1.0}, FRAME_SAMPLES, 0.0, speaking=False) == ()

    def test_not_a_number_does_not_wake(self) -> None:
        """A broken model's NaN wakes nothing."""
        assert wake(gate_of(), [float("nan")] * 3) == [None] * 3

    def test_highest_score_wins(self) -> None:
        """Of two words at once one wakes, the better one, and keeps the other quiet."""
        gate = WakeGate([WakeWord("alexa"), WakeWord("hey_jarvis")])
        woke = woke_of(gate.feed({"alexa": 0.7, "hey_jarvis": 0.9}, 50_000, 0.0, speaking=False))
        assert woke is not None
        assert woke.model == "hey_jarvis"
        assert gate.feed({"alexa": 0.9, "hey_jarvis": 0.1}, 51_280, 0.08, speaking=False) == ()


class TestPatience:
    def test_counts_consecutive_frames(self) -> None:
        """Patience 3 needs three frames in a row; a dip starts anew."""
        woke = wake(gate_of(patience=3), [0.9, 0.9, 0.1, 0.9, 0.9, 0.9])
        assert [one is not None for one in woke] == [False] * 5 + [True]

    def test_missing_score_starts_anew(self) -> None:
        """A frame without a score, as after lost sound, breaks the row."""
        gate = gate_of(patience=2)
        assert wake(gate, [0.9]) == [None]
        assert gate.feed({}, 2 * FRAME_SAMPLES, 0.08, speaking=False) == ()
        assert wake(gate, [0.9], start=2) == [None]

    @pytest.mark.parametrize("option", ["patience", "patience_while_speaking"])
    def test_at_least_one(self, option: str) -> None:
        """A patience below one frame is refused."""
        with pytest.raises(ValueError, match="patience"):
            gate_of(**{option: 0})


class TestEnd:
    def test_end_lies_a_lag_before_the_decision(self) -> None:
        """The end of the wake word is the position less the lag of the model, and end_ms says how much that is."""
        woke = woke_of(gate_of().feed({"hey_jarvis": 0.9}, 80_000, 0.0, speaking=False))
        assert woke is not None
        assert woke.end_ms == LAG_MS
        assert woke.end == 80_000 - LAG_MS * 16

    def test_patience_makes_the_end_older(self) -> None:
        """Frames that were waited for count into the age of the wake word's end."""
        woke = wake(gate_of(patience=3), [0.9] * 3, start=100)[-1]
        assert woke is not None
        assert woke.end_ms == LAG_MS + 160

    def test_end_is_never_before_the_start(self) -> None:
        """A wake right after start ends at 0, not before."""
        woke = wake(gate_of(), [0.9])[0]
        assert woke is not None
        assert woke.end == 0


class TestSpeaking:
    def test_needs_two_frames_by_default(self) -> None:
        """While the hub speaks one frame over the threshold is not enough, two are."""
        assert [one is not None for one in wake(gate_of(), [0.9, 0.9], speaking=True)] == [False, True]

    def test_bar_is_never_lower_than_otherwise(self) -> None:
        """A strict word stays strict while the hub speaks, whatever its other bar says."""
        assert wake(gate_of(threshold=0.8, threshold_while_speaking=0.3), [0.7] * 9, speaking=True) == [None] * 9

    def test_bar_holds_as_long_as_scores_speak_of_it(self) -> None:
        """Just after the hub spoke, the scores are still about its voice; later they are not."""
        gate = gate_of(threshold_while_speaking=0.9)
        assert wake(gate, [0.1], speaking=True) == [None]
        assert wake(gate, [0.8] * 8, start=1) == [None] * 8
        assert wake(gate, [0.8], start=9)[0] is not None


@given(word=words, frames=frames)
def test_never_two_within_refractory(word: WakeWord, frames: list[tuple[float, float, bool, bool]]) -> None:
    """Whatever the scores, two wakes are never closer than the refractory period of the first."""
    gate = WakeGate([word, WakeWord("alexa", refractory=word.refractory)])
    times = [
        index * FRAME_SECONDS
        for index, (jarvis, alexa, speaking, muted) in enumerate(frames)
        if woke_of(
            gate.feed(
                {"hey_jarvis": jarvis, "alexa": alexa},
                (index + 1) * FRAME_SAMPLES,
                index * FRAME_SECONDS,
                speaking=speaking,
                muted=muted,
            )
        )
    ]
    assert all(later - earlier >= word.refractory for earlier, later in itertools.pairwise(times))


@given(word=words, frames=frames)
def test_wakes_only_over_the_bar(word: WakeWord, frames: list[tuple[float, float, bool, bool]]) -> None:
    """Every wake had its row of scores at or over the bar in force, all of them heard while not muted."""
    gate = WakeGate([word])
    for index, (score, _, speaking, muted) in enumerate(frames):
        moment = ({"hey_jarvis": score}, (index + 1) * FRAME_SAMPLES, index * FRAME_SECONDS)
        woke = woke_of(gate.feed(*moment, speaking=speaking, muted=muted))
        if woke is None:
            continue
        threshold, patience = word.bar(speaking=speaking)
        row = frames[max(0, index + 1 - patience) : index + 1]
        assert len(row) == patience
        assert all(score >= threshold and not muted for score, _, _, muted in row)
        assert 0 <= woke.end <= (index + 1) * FRAME_SAMPLES


@given(frames=frames)
def test_never_while_muted(frames: list[tuple[float, float, bool, bool]]) -> None:
    """While muted nothing wakes, whatever the scores."""
    gate = gate_of(threshold=0.0)
    assert not any(
        gate.feed({"hey_jarvis": score}, FRAME_SAMPLES * index, index * FRAME_SECONDS, speaking=speaking, muted=True)
        for index, (score, _, speaking, _) in enumerate(frames)
    )


@given(frames=frames)
def test_speaking_wakes_no_more_than_silence(frames: list[tuple[float, float, bool, bool]]) -> None:
    """What does not wake a silent hub does not wake a speaking one."""
    word = WakeWord("hey_jarvis", refractory=0.0, patience=2, threshold_while_speaking=0.2)
    silent, speaking = WakeGate([word]), WakeGate([word])
    for index, (score, _, _, _) in enumerate(frames):
        moment = ({"hey_jarvis": score}, (index + 1) * FRAME_SAMPLES, index * FRAME_SECONDS)
        spoke, silence = speaking.feed(*moment, speaking=True), silent.feed(*moment, speaking=False)
        assert woke_of(silence) or not woke_of(spoke)


def test_other_bars_while_it_listens() -> None:
    """They count from the next frame on; what woke a moment ago still keeps others from it; a word may be gone."""
    gate = gate_of()
    assert not any(wake(gate, [0.4, 0.4]))
    gate.adopt([WakeWord("hey_jarvis", threshold=0.3)])
    assert wake(gate, [0.4], start=2)[0] is not None
    gate.adopt([WakeWord("hey_jarvis", threshold=0.2)])
    assert not any(wake(gate, [0.9] * 10, start=3))
    gate.adopt([WakeWord("alexa")])
    assert not any(wake(gate, [0.9] * 60, start=13))
