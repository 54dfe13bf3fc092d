from __future__ import annotations

import pytest

from hubd.pace import Pace


@pytest.mark.parametrize(("pace", "replay"), [(Pace(), 115.0), (Pace(answer_timeout=3600.0), 300.0)])
def test_sound_that_may_be_wanted_again(pace: Pace, replay: float) -> None:
    """What was said to a server that never answers is there for its successor, within what memory allows."""
    assert pace.replay == replay
