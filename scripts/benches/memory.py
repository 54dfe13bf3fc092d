"""Resident memory: a hub with its sound processes when it is idle, and after 100 conversations; beside it its peers.

It is the real daemon with real sound, offline and with a Live server. The conversations are short: the microphone is
opened by MQTT, the first times by the wake word; a lamp is switched, an answer is played. The recogniser of the offline
server is counted apart. The peers are openWakeWord's loop, google-genai and aiomqtt, loaded and waiting.

How much of what several programs share counts for a process depends on what else runs (PSS). So it is told as well what
that would be if nothing else ran, which is what counts on a Raspberry Pi that does nothing but this.
"""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE
from hubd.demo.private_broker import PrivateBroker
from hubd.devices.render import Publish
from hubd.live.messages import FunctionCall
from hubd.mqtt.tree import Tree
from hubd.tools import END_CONVERSATION
from scripts.benches.loopback import ORACLES, program
from scripts.benches.processes import Memory
from scripts.benches.rows import Row, count, options_of, show
from scripts.benches.service import QUIET, Service, configuration, service
from scripts.benches.sound_room import SoundRoom
from scripts.benches.voices import speech
from scripts.soaking.house import LAMPS, Lamps, devices
from tests.live_server import LiveServer, Visit

CONVERSATIONS: Final = 100
GOAL: Final = 120.0
PEERS: Final = "openWakeWord + google-genai"
_SPOKEN: Final = 3
_ANSWER: Final = bytes(place % 251 for place in range(DOWNLINK_RATE * SAMPLE_BYTES // 5))
_WAKE: Final = (
    bytes(UPLINK_RATE * SAMPLE_BYTES) + speech("hey jarvis").tobytes() + bytes(2 * UPLINK_RATE * SAMPLE_BYTES)
)
_TIMEOUT: Final = 5.0
_LISTEN: Final = Tree("hubd", "hub").command("listen")


def run(arguments: Sequence[str]) -> int:
    """Measure, print; the exit code says whether it could be measured, not whether the goals were met."""
    parser = options_of("memory", __doc__)
    parser.add_argument("--conversations", type=count, default=CONVERSATIONS, help="a round (default: %(default)s)")
    options = parser.parse_args(arguments)
    show(measure(options.rounds, options.conversations), as_json=options.json)
    return 0


def measure(rounds: int, conversations: int = CONVERSATIONS) -> list[Row]:
    """Start each so often, in turn; one hub lives through the conversations, the last."""
    return asyncio.run(_measure(rounds, conversations))


async def _measure(rounds: int, conversations: int) -> list[Row]:
    found: defaultdict[str, list[Memory]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name, SoundRoom() as room:
        folder = Path(name)
        house = House()
        async with PrivateBroker() as broker, LiveServer(house.talk) as server:
            for _ in range(rounds):
                found["peers"].append(await asyncio.to_thread(_peers, broker.port))
                offline = configuration(folder, broker.port)
                async with service(offline, room.environment) as hub:
                    found["offline"].append(hub.memory)
                    found["engine"].append(hub.engine_memory)
                gemini = configuration(folder, broker.port, url=server.url, more=devices())
                async with service(gemini, room.environment) as hub:
                    found["gemini"].append(hub.memory)
            async with service(gemini, room.environment) as hub, asyncio.TaskGroup() as tasks:
                lamps = Lamps(broker.port)
                living = tasks.create_task(lamps.run())
                await _converse(hub, room, lamps, conversations)
                found["after"].append(hub.memory)
                living.cancel()
    return _rows(found, conversations)


def _rows(found: dict[str, list[Memory]], conversations: int) -> list[Row]:
    idle, after = found["gemini"], found["after"]
    talked = f"after {conversations} conversations"

    def share(what: str) -> list[float]:
        return [each.share for each in found[what]]

    return [
        Row("PSS, idle", "MB", share("gemini"), goal=GOAL),
        Row(f"PSS, {talked}", "MB", share("after"), goal=GOAL),
        Row("PSS if nothing else ran, idle", "MB", [each.alone for each in idle], goal=GOAL),
        Row(f"PSS if nothing else ran, {talked}", "MB", [each.alone for each in after], goal=GOAL),
        Row("no part of a file, idle", "MB", [each.own for each in idle]),
        Row(f"no part of a file, {talked}", "MB", [each.own for each in after]),
        Row("PSS, idle, beside its peers", "MB", share("gemini"), PEERS, share("peers")),
        Row(
            "PSS if nothing else ran, beside its peers",
            "MB",
            [each.alone for each in idle],
            PEERS,
            [each.alone for each in found["peers"]],
        ),
        Row("PSS, idle, offline", "MB", share("offline")),
        Row("PSS of the offline server's recogniser", "MB", share("engine")),
    ]


def _peers(port: int) -> Memory:
    """Return what openWakeWord's loop, google-genai and aiomqtt take together."""
    with ExitStack() as stack:
        engine = stack.enter_context(program("wake_engines", "openWakeWord", "hey_jarvis", environment=QUIET))
        talker = stack.enter_context(program("talker_google", port, python=ORACLES))
        engine.line()
        talker.line()
        return Memory.of([engine.process, talker.process])


class House:
    """The Live server's part of the conversations."""

    def __init__(self) -> None:
        self._numbers = itertools.count()

    async def talk(self, visit: Visit) -> None:
        """Switch a lamp, say something, end it."""
        number = next(self._numbers)
        wanted: dict[str, JsonValue] = {"device": f"lamp {number % LAMPS}", "brightness": 1 + number // LAMPS % 100}
        await visit.call(FunctionCall(id=f"light {number}", name="set_light", args=wanted))
        await visit.until(lambda: visit.over or bool(visit.tool_responses))
        await visit.say(_ANSWER)
        await visit.call(FunctionCall(id=f"end {number}", name=END_CONVERSATION))
        await visit.end_turn()
        await visit.until(lambda: visit.over)
        visit.audio.clear()


async def _converse(hub: Service, room: SoundRoom, lamps: Lamps, conversations: int) -> None:
    """Have so many conversations; raises RuntimeError if a lamp was not switched."""
    await lamps.broker.wait_connected()
    place = 0
    for number in range(conversations):
        if number < _SPOKEN:
            await asyncio.to_thread(room.say, _WAKE)
        else:
            await lamps.broker.publish(Publish(_LISTEN, b'{"silent": true}'), _TIMEOUT)
        place = await hub.daemon.event("answered", place)
        place = await hub.daemon.event("state", place, state="idle")
    switched = [each for each in hub.daemon.events if each["event"] == "answered" and each["status"] == "done"]
    if len(switched) < conversations:
        raise RuntimeError(f"{conversations - len(switched)} of {conversations} lamps were not switched")
