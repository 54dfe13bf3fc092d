"""What the whole hub writes on the wire about functions (``live-protocol.md`` 8.4)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.live.messages import FunctionCall
from tests.end_to_end.house import WARM_UP, Tape, home, saying, speech
from tests.live_server import LiveServer, Visit

pytestmark = pytest.mark.real_time

WORDS: Final = ("SILENT", "WHEN_IDLE", "INTERRUPT")
BEHAVIORS: Final = {"quick": "BLOCKING", "slow": "NON_BLOCKING"}
DEVICES: Final = "".join(
    f"""
[[device]]
id = "{word.lower()}"
name = "{word.lower().replace("_", " ")} plug"
kind = "switch"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/{word.lower()}"
reports_state = false
scheduling = "{word}"

[[device.function]]
name = "{word.lower()}_function"
description = "Do something."
publish = {{ topic = "home/{word.lower()}", payload = "go" }}
"""
    for word in WORDS
) + "".join(
    f"""
[[device]]
id = "{name}"
name = "{name} door"
[[device.function]]
name = "{name}_function"
description = "Do something."
behavior = "{behavior}"
publish = {{ topic = "home/{name}", payload = "go" }}
"""
    for name, behavior in BEHAVIORS.items()
)


async def ask_for_everything(visit: Visit) -> None:
    """Ask for each spelled-out function, for one that does not exist, and for one with wrong arguments."""
    calls = [FunctionCall(id=word, name=f"{word.lower()}_function") for word in WORDS]
    wrong = FunctionCall(id="unknown", name="fly"), FunctionCall(id="wrong", name="set_switch", args={"on": "perhaps"})
    await visit.call(*calls, *wrong)
    await visit.until(lambda: len(visit.tool_responses) == len(calls) + len(wrong) or visit.over)


@pytest.fixture
async def visit(tmp_path: Path) -> Visit:
    """Return a connection on which everything was asked for, and answered."""
    async with LiveServer(ask_for_everything) as server, home(tmp_path, server.url, DEVICES, speed=3) as inside:
        async with saying(inside.room, Tape(WARM_UP, speech("hey jarvis"), WARM_UP).pcm):
            visit = await server.visit()
        await visit.until(lambda: len(visit.tool_responses) == len(WORDS) + 2 or visit.over)
    return visit


async def test_every_declaration_has_its_behavior(visit: Visit) -> None:
    """The set-up frame says of each function whether the model waits for it, as its device's configuration does."""
    behaviors = {str(function["name"]): function.get("behavior") for function in visit.declarations}
    assert {name: behaviors[f"{name}_function"] for name in BEHAVIORS} == BEHAVIORS
    assert {behaviors[f"{word.lower()}_function"] for word in WORDS} == {"NON_BLOCKING"}
    assert set(behaviors.values()) == set(BEHAVIORS.values())
    assert "set_switch" in behaviors


@pytest.mark.parametrize("word", WORDS)
async def test_scheduling_stands_beside_the_response(visit: Visit, word: str) -> None:
    """The answer to a call has its device's word as a sibling of the response."""
    (answer,) = [answer for answer in visit.tool_responses if answer["id"] == word]
    assert answer["scheduling"] == word
    assert answer["name"] == f"{word.lower()}_function"


async def test_scheduling_never_stands_inside_the_response(visit: Visit) -> None:
    """No answer, not even one that refuses the call, says its scheduling where the service would not look."""
    assert len(visit.tool_responses) == len(WORDS) + 2
    for answer in visit.tool_responses:
        assert set(answer) == {"id", "name", "scheduling", "response"}
        assert "scheduling" not in keys(answer["response"])


def keys(value: JsonValue) -> set[str]:
    """Return every name in a JSON value, at any depth."""
    match value:
        case dict():
            return set(value).union(*(keys(inner) for inner in value.values()))
        case list():
            return set[str]().union(*(keys(inner) for inner in value))
        case _:
            return set()
