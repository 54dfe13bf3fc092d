from __future__ import annotations

import pytest

from hubd.doctor.findings import Verdict
from hubd.doctor.timekeeping import Sync, judge

INSTALLED = 1_700_000_000.0


@pytest.mark.parametrize(
    ("later", "sync", "verdict"),
    [
        (86_400, Sync.KEPT, Verdict.GOOD),
        (86_400, Sync.UNKNOWN, Verdict.GOOD),
        (86_400, Sync.NOT_KEPT, Verdict.DOUBTFUL),
        (-1, Sync.KEPT, Verdict.BAD),
        (-INSTALLED, Sync.NOT_KEPT, Verdict.BAD),
    ],
)
def test_judgement(later: float, sync: Sync, verdict: Verdict) -> None:
    """A date before the installation is wrong for certain; any other is as good as what keeps it."""
    assert judge(INSTALLED + later, INSTALLED, sync).verdict is verdict
