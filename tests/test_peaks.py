from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.peaks import Advice, Peak, Peaks, advice, bar, shown
from hubd.wake import WakeWord

JARVIS = WakeWord("hey_jarvis")
PATIENT = WakeWord("alexa", threshold=0.4, patience=3)
CALM = [0.0] * 8
HOPELESS = "no good threshold would hear it; speak nearer, or louder."
levels = st.floats(0, 1)


def tops(word: WakeWord, *scores: float) -> list[Peak]:
    """Return the peaks of one word's scores, one every 80 ms, that are over at the end of them."""
    peaks = Peaks([word])
    return [peak for index, score in enumerate(scores) for peak in peaks.take({word.name: score}, index * 0.08)]


def heard(word: WakeWord, *, woke: tuple[float, ...] = (), missed: tuple[float, ...] = ()) -> Advice:
    """Return the advice after these peaks, of which some would have woken the hub."""
    peaks = [Peak(word, score, 1.0, wakes) for scores, wakes in ((woke, True), (missed, False)) for score in scores]
    return advice(word, [*peaks, Peak(PATIENT, 0.99, 1.0, wakes=True)])


class TestPeaks:
    def test_what_a_hub_would_have_done(self) -> None:
        """Each rise is one peak with its score, when it was there, and whether the threshold was reached."""
        found = tops(JARVIS, 0.2, 0.7, 0.3, *CALM, 0.4, *CALM)
        assert [(peak.score, peak.wakes) for peak in found] == [(0.7, True), (0.4, False)]
        assert [peak.at for peak in found] == [pytest.approx(0.08), pytest.approx(0.88)]
        assert [peak.verdict for peak in found] == ["wakes", "below 0.5"]

    def test_patience_counts(self) -> None:
        """High for long enough wakes, high for too short does not, and says so."""
        assert [peak.verdict for peak in tops(PATIENT, 0.5, 0.6, 0.5, *CALM)] == ["wakes"]
        assert [peak.verdict for peak in tops(PATIENT, 0.5, 0.6, *CALM)] == ["too short: not 3 x 80 ms"]

    def test_said_again_at_once(self) -> None:
        """In a trial nobody waits for the refractory period."""
        assert [peak.wakes for peak in tops(JARVIS, 0.9, *CALM, 0.9, *CALM, 0.9, *CALM)] == [True] * 3

    def test_words_apart(self) -> None:
        """Two words that rise at once are a peak each."""
        peaks = Peaks([JARVIS, PATIENT])
        assert peaks.take({"hey_jarvis": 0.6, "alexa": 0.3}, 0.0) == ()
        assert [(peak.word.name, peak.score, peak.wakes) for peak in peaks.end()] == [
            ("hey_jarvis", 0.6, True),
            ("alexa", 0.3, False),
        ]
        assert peaks.end() == ()

    def test_without_scores(self) -> None:
        """While the model warms up there is nothing to be told."""
        peaks = Peaks([JARVIS])
        assert peaks.take({}, 0.0) == peaks.end() == ()


class TestAdvice:
    @pytest.mark.parametrize(
        ("woke", "missed", "better", "told"),
        [
            ((), (0.04,), None, ["nothing came near; its highest score was 0.04."]),
            ((0.8, 0.9), (), 0.5, ["2 would have woken the hub (0.80 to 0.90).",
                                   "The threshold 0.5 fits: it lies well below them."]),
            ((0.52, 0.9), (), 0.4, ["2 would have woken the hub (0.52 to 0.90).",
                                    "A threshold of 0.4 would fit better: 0.5 is too close to 0.52."]),
            ((0.9,), (0.3, 0.2), 0.5, ["1 would have woken the hub (0.90), 2 came near (0.20 to 0.30).",
                                       "The threshold 0.5 fits: it lies well between them.",
                                       f"If 0.20 was the wake word: {HOPELESS}"]),
            ((0.9,), (0.49,), 0.7, ["1 would have woken the hub (0.90), 1 came near (0.49).",
                                    "A threshold of 0.7 would fit better: 0.5 is too close to 0.49.",
                                    "If what came near was the wake word: a threshold of 0.4 would have heard it."]),
            ((), (0.31, 0.42), 0.25, ["2 came near (0.31 to 0.42).",
                                      "If what came near was the wake word: a threshold of 0.25 would have heard it."]),
            ((0.51,), (0.49,), None, ["1 would have woken the hub (0.51), 1 came near (0.49).",
                                      "No threshold lies well between 0.49 and 0.51.",
                                      "If what came near was the wake word: a threshold of 0.4 would have heard it."]),
            ((), (0.8,), 0.5, ["1 came near (0.80).",
                               "If what came near was the wake word: with patience = 1 it would have been heard."]),
        ],
    )  # fmt: skip
    def test_in_words(
        self, woke: tuple[float, ...], missed: tuple[float, ...], better: float | None, told: list[str]
    ) -> None:
        """What was heard of this word, and which threshold that speaks for."""
        found = heard(JARVIS, woke=woke, missed=missed)
        assert found.threshold == better
        assert list(found.lines) == [f"hey jarvis: {told[0]}", *told[1:]]

    @given(
        threshold=levels,
        woke=st.lists(levels, max_size=5).map(tuple),
        missed=st.lists(levels, max_size=5).map(tuple),
    )
    def test_a_threshold_that_is_recommended_does_what_it_says(
        self, threshold: float, woke: tuple[float, ...], missed: tuple[float, ...]
    ) -> None:
        """It hears all that woke the hub, and nothing that came near; without any wake, all that came near."""
        found = heard(WakeWord("hey_jarvis", threshold), woke=woke, missed=missed)
        if found.threshold is None:
            return
        assert found.threshold <= 1
        if woke:
            assert max(found.missed, default=0.0) < found.threshold < min(woke)
        else:
            assert found.threshold <= min(found.missed)


def test_a_score_is_shown_no_higher_than_it_is() -> None:
    """Just below the threshold must not look as if it were at it."""
    assert (shown(0.4999), shown(0.5), shown(1.0), shown(0.0)) == ("0.49", "0.50", "1.00", "0.00")


@given(score=levels, threshold=levels, columns=st.integers(1, 80))
def test_bar(score: float, threshold: float, columns: int) -> None:
    """It is as wide as asked for, has one mark, and grows with the score."""
    drawn = bar(score, threshold, columns)
    assert len(drawn) == columns
    assert drawn.count("|") == 1
    assert drawn.replace("|", "").rstrip(".").strip("#") == ""
    assert bar(1.0, threshold, columns).count(".") == bar(0.0, threshold, columns).count("#") == 0
