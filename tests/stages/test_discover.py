"""The stage that keeps a house as it announces itself, with a real broker."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.catalog import Catalog
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.stages.discover import Discover
from hubd.tools import Toolbox

TOPIC = "homeassistant/light/lamp/config"


def lamp(name: str, unique_id: str = "lamp") -> bytes:
    """Return what a lamp of this name announces."""
    return json.dumps({"name": name, "uniq_id": unique_id, "cmd_t": "lamp/set", "stat_t": "lamp"}).encode()


class Watched:
    """Whose reports are read; news comes with each change."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()

    def __call__(self, devices: tuple[Device, ...]) -> None:
        """Take the devices."""
        self._told.put_nowait(tuple(device.name for device in devices))

    async def until(self, *names: str) -> None:
        """Return once these are the devices."""
        while await self._told.get() != names:
            pass


@asynccontextmanager
async def discovering(port: int, toolbox: Toolbox, watched: Watched) -> AsyncIterator[tuple[PahoBroker, Discover]]:
    """Have the stage running; yield a broker to announce by."""
    broker = PahoBroker(BrokerSettings(HOST, port, "under-test"), lambda _: None)
    discover = Discover(Discovery(Rules()), broker, (), watched, toolbox)
    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(broker.run()), tasks.create_task(discover.run())]
        await broker.wait_connected()
        yield broker, discover
        for task in running:
            task.cancel()


def offered(toolbox: Toolbox) -> list[str]:
    """Return the names of what the model may command."""
    return [device.name for device in toolbox.catalog.devices]


async def test_devices_come_change_go(mosquitto: PrivateBroker) -> None:
    """Each change is watched at once, and offered from the next conversation on, not before."""
    toolbox, watched = Toolbox(Catalog([])), Watched()
    async with discovering(mosquitto.port, toolbox, watched) as (broker, discover):
        seen: list[str] = []
        for payload, names in ((lamp("Lamp"), ["Lamp"]), (lamp("Big lamp"), ["Big lamp"]), (b"", [])):
            await broker.publish(Publish(TOPIC, payload, 1, retain=True), 5.0)
            await watched.until(*names)
            assert offered(toolbox) == seen
            discover.prepare()
            assert offered(toolbox) == names
            seen = names
    assert not any(declaration.name == "set_light" for declaration in toolbox.declarations())


async def test_an_empty_house_settles_too(mosquitto: PrivateBroker) -> None:
    """Where nothing announces itself nobody waits for ever."""
    toolbox = Toolbox(Catalog([]))
    async with discovering(mosquitto.port, toolbox, Watched()) as (_, discover):
        await discover.settled()
        discover.prepare()
    assert offered(toolbox) == []


async def test_a_flood_of_states_does_not_hold_it_up(mosquitto: PrivateBroker) -> None:
    """Devices are found while other messages come without a pause."""
    watched = Watched()
    async with discovering(mosquitto.port, Toolbox(Catalog([])), watched) as (broker, _), asyncio.TaskGroup() as tasks:
        broker.subscribe(["flood"])

        async def pour() -> None:
            while True:
                await broker.publish(Publish("flood", b"x", 1), 5.0)

        pouring = tasks.create_task(pour())
        await broker.publish(Publish(TOPIC, lamp("Lamp"), 1, retain=True), 5.0)
        await watched.until("Lamp")
        pouring.cancel()


async def test_the_garbage_collector_is_spared_a_house_that_grew(
    mosquitto: PrivateBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stays is set apart when the first device has come, then whenever there are more than twice as many."""
    set_apart: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: set_apart.append("now"))
    watched = Watched()
    async with discovering(mosquitto.port, Toolbox(Catalog([])), watched) as (broker, _):
        for number, times in ((1, 1), (2, 1), (3, 2)):
            payload = lamp(f"Lamp {number}", f"lamp_{number}")
            await broker.publish(Publish(f"homeassistant/light/{number}/config", payload, 1, retain=True), 5.0)
            await watched.until(*(f"Lamp {each}" for each in range(1, number + 1)))
            assert len(set_apart) == times


async def test_another_configuration_while_it_runs(mosquitto: PrivateBroker) -> None:
    """The devices of the configuration change at once, in another toolbox; other rules look at all there is again."""
    toolbox, watched = Toolbox(Catalog([])), Watched()
    table = {"id": "own", "name": "Own", "kind": "switch", "dialect": "plain", "command_topic": "own/set"}
    own = Device.model_validate(table)
    async with discovering(mosquitto.port, toolbox, watched) as (broker, discover):
        for name in ("Lamp", "Spot"):
            payload = lamp(name, name.lower())
            await broker.publish(Publish(f"homeassistant/light/{name}/config", payload, 1, retain=True), 5.0)
        await watched.until("Lamp", "Spot")
        another = Toolbox(Catalog([own]))
        discover.adopt((own,), another, None)
        discover.prepare()
        assert offered(another) == ["Own", "Lamp", "Spot"]
        assert offered(toolbox) == []
        discover.adopt((own,), another, Discovery(Rules(exclude=("Spot",))))
        discover.prepare()
        assert offered(another) == ["Own", "Lamp", "Spot"]
        await watched.until("Own", "Lamp")
        discover.prepare()
        assert offered(another) == ["Own", "Lamp"]
