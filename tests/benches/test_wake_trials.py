from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from scripts.benches import wake_equality, wake_sounds, wake_trials
from scripts.benches.wake_tracks import Utterance, track

FRAME = 1280


def test_a_voice_is_heard_within_its_span() -> None:
    """An utterance begins and ends within the frames that its score is looked for in, and what is between is quiet."""
    tone = wake_sounds.at_level(np.sin(np.arange(16_000)), wake_sounds.SPEECH)
    heard = track([Utterance("one", tone), Utterance("two", tone)], (1.5, 3.0))
    assert [span.text for span in heard.spans] == ["one", "two"]
    levels = [wake_sounds.level(frame) for frame in heard.sound.reshape(-1, FRAME)]
    loud = {number for number, level in enumerate(levels) if level > -40}
    assert loud
    assert loud <= {number for span in heard.spans for number in range(span.first, span.last + 1)}


def test_patience_asks_for_frames_in_a_row() -> None:
    """With a patience of 2 the second of two high frames counts, one alone does not."""
    scores = np.array([0.1, 0.9, 0.1, 0.8, 0.7, 0.2])
    assert wake_trials._lasting(scores, 1).tolist() == scores.tolist()
    assert wake_trials._lasting(scores, 2).tolist() == [0.0, 0.1, 0.1, 0.1, 0.7, 0.2]


def test_what_follows_a_wake_at_once_is_no_other_one() -> None:
    """For 2 s nothing wakes again, in the trials as with openWakeWord's scores that hubd's wakes are held against."""
    scores = np.zeros(80)
    scores[[20, 22, 44, 45, 71]] = 0.6
    assert wake_trials._wakes(scores, 0.5) == [20, 45, 71]
    assert wake_trials._wakes(scores, 0.7) == []
    by_word = {frame: {"alexa": 0.0, "hey_jarvis": float(score)} for frame, score in enumerate(scores)}
    assert wake_equality._wakes(by_word) == {("hey_jarvis", 20), ("hey_jarvis", 45), ("hey_jarvis", 71)}


@pytest.mark.parametrize("make", [wake_sounds.quiet_room, wake_sounds.fan, wake_sounds.music])
def test_sounds_are_as_loud_as_they_say(make: Callable[[float], wake_sounds.Sound]) -> None:
    """A sound has the length that was asked for; the quiet room is 25 dB below the fan, and the same at every run."""
    assert len(make(1.5)) == 24_000
    assert np.array_equal(make(1.5), make(1.5))
    assert wake_sounds.level(wake_sounds.quiet_room(2)) == pytest.approx(-62)
    assert wake_sounds.level(wake_sounds.fan(2)) == pytest.approx(-35)


def test_recall_falls_as_the_threshold_rises() -> None:
    """A share is of the utterances whose peak reaches the threshold."""
    shares = wake_trials._shares(np.array([0.2, 0.5, 0.97, 0.5]))
    by_threshold = dict(zip(wake_trials.THRESHOLDS, shares, strict=True))
    assert (by_threshold[0.05], by_threshold[0.5], by_threshold[0.55], by_threshold[0.95]) == (1.0, 0.75, 0.25, 0.25)
