from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.peaks import Peak, Peaks, bar, shown
from hubd.wake import WakeWord

JARVIS = WakeWord("hey_jarvis")
PATIENT = WakeWord("alexa", threshold=0.4, patience=3)
CALM = [0.0] * 8
levels = st.floats(0, 1)


def tops(word: WakeWord, *scores: float) -> list[Peak]:
    """Return the peaks of one word's scores, one every 80 ms, that are over at the end of them."""
    peaks = Peaks([word])
    return [peak for index, score in enumerate(scores) for peak in peaks.take({word.name: score}, index * 0.08)]


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
