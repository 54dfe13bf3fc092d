"""A day in the house whose quiet hours pass quickly; usage: simulated.py HOURS; prints what was found as JSON."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from hubd.app import Hub
from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES, UPLINK_RATE
from hubd.config import load
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.memory import give_back
from hubd.edges.state_file import StateFile
from hubd.events import Backend, StopAsked
from hubd.live.messages import FunctionCall
from hubd.reports import Part, PublicState, Report, TroubleReport, WokeReport
from hubd.secrets import Secrets
from scripts.benches.measuring import grown_kb
from scripts.soaking.clock import Clock, loop_with
from scripts.soaking.day import HOUR, Mishap, Request, reports, requests
from scripts.soaking.house import LAMPS, Lamps, devices
from scripts.soaking.sound import Room
from tests.end_to_end.house import WARM_UP, Diary, Tape, speech
from tests.live_server import LiveServer, Visit

# Seconds in a real one while somebody is there. Else time jumps, by less than any deadline of a message, s.
_PACE: Final = 6.0
_JUMP: Final = 3.0
_LOOK_EVERY: Final = 0.005
_SETTINGS: Final = """
[mqtt]
host = "{host}"
port = {port}
[conversation]
chime = false
"""
# How often a lamp is told, with what the model hears of it.
_RIGHT: Final = {
    Mishap.NONE: ((1, "done"),),
    Mishap.CUT: ((1, "done"),),
    Mishap.SILENCE: ((1, "done"),),
    Mishap.CUT_AT_CALL: ((1, "duplicate"), (1, "done")),
    Mishap.RESTART: ((0, "failed"),),
}
_MOST_BEHIND: Final = 6
_TRIES: Final = 4
# Before anything is said the house comes to rest, s.
_REST: Final = 4.0
_ANSWER: Final = bytes(place % 251 for place in range(DOWNLINK_RATE * SAMPLE_BYTES))


class Size(NamedTuple):
    """How much the process holds."""

    memory_kb: int
    tasks: int
    files: int

    @classmethod
    def now(cls) -> Size:
        """Return how much that is now."""
        gc.collect()
        give_back()  # what malloc keeps of a burst that is over is not held by anybody
        return cls(grown_kb(), len(asyncio.all_tasks()), len(list(Path("/proc/self/fd").iterdir())))


class Day:
    """One day of one hub; found: what was counted. wrong: what went otherwise than it should, in words."""

    def __init__(self, clock: Clock, broker: PrivateBroker, server: LiveServer, folder: Path) -> None:
        self._clock = clock
        self._broker = broker
        self._server = server
        self._lamps = Lamps(broker.port)
        self._diary = Diary()
        self._tape = Tape(WARM_UP, speech("hey jarvis"), speech("set the lamp"), 2 * UPLINK_RATE).pcm
        self._began = asyncio.get_running_loop().time()
        self._troubles: Counter[str] = Counter()
        self._mishaps: Counter[str] = Counter()
        self._wakes = self._missed = self._asked = 0
        self.wrong: list[str] = []
        self._room = Room(lambda: self._hub.behind > _MOST_BEHIND)
        file = folder / "hubd.toml"
        file.write_text(_SETTINGS.format(host=HOST, port=broker.port) + devices())
        kept = {name: StateFile(folder / f"{name}.json", self._report) for name in ("session", "tokens", "timers")}
        self._hub = Hub(
            load(file),
            Secrets(),
            sound=self._room,
            backend=Backend.GEMINI,
            url=server.url,
            report=self._report,
            store=kept["session"],
            tokens=kept["tokens"],
            timers=kept["timers"],
        )

    async def run(self, length: float) -> dict[str, Any]:
        """Live through so many s; return what was found."""
        async with asyncio.TaskGroup() as tasks:
            living = [
                tasks.create_task(self._room.run()),
                tasks.create_task(self._hub.run()),
                tasks.create_task(self._lamps.run()),
            ]
            self._clock.pace = _PACE
            for broker in (self._hub._broker, self._lamps.broker):  # noqa: SLF001 -- nothing outside tells so
                await broker.newer_connection(0)
            sizes: list[Size] = []
            for request in requests(length):
                if request.at > (len(sizes) + 1) * HOUR:
                    sizes.append(Size.now())
                await self._quiet_until(request.at)
                await self._live_through(request)
            await self._quiet_until(length)
            sizes.append(Size.now())
            for task in living:
                task.cancel()
        return {
            "hours": length / HOUR,
            "wakes": self._wakes,
            "wake words that were missed": self._missed,
            "mishaps": dict(self._mishaps),
            "state changes": self._lamps.reports,
            "troubles": dict(self._troubles),
            "memory by the hour, kB": [size.memory_kb for size in sizes],
            "after the first hour": sizes[0]._asdict(),
            "at the end": sizes[-1]._asdict(),
            "wrong": self.wrong,
        }

    def _report(self, report: Report) -> None:
        if isinstance(report, TroubleReport) and not report.cleared:
            self._troubles[f"{report.part}: {report.problem}"] += 1
        self._diary(report)

    async def _quiet_until(self, at: float) -> None:
        loop = asyncio.get_running_loop()
        while (passed := loop.time() - self._began) < at:
            await self._lamps.chatter(round(reports(passed) * _JUMP / 60))
            await self._lamps.round_trip()
            while _in_flight(self._hub):  # noqa: ASYNC110 -- nothing tells when the last message has arrived
                await asyncio.sleep(_LOOK_EVERY)
            self._clock.jump(min(_JUMP, at - passed))
            await self._lamps.round_trip()

    async def _live_through(self, request: Request) -> None:
        """Ask for a lamp of one's own; each request is for another lamp, or another brightness."""
        lamp, percent = self._asked % LAMPS, 1 + self._asked // LAMPS * 4
        self._asked += 1
        name = f"request {self._asked}, {request.mishap.name}"
        self._room.somebody.set()
        await asyncio.sleep(_REST)
        try:
            async with asyncio.timeout(10 * 60):
                visit = await self._wake()
                status = await self._ask(visit, request.mishap, lamp, percent)
                self._hub.post(StopAsked())
                await self._diary.state(PublicState.IDLE)
        except (TimeoutError, AssertionError) as error:
            self.wrong.append(f"{name}: {type(error).__name__} {error}")
            return
        finally:
            self._room.somebody.clear()
            self._diary.reports.clear()
            self._server.visits.clear()
        told = self._lamps.told[lamp, round(percent * 2.54)]
        if (told, status) not in _RIGHT[request.mishap]:
            self.wrong.append(f"{name}: the lamp was told {told} times, the model: {status}")
        self._mishaps[request.mishap.name] += 1

    async def _wake(self) -> Visit:
        for _ in range(_TRIES):
            await self._room.speak(self._tape)
            if any(isinstance(report, WokeReport) for report in self._diary.reports):
                self._wakes += 1
                await self._diary.state(PublicState.LISTENING)
                # One that was opened before the wake word was certain may be over.
                return self._server.visits[-1]
            self._missed += 1
        raise AssertionError("the wake word was not heard")

    async def _ask(self, visit: Visit, mishap: Mishap, lamp: int, percent: int) -> str:
        """Call the function in the middle of it all; return the status that the model heard."""
        call = FunctionCall(
            id=f"c{self._asked}", name="set_light", args={"device": f"lamp {lamp}", "brightness": percent}
        )
        await visit.issue(f"handle {self._asked}")
        next_visit = partial(self._server.visit, len(self._server.visits))
        match mishap:
            case Mishap.NONE:
                await visit.call(call)
            case Mishap.CUT | Mishap.SILENCE:
                visit.cut() if mishap is Mishap.CUT else visit.stall()
                visit = await next_visit()
                await visit.call(call)
            case Mishap.CUT_AT_CALL:
                await visit.call(call)
                visit.cut()
                visit = await next_visit()
                await visit.call(call)
            case Mishap.RESTART:
                self._clock.pace = 1.0
                await self._broker.stop()
                await visit.call(call)
        await visit.until(lambda: bool(visit.tool_responses))
        if mishap is Mishap.RESTART:
            await self._broker.start()
            self._clock.pace = _PACE
            await self._diary.until(partial(_is_back, Part.MQTT))
            await self._lamps.broker.wait_connected()
        await visit.say(_ANSWER)
        response = visit.tool_responses[0]["response"]
        return str(response["status"]) if isinstance(response, dict) else ""


def _in_flight(hub: Hub) -> bool:
    connection = hub._broker._connection  # noqa: SLF001 -- what is on its way is nobody else's business
    return connection is not None and bool(connection._receipts)  # noqa: SLF001 -- the same


def _is_back(part: Part, report: Report) -> bool:
    return isinstance(report, TroubleReport) and report.part is part and report.cleared


async def _main(clock: Clock, hours: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with PrivateBroker() as broker, LiveServer() as server:
            found = await Day(clock, broker, server, Path(folder)).run(hours * HOUR)
    print(json.dumps(found))


if __name__ == "__main__":
    clock = Clock()
    clock.install()
    with asyncio.Runner(loop_factory=lambda: loop_with(clock)) as runner:
        runner.run(_main(clock, float(sys.argv[1])))
