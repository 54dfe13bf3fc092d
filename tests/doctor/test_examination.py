from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hubd.doctor.case import Case
from hubd.doctor.examination import CHECKS, Check, Lane, examine
from hubd.doctor.findings import Finding, Findings, Verdict, good
from hubd.errors import SoundError
from tests.doctor.patients import case


def check(
    name: str, probe: Callable[[Case], Awaitable[Findings]], lane: Lane = Lane.SYSTEM, within: float = 60
) -> Check:
    """Return a row of a table."""
    return Check(name, lane, probe, within)


async def well(_case: Case) -> Findings:
    """Find nothing wrong."""
    return [good("well", "")]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (SoundError("The card is gone."), "The card is gone."),
        (ConnectionResetError(104, "Connection reset by peer"), "[Errno 104] Connection reset by peer"),
        (ValueError("the key is canary"), "This check is broken (ValueError)."),
    ],
)
async def test_a_check_that_fails(tmp_path: Path, error: Exception, told: str) -> None:
    """Whatever happens in one check, it is told without a traceback or its text, and the others are carried out."""

    async def stumble(_case: Case) -> Findings:
        raise error

    found = await examine(case(tmp_path, ""), lambda _: None, [check("bad", stumble), check("well", well)])
    assert [(each.verdict, each.found) for each in found] == [(Verdict.BAD, told), (Verdict.GOOD, "")]


async def test_a_check_that_hangs(tmp_path: Path) -> None:
    """It is given up in time, and the others are carried out."""
    hangs = check("hangs", lambda _case: asyncio.get_running_loop().create_future(), within=0.01)
    found = await examine(case(tmp_path, ""), lambda _: None, [hangs, check("well", well)])
    assert found[0].found == "This could not be found out within 0.01 s."
    assert found[1].verdict is Verdict.GOOD


async def test_order(tmp_path: Path) -> None:
    """Findings are told in the order of the table, whichever lane is quicker; lanes run side by side."""
    second_done = asyncio.Event()

    async def first(_case: Case) -> Findings:
        await second_done.wait()
        return [good("first", "")]

    async def second(_case: Case) -> Findings:
        second_done.set()
        return [good("second", "")]

    told: list[Finding] = []
    checks = [check("first", first, Lane.SOUND), check("second", second, Lane.NETWORK)]
    await examine(case(tmp_path, ""), told.append, checks)
    assert [each.check for each in told] == ["first", "second"]


def test_table() -> None:
    """Every check has a name of its own, and a limit."""
    assert len({each.name for each in CHECKS}) == len(CHECKS)
    assert all(0 < each.within <= 60 for each in CHECKS)
