from __future__ import annotations

from operator import itemgetter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.rises import BAR, CALM, LONGEST, Rise, Rises

FRAME = 0.08


def follow(*scores: float) -> list[Rise]:
    """Return the rises of one word's scores, one every 80 ms, that are over at the end of them."""
    rises = Rises()
    ended = [rises.take({"alexa": score}, index * FRAME) for index, score in enumerate(scores)]
    return [rise for rise in ended if rise is not None]


def test_begins_at_the_bar() -> None:
    """A score equal to the bar is a rise, one below it is none, a broken model's NaN neither."""
    rises = Rises()
    for now, score in enumerate((BAR / 2, float("nan"))):
        rises.take({"alexa": score}, now)
        assert rises.current is None
    rises.take({"alexa": BAR}, 3.0)
    assert rises.current == Rise("alexa", BAR, began=3.0, peaked=3.0)


def test_another_bar_for_the_moment() -> None:
    """A lower bar begins a rise, which the usual bar ends as any other."""
    rises = Rises()
    rises.take({"alexa": BAR / 2}, 0.0, bar=BAR / 2)
    assert rises.current == Rise("alexa", BAR / 2, began=0.0, peaked=0.0)
    assert rises.take({"alexa": BAR / 2}, CALM / 2) is None
    assert rises.take({"alexa": BAR / 2}, CALM) == Rise("alexa", BAR / 2, began=0.0, peaked=0.0)


def test_a_short_dip_is_no_end() -> None:
    """As long as the scores come back within the calm it is one rise, with the highest of them."""
    (rise,) = follow(0.2, *[0.0] * 5, 0.4, *[0.0] * 5, 0.3, *[0.0] * 7)
    assert (rise.model, rise.score, rise.began) == ("alexa", 0.4, 0.0)
    assert rise.peaked == pytest.approx(6 * FRAME)


def test_a_model_that_idles_high_hides_nothing() -> None:
    """What never comes to rest is one rise after the other, each with its own peak."""
    idle = round(LONGEST / FRAME) * [BAR]
    assert [rise.score for rise in follow(*idle, 0.4, *idle, *idle)] == [BAR, 0.4, BAR]


def test_scores_may_end_one_and_begin_the_next() -> None:
    """Where nobody fed it meanwhile, the rise before is over all the same."""
    rises = Rises()
    rises.take({"alexa": 0.2}, 0.0)
    over = rises.take({"alexa": 0.3}, 100.0)
    assert over is not None
    assert over.score == 0.2
    assert rises.current == Rise("alexa", 0.3, began=100.0, peaked=100.0)


def test_it_is_called_after_the_highest_word() -> None:
    """Several words that rise at once are one rise."""
    rises = Rises()
    rises.take({"alexa": 0.3, "hey_jarvis": 0.2}, 0.0)
    rises.take({"alexa": 0.1, "hey_jarvis": 0.4}, FRAME)
    assert rises.current == Rise("hey_jarvis", 0.4, began=0.0, peaked=FRAME)


def test_dropped_at_once() -> None:
    """A rise can be ended from outside; the next scores begin another."""
    rises = Rises()
    assert rises.drop() is None
    rises.take({"alexa": 0.3}, 0.0)
    assert rises.drop() == Rise("alexa", 0.3, began=0.0, peaked=0.0)
    rises.take({"alexa": 0.2}, FRAME)
    assert rises.current == Rise("alexa", 0.2, began=FRAME, peaked=FRAME)


@given(scores=st.lists(st.sampled_from((0.0, 0.05, 0.1, 0.3, 0.9)), max_size=80))
def test_rises_part_the_high_scores(scores: list[float]) -> None:
    """Between two rises there is the calm, or the first was long; each has the first peak of its scores."""
    ended = follow(*scores, *[0.0] * 8)
    high = [(index * FRAME, score) for index, score in enumerate(scores) if score >= BAR]
    groups: list[list[tuple[float, float]]] = []
    for now, score in high:
        if not groups or now - groups[-1][-1][0] >= CALM or now - groups[-1][0][0] >= LONGEST:
            groups.append([])
        groups[-1].append((now, score))
    assert [(rise.began, (rise.peaked, rise.score)) for rise in ended] == [
        (group[0][0], max(group, key=itemgetter(1))) for group in groups
    ]
