"""A house with its own broker, for as long as somebody is in it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hubd.config import Config, load
from hubd.demo.home import at_home
from hubd.demo.house import demo_devices
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return a configuration of somebody who has a broker elsewhere."""
    file = tmp_path / "hubd.toml"
    file.write_text('[mqtt]\nhost = "broker.example"\nusername = "jane"\ntls = true\n')
    return replace(load(file), devices=demo_devices())


async def test_a_hub_finds_the_devices_at_home(config: Config) -> None:
    """The configuration names a broker on this computer, nobody's password goes there, and the devices answer."""
    async with at_home(config) as here:
        mqtt = here.mqtt
        assert (mqtt.host, mqtt.tls, mqtt.username) == ("127.0.0.1", False, "")
        assert replace(here, mqtt=config.mqtt) == config
        hub = PahoBroker(BrokerSettings(mqtt.host, mqtt.port, "hub"), lambda _: None)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(hub.run())
            await hub.wait_connected()
            messages = hub.messages()
            hub.subscribe(["home/garage/door"])
            assert (await anext(messages)).payload == b"closed"
            await hub.publish(Publish("home/garage/door/set", b"OPEN", qos=1), 5.0)
            assert (await anext(messages)).payload == b"open"
            running.cancel()


async def test_the_house_is_gone_afterwards(config: Config) -> None:
    """Nobody listens on the port any more."""
    async with at_home(config) as here:
        pass
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(here.mqtt.host, here.mqtt.port)
