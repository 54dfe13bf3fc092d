"""The table of close codes at work: one dialled conversation for each row (``live-protocol.md`` 12)."""

from __future__ import annotations

import pytest

from hubd.errors import LinkError
from hubd.events import LinkLost, LinkReady
from hubd.live.failures import NextAttempt, classify
from hubd.reports import TroubleReport
from tests.live.test_failures import CASES
from tests.stages.line_fakes import READY, SETUP_TIMEOUT, FakeLink, Street, handle, on_the_street
from tests.virtual_time import now, settle

FATAL = NextAttempt.FATAL
WITH = NextAttempt.RETRY_WITH_HANDLE
ROWS = pytest.mark.parametrize(("code", "reason", "opened", "first", "again"), CASES)


def failing(code: int | None, reason: str) -> FakeLink | LinkError:
    """Return what is dialled: a server that refuses the upgrade, or closes when it has the set-up."""
    error = LinkError(reason, code)
    return error if code is None or code < 1000 else FakeLink([error])


@ROWS
def test_at_the_set_up(
    code: int | None, reason: str, opened: NextAttempt, first: NextAttempt, again: NextAttempt
) -> None:
    """It is tried three times, with half a second, then one between; at once given up where that can't help."""

    async def scenario(street: Street) -> None:
        street.links = [failing(code, reason) for _ in range(5)]
        street.line.open(street.post)
        lost = await street.until(LinkLost)
        await settle()
        wait = classify(code, reason).wait
        attempts = 1 if first is FATAL or wait else 2 if again is FATAL else 3
        assert street.dialled == [0.0, 0.5, 1.5][:attempts]
        assert isinstance(lost, LinkLost)
        assert lost.fatal is (FATAL in (first, again))
        assert lost.wait == wait
        assert street.announced == ([lost.reason] if lost.fatal or wait else [])
        (trouble,) = street.reported
        assert isinstance(trouble, TroubleReport)
        assert f"{trouble.problem}. {trouble.advice}".rstrip(". ") == lost.reason.rstrip(".")
        assert street.open_at_dialling == [0] * attempts
        assert opened in NextAttempt

    on_the_street(scenario)


@ROWS
def test_with_a_handle(
    code: int | None, reason: str, opened: NextAttempt, first: NextAttempt, again: NextAttempt
) -> None:
    """The handle gets one attempt if the server may have seen it; the next one is fresh."""

    async def scenario(street: Street) -> None:
        street.handle = "h"
        street.links = [failing(code, reason), FakeLink([READY])]
        street.line.open(street.post)
        if first is FATAL or classify(code, reason).wait:
            await street.until(LinkLost)
            assert len(street.dialled) == 1
        else:
            await street.until(LinkReady)
            assert street.dialled_links[-1].handle == ("h" if code is None else None)
        assert {opened, again} <= set(NextAttempt)

    on_the_street(scenario)


@ROWS
def test_within_a_session(
    code: int | None, reason: str, opened: NextAttempt, first: NextAttempt, again: NextAttempt
) -> None:
    """The line is lost, and dials no more by itself; the handle is kept where the table says so."""

    async def scenario(street: Street) -> None:
        street.links = [FakeLink([READY, handle("h"), LinkError(reason, code)]), FakeLink([READY])]
        street.line.open(street.post)
        lost = await street.until(LinkLost)
        await settle()
        assert isinstance(lost, LinkLost)
        assert lost.fatal is (opened is FATAL)
        assert len(street.dialled) == 1
        assert street.handle == ("h" if opened is WITH else None)
        assert {first, again} <= set(NextAttempt)

    on_the_street(scenario)


def test_set_up_that_is_never_answered() -> None:
    """Refused without a word (pitfall 19): three times the set-up's timeout, the handle is spent with the first.

    The network is not to blame for it: the words name what may be.
    """

    async def scenario(street: Street) -> None:
        street.handle = "h"
        street.links = [FakeLink(), FakeLink(), FakeLink()]
        street.line.open(street.post)
        lost = await street.until(LinkLost)
        assert now() == 3 * SETUP_TIMEOUT + 1.5
        assert [link.handle for link in street.dialled_links] == ["h", None, None]
        assert isinstance(lost, LinkLost)
        assert not lost.fatal
        assert "live.model" in lost.reason
        assert "network" not in lost.reason

    on_the_street(scenario)
