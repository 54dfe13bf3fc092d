from __future__ import annotations

from pathlib import Path

import pytest

from hubd.doctor.findings import Verdict
from hubd.doctor.probes import disk
from hubd.doctor.storage import Place, judge
from tests.doctor.patients import case, look

GIB = 2**30


@pytest.mark.parametrize(
    ("free", "read_only", "verdict", "told"),
    [
        (GIB, False, Verdict.GOOD, "1,024 MB are free on the disk with /var/lib/hubd"),
        (50 * 2**20, False, Verdict.DOUBTFUL, "50 MB are free"),
        (4096, False, Verdict.BAD, "The disk with /var/lib/hubd is full."),
        (GIB, True, Verdict.BAD, "can only be read"),
    ],
)
def test_judgement(free: int, *, read_only: bool, verdict: Verdict, told: str) -> None:
    """A disk that is full, or can't be written, loses timers with the next restart."""
    finding = judge(Place("/var/lib/hubd", free, read_only))
    assert finding.verdict is verdict
    assert told in finding.found
    assert bool(finding.advice) is (verdict is not Verdict.GOOD)


async def test_where_it_looks(tmp_path: Path) -> None:
    """The service's folder where there is one, unless the configuration names another, or none."""
    service = tmp_path / "service"
    at_home = case(tmp_path, "", {"XDG_STATE_HOME": str(tmp_path / "not" / "yet")})
    (found,) = await disk.look(at_home, of_service=service)
    assert found.found.endswith(f"the disk with {tmp_path}/not/yet/hubd")
    service.mkdir()
    (found,) = await disk.look(at_home, of_service=service)
    assert found.found.endswith(f"the disk with {service}")
    (found,) = await disk.look(case(tmp_path, f'[hub]\nstate_dir = "{tmp_path}/own"'), of_service=service)
    assert found.found.endswith(f"the disk with {tmp_path}/own")
    (found,) = await look(case(tmp_path, '[hub]\nstate_dir = "none"'), "disk")
    assert found.verdict is Verdict.GOOD
