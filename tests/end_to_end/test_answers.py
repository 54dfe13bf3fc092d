"""When the whole hub answers a call, and what a conversation has cost it (``live-protocol.md`` 5, 7.2, 13)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.live.messages import FunctionCall, ServerContent, ServerMessage, UsageMetadata
from hubd.reports import Part, Report, TroubleReport, UsageReport
from tests.end_to_end.house import WARM_UP, Home, Tape, home, saying, speech
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

# Nobody reports for these devices: each call has all the time that it may take.
SLOW: Final = """
[conversation]
blocking_timeout = "500ms"

[[device]]
id = "blinds"
name = "blinds"
scheduling = { failed = "INTERRUPT" }
first_answer_after = "300ms"
[[device.function]]
name = "close_the_blinds"
description = "Close the blinds."
publish = { topic = "home/blinds", payload = "close" }
expect = { topic = "home/blinds/state", payload = "closed", within = "1s" }

[[device]]
id = "door"
name = "front door"
[[device.function]]
name = "lock_the_door"
description = "Lock the front door."
behavior = "BLOCKING"
publish = { topic = "home/door", payload = "lock" }
expect = { topic = "home/door/state", payload = "locked", within = "5s" }
"""
COST: Final = UsageMetadata(prompt_token_count=412, response_token_count=55, total_token_count=467)


def tape() -> bytes:
    """Return a wake word."""
    pcm: bytes = Tape(WARM_UP, speech("hey jarvis"), WARM_UP).pcm
    return pcm


async def test_slow_ones_twice_waiting_ones_in_time(tmp_path: Path) -> None:
    """The blinds are on their way in silence, then they interrupt; the lock is answered with an error by its deadline.

    Pitfall 4: no session hangs on a device.
    """

    async def script(visit: Visit) -> None:
        calls = FunctionCall(id="b", name="close_the_blinds"), FunctionCall(id="d", name="lock_the_door")
        await visit.call(*calls)
        await visit.until(lambda: len(visit.tool_responses) == 3 or visit.over)

    async with LiveServer(script) as server, home(tmp_path, server.url, SLOW, speed=3) as inside:
        async with saying(inside.room, tape()):
            visit = await server.visit()
        await visit.until(lambda: len(visit.tool_responses) == 3 or visit.over)
    first, door, last = visit.tool_responses
    assert (first["id"], first.get("willContinue"), first["scheduling"]) == ("b", True, "SILENT")
    assert door["id"] == "d"
    assert "willContinue" not in door
    assert _of(door)["error"] == "no report within 0.5 s"
    assert (last["id"], last.get("willContinue"), last["scheduling"]) == ("b", None, "INTERRUPT")
    assert _of(last)["status"] == "failed"


async def test_the_days_tokens_survive_a_restart(tmp_path: Path) -> None:
    """A hub that starts anew goes on counting, and refuses a conversation once the budget is spent."""
    kept = tmp_path / "tokens.json"
    settings = '[live]\ndaily_token_budget = 900\nwhen_budget_is_spent = "refuse"\n'

    async def script(visit: Visit) -> None:
        await visit.send(ServerMessage(server_content=ServerContent(turn_complete=True), usage_metadata=COST))

    async with LiveServer(script) as server:
        for spent in (467, 934):
            async with home(tmp_path, server.url, settings, speed=3, tokens=kept) as inside:
                async with saying(inside.room, tape()):
                    await inside.diary.until(lambda report: isinstance(report, UsageReport))
                assert [report.today_tokens for report in _of_kind(inside, UsageReport)] == [spent]
        refusing = home(tmp_path, server.url, settings, speed=3, tokens=kept)
        async with refusing as inside, saying(inside.room, tape()):
            await inside.diary.until(_says_so)
            await inside.diary.until(lambda report: getattr(report, "reason", "").startswith("The tokens for today"))
    assert len(server.visits) == 2
    assert kept.stat().st_mode & 0o777 == 0o600


def _says_so(report: Report) -> bool:
    return isinstance(report, TroubleReport) and report.part is Part.LIVE and "900 tokens is spent" in report.problem


def _of(response: dict[str, JsonValue]) -> dict[str, JsonValue]:
    body = response["response"]
    assert isinstance(body, dict)
    return body


def _of_kind(inside: Home, kind: type[UsageReport]) -> list[UsageReport]:
    return [report for report in inside.diary.reports if isinstance(report, kind)]
