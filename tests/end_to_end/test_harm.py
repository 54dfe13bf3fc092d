"""A model that is out to do harm, and a whole hub between it and a real broker."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.demo.private_broker import HOST
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings
from hubd.events import CallStatus
from hubd.live.messages import FunctionCall
from hubd.reports import AnsweredReport, PublicState, PublishedReport
from hubd.simulator.server import Simulator
from hubd.wishes import ListenAsked
from tests.edges.mqtt_parts import running
from tests.end_to_end.house import WARM_UP, Tape, home, saying, speech
from tests.live_server import DEADLINE, LiveServer, Visit
from tests.running import running as beside

pytestmark = pytest.mark.real_time

PER_SECOND: Final = 5
HOUSE: Final = f"""
[limits]
deny = ["vault"]
messages_per_device = {PER_SECOND}

[[device]]
id = "lamp"
name = "lamp"
room = "kitchen"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/lamp"
reports_state = false

[[device]]
id = "spot"
name = "spot"
room = "kitchen"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/spot"
reports_state = false

[[device]]
id = "door"
name = "front door"
room = "kitchen"
kind = "lock"
dialect = "zigbee2mqtt"
topic = "z/door"
confirm = true

[[device]]
id = "vault"
name = "vault"
room = "kitchen"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/vault"

[[device]]
id = "attic_lamp"
name = "attic lamp"
room = "attic"
kind = "light"
dialect = "zigbee2mqtt"
topic = "z/attic"
only_in = ["attic"]

[[device]]
id = "bell"
name = "bell"
[[device.function]]
name = "announce"
description = "Say something at the door."
publish = {{ topic = "bell/say", payload = "{{{{ text }}}}" }}
parameters.text = {{ type = "string", description = "What is said." }}
"""
LONG: Final = "x" * 1_000_000
# Names that would be somebody else's topic, or many, if any of this became part of one.
NAMES: Final = (
    *("../vault", "lamp/../vault", "z/vault", "z/vault/set", "z/+/set", "+", "#", "z/#", "lamp/#", "$SYS/broker"),
    *(
        "zigbee2mqtt/bridge/request/restart",
        "lamp\x00",
        "lamp\nz/vault/set",
        "{{ 7 * 7 }}",
        "vault",
        "attic lamp",
        LONG,
    ),
    *("", " ", "lamp\u202e", "lamp; rm -rf /", "%prefix%/vault"),
)
_SPEAKABLE: Final = 1000
# What the hub tells of it all stays small as well.
_LONGEST_PAYLOAD: Final = 64 * 1024
# Bytes of the question: a third of a second at 24 kHz.
_QUESTION: Final = 16_000
_TREE: JsonValue = {"on": True}
for _ in range(20):
    _TREE = {"on": [_TREE]}


def harm() -> list[FunctionCall]:
    """Return calls of which none may be carried out."""
    unknown = ("publish", "mqtt.publish", "set_light:vault", "run_shell_command", "set_vault", "hubd.set_light")
    calls: list[tuple[str, dict[str, JsonValue]]] = []
    calls += [(name, {"topic": "z/vault/set", "payload": "ON"}) for name in unknown]
    calls += [("set_light", {"device": name, "on": True}) for name in NAMES]
    calls += [("set_light", {"area": name, "on": True}) for name in NAMES]
    calls += [("get_state", {"device": name, "area": "attic"}) for name in NAMES]
    calls += [
        ("set_light", {"device": "lamp", "on": True, "topic": "z/vault/set"}),
        ("set_light", {"device": ["lamp", "vault"], "on": True}),
        ("set_light", {"device": "lamp", "on": "ON"}),
        ("set_light", {"device": "lamp", "brightness": 10**30}),
        ("set_light", {"device": "lamp", "brightness": 55.5}),
        ("set_light", {"device": "lamp", "color": "#+/"}),
        ("set_light", {"device": "lamp", "on": _TREE}),
        ("set_light", {"device": "lamp", LONG: True}),
        ("announce", {}),
        ("announce", {"text": LONG}),
        ("announce", {"text": "a\x00b"}),
        ("announce", {"text": "hello", "topic": "z/vault/set"}),
        ("set_lock", {"area": "everywhere", "locked": False}),
    ]
    return [FunctionCall(id=f"harm {number}", name=name, args=args) for number, (name, args) in enumerate(calls)]


def yes() -> list[FunctionCall]:
    """Return a call that needs a yes, made again and again in several ways of saying the same."""
    names: Sequence[str] = ("front door", "Front Door", "the front door", "door")
    return [
        FunctionCall(id=f"yes {number}", name="set_lock", args={"device": names[number % 4], "locked": False})
        for number in range(12)
    ]


def flood() -> list[FunctionCall]:
    """Return 500 different calls for one lamp."""
    return [
        FunctionCall(id=f"flood {number}", name="set_light", args={"device": name, "brightness": brightness})
        for number, (name, brightness) in enumerate(
            (name, brightness)
            for name in ("lamp", "Lamp", "the lamp", "LAMP", "The Lamp")
            for brightness in range(1, 101)
        )
    ]


@asynccontextmanager
async def wiretap(port: int) -> AsyncIterator[list[tuple[str, str]]]:
    """Yield a list of what the broker passes on; at the end of the block it is complete."""
    seen: list[tuple[str, str]] = []
    came = asyncio.Condition()
    async with running(BrokerSettings(HOST, port, "wiretap")) as edge:
        messages = edge.broker.messages()

        async def note() -> None:
            async for message in messages:
                async with came:
                    seen.append((message.topic, message.payload.decode(errors="replace")))
                    came.notify_all()

        async def echo(topic: str) -> None:
            await edge.broker.publish(Publish(topic, b"", 1), DEADLINE)
            async with asyncio.timeout(DEADLINE), came:
                await came.wait_for(lambda: (topic, "") in seen)

        edge.broker.subscribe(["#"])
        async with beside(note()):
            await echo("wiretap/begins")
            yield seen
            await echo("wiretap/ends")


async def test_nothing_reaches_the_broker_that_the_configuration_does_not_allow(tmp_path: Path) -> None:
    """Unknown functions, names like paths, wildcards, a megabyte, a yes of its own, 500 calls at once: all refused.

    What is asked for properly afterwards is done: the hub has come to no harm.
    """
    refused, unconfirmed, flooding = harm(), yes(), flood()
    spent: list[float] = []

    async def answered(visit: Visit, calls: Sequence[FunctionCall], frame: int = 1) -> None:
        since = len(visit.tool_responses)
        for start in range(0, len(calls), frame):
            await visit.call(*calls[start : start + frame])
        await visit.until(lambda: len(visit.tool_responses) >= since + len(calls) or visit.over)

    async def script(visit: Visit) -> None:
        await answered(visit, refused)
        await answered(visit, unconfirmed)
        began = time.monotonic()
        await answered(visit, flooding, frame=10)
        spent.append(time.monotonic() - began)
        proper = FunctionCall(id="proper", name="set_light", args={"device": "spot", "on": True})
        await answered(visit, [proper])

    async with LiveServer(script) as server, home(tmp_path, server.url, HOUSE, speed=3) as inside:
        async with wiretap(inside.port) as seen:
            async with saying(inside.room, Tape(WARM_UP, speech("hey jarvis"), WARM_UP).pcm):
                visit = await server.visit()
            await visit.until(lambda: visit.over or any(each["id"] == "proper" for each in visit.tool_responses))
        published = [report.topic for report in inside.diary.reports if isinstance(report, PublishedReport)]
    status = {str(each["id"]): _response(each)["status"] for each in visit.tool_responses}
    assert {status[call.id] for call in refused} == {"refused"}
    assert {status[call.id] for call in unconfirmed} == {"refused"}
    assert status["proper"] == "done"
    assert all(len(str(_response(each)["message"])) < _SPEAKABLE for each in visit.tool_responses)
    offered = {name for each in visit.tool_responses for name in _options(each)}
    assert not offered & {"vault", "attic lamp"}
    commands = Counter(topic for topic, _ in seen if not topic.startswith(("hubd/", "homeassistant/", "wiretap/")))
    assert set(commands) == {"z/lamp/set", "z/spot/set"}
    assert commands.keys() == set(published)
    assert commands["z/spot/set"] == 1
    # As many as may go out in the time that it took, however long that was.
    assert 0 < commands["z/lamp/set"] <= PER_SECOND * (spent[0] + 1)
    assert {*status.values()} <= {"refused", "failed", "duplicate", "done"}
    assert {payload for topic, payload in seen if topic == "z/lamp/set"} <= {
        f'{{"state":"ON","brightness":{level}}}' for level in range(255)
    }


async def test_the_simulator_scripted_to_do_harm(tmp_path: Path) -> None:
    """As `hubd simulate` would run it: every bad call is refused, the broker sees the proper one alone."""
    proper = FunctionCall(id="", name="set_light", args={"device": "spot", "on": True})
    calls = [*harm(), *yes()]
    steps = [f"call {call.name} {json.dumps(call.args)}" for call in (*calls, proper)]
    script = "after 10ms:\n" + "\n".join(f"  {step}" for step in steps)
    async with Simulator(script) as simulator, home(tmp_path, simulator.url, HOUSE, speed=3) as inside:
        async with wiretap(inside.port) as seen:
            inside.hub.post(ListenAsked("listen"))
            await inside.diary.until(
                lambda report: isinstance(report, PublishedReport) and report.topic == "z/spot/set"
            )
        reports = inside.diary.reports
    answered = [report.status for report in reports if isinstance(report, AnsweredReport)]
    assert answered[: len(calls)] == [CallStatus.REFUSED] * len(calls)
    topics = {topic for topic, _ in seen if not topic.startswith(("hubd/", "homeassistant/", "wiretap/"))}
    assert topics == {"z/spot/set"}
    assert max(len(payload) for _, payload in seen) < _LONGEST_PAYLOAD


async def test_a_person_says_yes(tmp_path: Path) -> None:
    """The door is opened by the second call, after the hub has put the question, and its own ear heard an answer."""
    unlock: dict[str, JsonValue] = {"device": "front door", "locked": False}
    asked = asyncio.Event()

    async def answer_to(visit: Visit, call: str) -> None:
        await visit.call(FunctionCall(id=call, name="set_lock", args=unlock))
        await visit.until(
            lambda: visit.over or (visit.tool_responses[-1:] != [] and visit.tool_responses[-1]["id"] == call)
        )

    async def script(visit: Visit) -> None:
        await visit.until(lambda: visit.over or [mark.name for mark in visit.marks] == ["start", "end"])
        await answer_to(visit, "first")
        await answer_to(visit, "too soon")
        await visit.say(bytes(_QUESTION))
        asked.set()
        await visit.until(lambda: visit.over or [mark.name for mark in visit.marks][2:3] == ["start"])
        await answer_to(visit, "second")
        await answer_to(visit, "once more")

    local = HOUSE.replace("[limits]", '[conversation]\nturn_end = "local"\n\n[limits]', 1)
    local = local.replace("confirm = true", "confirm = true\nreports_state = false")
    async with LiveServer(script) as server, home(tmp_path, server.url, local, speed=3) as inside:
        async with saying(inside.room, Tape(WARM_UP, speech("hey jarvis open the front door"), 2 * WARM_UP).pcm):
            visit = await server.visit()
            await asked.wait()
            await inside.diary.state(PublicState.FOLLOWING_UP)
        async with saying(inside.room, Tape(WARM_UP, speech("yes please"), 4 * WARM_UP).pcm):
            await visit.until(lambda: visit.over or any(each["id"] == "once more" for each in visit.tool_responses))
        published = [report.topic for report in inside.diary.reports if isinstance(report, PublishedReport)]
    status = {str(each["id"]): str(_response(each)["status"]) for each in visit.tool_responses}
    assert status["first"] == status["too soon"] == "refused"
    assert _response(visit.tool_responses[0])["message"] == "Shall the front door be unlocked?"
    assert status["second"] == "done"
    assert published == ["z/door/set"]


def _response(each: dict[str, JsonValue]) -> dict[str, JsonValue]:
    response = each["response"]
    assert isinstance(response, dict)
    return response


def _options(each: dict[str, JsonValue]) -> list[str]:
    options = _response(each).get("valid_options", [])
    assert isinstance(options, list)
    return [str(option) for option in options]
