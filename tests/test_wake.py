from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.events import Woke
from hubd.hunches import FellBack, Rising
from hubd.reports import NearMissReport
from hubd.rises import BAR, BAR_AT_THE_BEGINNING
from hubd.wake import FRAME_MS, FRAME_SAMPLES, LAG_MS, NEAR_MISS_PAUSE, Noticed, WakeGate, WakeWord

FRAME_SECONDS = FRAME_MS / 1000

frames = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 1), st.booleans(), st.booleans()),
    max_size=120,
)
# Scores about the bars that matter, each for a while.
rough_frames = st.lists(
    st.tuples(
        st.tuples(
            st.sampled_from((0.0, BAR / 2, BAR, 0.3, 0.9)),
            st.sampled_from((0.0, 0.0, 0.2, 0.4, 0.7)),
            st.booleans(),
            st.sampled_from((False, False, False, True)),
        ),
        st.integers(1, 9),
    ),
    max_size=20,
).map(lambda runs: [frame for frame, length in runs for _ in range(length)])
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


def notice(
    gate: WakeGate, scores: Sequence[float], *, speaking: bool = False, start: int = 0
) -> dict[int, list[Noticed]]:
    """Feed one word's scores, one every 80 ms, from frame start on; return what was noticed, by frame."""
    told = {
        index: gate.feed({"hey_jarvis": score}, (index + 1) * FRAME_SAMPLES, index * FRAME_SECONDS, speaking=speaking)
        for index, score in enumerate(scores, start)
    }
    return {index: list(noticed) for index, noticed in told.items() if noticed}


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


class TestRising:
    def test_told_once_as_it_begins(self) -> None:
        """A score that begins to rise is told once; that it fell back, as soon as it has been low for a while."""
        assert notice(gate_of(), [0.0, 0.2, 0.2, *[0.0] * 8]) == {1: [Rising("hey_jarvis")], 9: [FellBack()]}

    def test_as_somebody_begins_to_speak(self) -> None:
        """Then far less of a score is a rise."""
        for beginning, noticed in ((False, ()), (True, (Rising("hey_jarvis"),))):
            scores = {"hey_jarvis": BAR_AT_THE_BEGINNING}
            assert gate_of().feed(scores, FRAME_SAMPLES, 0.0, speaking=False, beginning=beginning) == noticed

    def test_a_wake_is_its_end(self) -> None:
        """What rose and woke did not fall back, whatever the word's tail scores."""
        noticed = notice(gate_of(), [0.2, 0.4, 0.9, 0.4, 0.2, *[0.0] * 30])
        assert list(noticed) == [0, 2]
        assert isinstance(noticed[2][0], Woke)

    def test_a_word_that_wakes_at_once_does_not_rise_before(self) -> None:
        """There is nothing to be had from a head start of nothing."""
        assert [type(one) for one in notice(gate_of(), [0.9, *[0.0] * 30])[0]] == [Woke]

    def test_not_within_the_refractory_period(self) -> None:
        """What rises while nothing can wake is passed over to its end, a rise after it is not."""
        gate = gate_of(refractory=1.0)
        assert list(notice(gate, [0.9, *[0.0] * 9, *[0.4] * 5])) == [0]
        assert list(notice(gate, [*[0.0] * 7, 0.2], start=15)) == [22]

    def test_the_next_rise_after_a_wake_without_one(self) -> None:
        """A threshold below the bar of rises wakes without a rise, and hides no later one."""
        low = BAR / 2
        gate = gate_of(threshold=low, patience=9, refractory=0.0)
        assert [type(one) for one in notice(gate, [low] * 9)[8]] == [Woke]
        assert notice(gate, [0.0, 0.2], start=9) == {10: [Rising("hey_jarvis")]}

    def test_muting_ends_it(self) -> None:
        """Whoever prepared for a wake learns at once that none will come."""
        gate = gate_of()
        notice(gate, [0.4])
        muted = gate.feed({"hey_jarvis": 0.4}, 2 * FRAME_SAMPLES, 0.08, speaking=False, muted=True)
        assert muted == (FellBack(),)
        assert gate.feed({"hey_jarvis": 0.4}, 3 * FRAME_SAMPLES, 0.16, speaking=False, muted=True) == ()


class TestNearMiss:
    def test_told_at_its_end_with_its_peak(self) -> None:
        """Once for each rise, with the highest score and the threshold that it did not reach."""
        noticed = notice(gate_of(threshold=0.6), [0.2, 0.3, 0.4561, 0.3, *[0.0] * 7])
        assert noticed[10] == [FellBack(), NearMissReport("hey_jarvis", 0.456, 0.6)]

    @pytest.mark.parametrize(("near_miss", "told"), [(0.3, True), (0.31, False), (0.0, True), (1.0, False)])
    def test_from_its_own_bar_on(self, near_miss: float, *, told: bool) -> None:
        """A rise whose peak is below the bar of near misses is no news."""
        gate = WakeGate([WakeWord("hey_jarvis")], near_miss)
        assert (NearMissReport("hey_jarvis", 0.3, 0.5) in notice(gate, [0.3, *[0.0] * 9])[7]) is told

    def test_high_but_too_short_is_one(self) -> None:
        """A word that wants patience can be missed above its threshold."""
        noticed = notice(gate_of(patience=3), [0.9, 0.9, *[0.0] * 9])
        assert noticed[8] == [FellBack(), NearMissReport("hey_jarvis", 0.9, 0.5)]

    def test_while_the_hub_speaks_by_the_bar_in_force_then(self) -> None:
        """The threshold is that of the peak, though the hub fell silent since."""
        gate = gate_of(threshold_while_speaking=0.8)
        notice(gate, [0.6, 0.6], speaking=True)
        assert notice(gate, [0.0] * 12, start=2)[8] == [FellBack(), NearMissReport("hey_jarvis", 0.6, 0.8)]

    def test_a_storm_is_told_slowly(self) -> None:
        """Of one rise after the other one is told in a while; the hunches go on."""
        told = notice(gate_of(), [0.3, *[0.0] * 7] * 100)
        misses = [index for index, one in told.items() if any(isinstance(each, NearMissReport) for each in one)]
        assert all(
            (later - earlier) * FRAME_SECONDS >= NEAR_MISS_PAUSE for earlier, later in itertools.pairwise(misses)
        )
        assert len(misses) > 20
        assert sum(FellBack() in one for one in told.values()) == 100

    def test_of_a_word_that_is_gone_meanwhile(self) -> None:
        """A word that is no longer asked for is told by the threshold that it had."""
        gate = gate_of()
        notice(gate, [0.4])
        gate.adopt([WakeWord("alexa")], 0.1)
        assert notice(gate, [0.0] * 8, start=1)[7] == [FellBack(), NearMissReport("hey_jarvis", 0.4, 0.5)]


@given(word=words, frames=rough_frames, near_miss=st.sampled_from((0.0, 0.25, 0.5, 1.0)))
def test_one_thing_comes_of_a_rise(
    word: WakeWord, frames: list[tuple[float, float, bool, bool]], near_miss: float
) -> None:
    """Rising, then one of wake, near miss, nothing: whatever the scores of two words, patience, mute, speech."""
    gate = WakeGate([word, WakeWord("alexa", threshold=0.6, patience=2, refractory=word.refractory)], near_miss)
    began: int | None = None
    woke_at: float | None = None
    frames = [*frames, *[(0.0, 0.0, False, False)] * 8]
    for index, (jarvis, alexa, speaking, muted) in enumerate(frames):
        now = index * FRAME_SECONDS
        scores = {"hey_jarvis": jarvis, "alexa": alexa}
        noticed = gate.feed(scores, (index + 1) * FRAME_SAMPLES, now, speaking=speaking, muted=muted)
        for one in noticed:
            match one:
                case Rising(model):
                    assert began is None
                    assert not muted
                    assert scores[model] == max(scores.values()) >= BAR
                    assert woke_at is None or now - woke_at >= word.refractory
                    began = index
                case Woke():
                    assert not muted
                    began, woke_at = None, now
                case FellBack():
                    assert began is not None
                    heard, began = frames[began:index], None
                case NearMissReport(model, score):
                    assert FellBack() in noticed
                    assert not muted
                    peak = max(max(frame[:2]) for frame in heard)
                    assert score == round(peak, 3)
                    assert score >= near_miss
                    assert model in scores
    assert began is None


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
