from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.backoff import Backoff


def test_delays_double_up_to_the_limit() -> None:
    """Attempts come less and less often, but never less than every 30 s."""
    backoff = Backoff()
    assert [backoff.next() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]


def test_success_starts_again() -> None:
    """After a success the next failure is followed up quickly."""
    backoff = Backoff()
    backoff.next()
    backoff.next()
    backoff.reset()
    assert backoff.next() == 1


@given(st.floats(0, 1), st.integers(0, 20))
def test_jitter_only_shortens(jitter: float, attempts: int) -> None:
    """A delay with jitter is at most a quarter shorter, and the delays after it do not depend on it."""
    plain, jittered = Backoff(), Backoff()
    for _ in range(attempts):
        assert 0.75 * (delay := plain.next()) <= jittered.next(jitter) <= delay


@pytest.mark.parametrize(("first", "longest"), [(0, 1), (-1, 1), (2, 1)])
def test_impossible_delays_are_refused(first: float, longest: float) -> None:
    """Delays that would hammer, or shrink, are a mistake of the caller."""
    with pytest.raises(ValueError, match="have to grow"):
        Backoff(first, longest)
