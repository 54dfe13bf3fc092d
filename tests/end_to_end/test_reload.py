"""The whole hub, whose configuration is changed while it works."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import JsonValue

from hubd.control import Reply
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.events import StopAsked
from hubd.live.messages import FunctionCall
from hubd.reports import PublicState, PublishedReport, SessionReport
from hubd.stages.reload import Reload
from hubd.wishes import ListenAsked
from tests.edges.mqtt_parts import until
from tests.end_to_end.daemon import daemon
from tests.end_to_end.house import Home, home
from tests.end_to_end.program import Outcome, environment, run
from tests.live_server import DEADLINE, LiveServer, Visit
from tests.running import running

# An open microphone for as long as the test likes.
PATIENT: Final = """
[wake]
words = []
[conversation]
follow_up = 600
max_listening = 600
chime = false
"""
BROKEN: Final = '[live]\nvoice = 7\n[[device]]\nid = "no name"\n'


LAMP: Final = """
[[device]]
id = "lamp"
name = "lamp"
kind = "light"
dialect = "plain"
command_topic = "lamp/set"
state_topic = "lamp"
"""
GONG: Final = """
[[automation]]
id = "bell"
when = { topic = "bell", on = "message" }
then = { publish = { topic = "gong", payload = "ding", qos = 1 } }
"""


def silent_lamp(name: str) -> str:
    """Return a device of this name that reports nothing."""
    return (
        f'[[device]]\nid = "{name}"\nname = "{name}"\nkind = "light"\ndialect = "plain"\ncommand_topic = "{name}/set"\n'
    )


class Nobody:
    """Who looks after a hub that nobody looks after."""

    def reloading(self) -> None:
        """Do nothing."""

    def reloaded(self, refusal: str, waiting: tuple[str, ...]) -> None:
        """Do nothing."""


@asynccontextmanager
async def reloading(inside: Home) -> AsyncIterator[Reload]:
    """Have the hub's configuration read anew whenever somebody asks."""
    reload = Reload(Nobody())
    async with running(reload.run(lambda: inside.hub.renewal.prepare(inside.read()))):
        yield reload


def lamps_in(visit: Visit) -> JsonValue:
    """Return which lamps the model may set."""
    (declaration,) = [each for each in visit.declarations if each["name"] == "set_light"]
    parameters: dict[str, dict[str, dict[str, JsonValue]]] = declaration["parameters"]  # type: ignore[assignment]  # JSON
    return parameters["properties"]["device"]["enum"]


@asynccontextmanager
async def beside_the_hub(port: int) -> AsyncIterator[PahoBroker]:
    """Yield another client of the hub's broker, connected."""
    broker = PahoBroker(BrokerSettings(HOST, port, "house"), lambda _report: None)
    async with running(broker.run()):
        await broker.wait_connected()
        yield broker


def keeps_back(process: int, number: signal.Signals) -> bool:
    """Return whether the process keeps a signal back until it is ready for it; a program does not when it begins."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (blocked,) = [line.split()[1] for line in lines if line.startswith("SigBlk:")]
    return bool(int(blocked, 16) >> (number - 1) & 1)


def held() -> tuple[int, int]:
    """Return how many files and how many tasks there are."""
    return len(list(Path("/proc/self/fd").iterdir())), len(asyncio.all_tasks())


def made_of_a_configuration() -> int:
    """Return how many objects there are that a reload makes; what the server records grows with the time."""
    makers = ("hubd.allowance", "hubd.automations", "hubd.config", "hubd.devices", "hubd.stages", "hubd.tools")
    # Of some types of extensions it is no text.
    return sum(str(type(each).__module__).startswith(makers) for each in gc.get_objects())


async def listen(inside: Home, since: int = 0) -> int:
    """Have the microphone opened; return the place after the report of that."""
    inside.hub.post(ListenAsked("test"))
    return await inside.diary.state(PublicState.LISTENING, since)


async def test_two_hundred_reloads_under_conversation(tmp_path: Path) -> None:
    """Valid and broken in turn: no drop, nothing left behind; the next conversation knows the last valid one."""
    devices = tmp_path / "devices.d"
    devices.mkdir()
    (devices / "lamps.toml").write_text(silent_lamp("old"))
    objects: list[int] = []
    async with LiveServer() as server, home(tmp_path, server.url, PATIENT) as inside, reloading(inside) as reload:
        place = await listen(inside)
        visit = await server.visit(0)
        await inside.hub.newer_connection(0)
        await reload.answer()
        before = held()
        for number in range(200):
            broken = bool(number % 2)
            voice = f'[live]\nvoice = "Voice {number}"\n'
            (tmp_path / "hubd.toml").write_text(PATIENT + (BROKEN if broken else voice))
            (devices / "lamps.toml").write_text(silent_lamp(f"new_{number}"))
            reply = await reload.answer()
            assert len(reply.complaints) == (4 if broken else 0), reply
            assert reply.waiting == ()
            if number in {99, 199}:
                gc.collect()
                objects.append(made_of_a_configuration())
        heard = visit.samples
        await visit.until(lambda: visit.samples > heard + 1000)
        await visit.call(FunctionCall(id="c1", name="set_light", args={"device": "old", "on": True}))
        await visit.until(lambda: bool(visit.tool_responses))
        (published,) = [report for report in inside.diary.reports if isinstance(report, PublishedReport)]
        assert published.topic == "old/set"
        assert held() == before
        assert len(server.visits) == 1
        assert not visit.over
        assert not [each for each in inside.diary.reports[place:] if isinstance(each, SessionReport)]
        assert objects[1] - objects[0] < 100, objects
        inside.hub.post(StopAsked())
        place = await inside.diary.state(PublicState.IDLE, place)
        await listen(inside, place)
        again = await server.visit(1)
    assert lamps_in(visit) == ["old"]
    assert lamps_in(again) == ["new_198"]
    assert '"voiceName":"Voice 198"' in again.frames[0]


async def test_what_is_taken_over(tmp_path: Path) -> None:
    """Devices with what the broker has stored of them, automations, the hub's face; a volume set by hand stays."""
    main = tmp_path / "hubd.toml"

    async def ask(visit: Visit) -> None:
        await visit.call(FunctionCall(id="c1", name="get_state", args={}))

    async with (
        LiveServer(ask) as server,
        home(tmp_path, server.url, PATIENT) as inside,
        reloading(inside) as reload,
        beside_the_hub(inside.port) as house,
    ):
        heard = house.messages()
        house.subscribe(["hubd/hub/+", "hubd/hub/result/volume", "homeassistant/device/+/config", "gong"])
        # The last thing that it says once it is connected, with its commands subscribed.
        await until(heard, "hubd/hub/availability")
        await house.publish(Publish("lamp", b"ON", 1, retain=True), 5.0)
        await house.publish(Publish("hubd/hub/cmd/volume", b"33", 1), 5.0)
        await until(heard, "hubd/hub/result/volume")
        main.write_text(PATIENT + LAMP + GONG + '[hub]\nname = "Attic voice"\n')
        assert await reload.answer() == Reply()
        async with asyncio.timeout(DEADLINE):
            while b"Attic voice" not in (await anext(heard)).payload:
                pass
        await house.publish(Publish("bell", b"pressed", 1), 5.0)
        assert (await until(heard, "gong"))[-1].payload == b"ding"
        await listen(inside)
        visit = await server.visit(0)
        await visit.until(lambda: bool(visit.tool_responses))
        assert "The lamp is on" in json.dumps(visit.tool_responses)
        main.write_text(PATIENT + LAMP + "[speaker]\nvolume = 44\n")
        assert await reload.answer() == Reply()
        volumes: list[int] = []
        while volumes[-1:] != [44]:
            (*_, state) = await until(heard, "hubd/hub/state")
            volumes.append(json.loads(state.payload)["volume"])
        assert set(volumes) <= {33, 44}


async def test_by_command_and_by_signal(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """``hubd reload`` tells what came of it, SIGHUP has the log tell it, from when the program has begun."""
    config = tmp_path / "hubd.toml"
    quiet = '[microphone]\ndevice = "none"\n[speaker]\ndevice = "none"\n'
    broker = f'[mqtt]\nhost = "{HOST}"\nport = {mosquitto.port}\n'
    config.write_text(quiet + broker)
    with tempfile.TemporaryDirectory(prefix="hubd-") as place:
        command = partial(run, home=tmp_path, RUNTIME_DIRECTORY=place)

        async def reload() -> Outcome:
            return await asyncio.to_thread(command, "reload")

        outcome = await reload()
        assert (outcome.status, outcome.stdout) == (1, "")
        assert outcome.stderr.startswith("hubd: no hub runs here")
        env = environment(tmp_path, RUNTIME_DIRECTORY=place)
        async with daemon(config, env) as hub:
            while not keeps_back(hub.process, signal.SIGHUP):
                await asyncio.to_thread(os.sched_yield)
            os.kill(hub.process, signal.SIGHUP)
            await hub.logged("the changed configuration is in force")
            second = await asyncio.to_thread(command, "run", "--config", config)
            assert second.status == 1
            assert second.stderr.splitlines()[-1].startswith("hubd: another hub runs here already")
            config.write_text(quiet + broker + LAMP)
            assert (await reload()).stdout == "The configuration is in force.\n"
            config.write_text(quiet + broker + LAMP + '[hub]\nid = "attic"\nrom = "attic"\n')
            outcome = await reload()
            assert (outcome.status, outcome.stdout) == (1, "")
            assert outcome.stderr == (
                f"{config}:18: hub.rom: unknown option; did you mean room?\n1 mistake in the configuration.\n"
            )
            await hub.logged("hub.rom: unknown option")
            config.write_text(quiet + broker + LAMP + '[hub]\nid = "attic"\nroom = "attic"\n')
            outcome = await reload()
            assert outcome.status == 0
            assert outcome.stdout.splitlines()[1:] == [
                "These changes take effect after: sudo systemctl restart hubd",
                "  hub.id",
            ]


async def test_a_microphone_is_muted_at_the_hub_itself(mosquitto: PrivateBroker, tmp_path: Path) -> None:
    """``hubd mute off`` opens what ``hubd mute on`` has muted, though MQTT may not open it."""
    config = tmp_path / "hubd.toml"
    quiet = '[microphone]\ndevice = "none"\n[speaker]\ndevice = "none"\n'
    config.write_text(f'{quiet}[mqtt]\nhost = "{HOST}"\nport = {mosquitto.port}\n')
    with tempfile.TemporaryDirectory(prefix="hubd-") as place:
        command = partial(run, home=tmp_path, RUNTIME_DIRECTORY=place)
        async with daemon(config, environment(tmp_path, RUNTIME_DIRECTORY=place)) as hub:
            await hub.logged("connected to the MQTT broker")
            for word, said, state in (("on", "muted", "muted"), ("off", "open", "idle")):
                outcome = await asyncio.to_thread(command, "mute", word)
                assert (outcome.status, outcome.stdout) == (0, f"The microphone is {said}.\n")
                await hub.event("state", state=state)
