from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.peaks import Peak
from hubd.thresholds import Advice, advice
from hubd.wake import WakeWord

JARVIS = WakeWord("hey_jarvis")
HOPELESS = "no good threshold would hear it; speak nearer, or louder."
levels = st.floats(0, 1)


def heard(word: WakeWord, *, woke: tuple[float, ...] = (), missed: tuple[float, ...] = ()) -> Advice:
    """Return the advice after these peaks, of which some would have woken the hub."""
    peaks = [Peak(word, score, 1.0, wakes) for scores, wakes in ((woke, True), (missed, False)) for score in scores]
    return advice(word, [*peaks, Peak(WakeWord("alexa"), 0.99, 1.0, wakes=True)])


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
