from __future__ import annotations

from hubd.stages.filters import Filters
from tests.stages.act_fakes import FakeBroker


def test_only_the_difference_is_asked_for() -> None:
    """What is needed still stays as it is, what is needed no longer goes, what is wanted anew is asked for again."""
    broker = FakeBroker()
    filters = Filters(broker)
    filters.need(["a", "b", "a"])
    filters.need(["b", "c", "d"], anew={"d"})
    assert sorted(broker.topics) == ["b", "c", "d"]
    assert broker.asked_for == ["a", "b", "c", "d"]
    filters.need(["b", "c", "d"], anew={"b"})
    assert sorted(broker.topics) == ["b", "c", "d"]
    assert broker.asked_for == ["a", "b", "c", "d", "b"]
    filters.need([])
    assert broker.topics == []
