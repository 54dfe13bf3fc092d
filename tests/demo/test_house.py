"""The demo house on a real broker."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from hubd.backoff import Backoff
from hubd.demo.house import House, demo_devices
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.ports import InboundMessage
from tests.running import running


def client(mosquitto: PrivateBroker, client_id: str) -> PahoBroker:
    """Return a client of the broker that comes back quickly."""
    return PahoBroker(BrokerSettings(HOST, mosquitto.port, client_id), lambda _: None, backoff=Backoff(0.02, 0.05))


@asynccontextmanager
async def house(mosquitto: PrivateBroker, jammed: Collection[str] = ()) -> AsyncIterator[PahoBroker]:
    """Run the demo house; yield a client beside it, connected."""
    hub = client(mosquitto, "hub")
    home = House(demo_devices(), client(mosquitto, "house"), jammed=jammed)
    async with running(home.run()), running(hub.run()):
        await home.ready.wait()
        await hub.wait_connected()
        yield hub


async def tell(hub: PahoBroker, topic: str, payload: str) -> None:
    """Publish a command."""
    await hub.publish(Publish(topic, payload.encode(), qos=1), 5.0)


async def heard_on(hub: PahoBroker, *topics: str) -> AsyncIterator[InboundMessage]:
    """Return what comes on the topics from now on."""
    messages = hub.messages()
    hub.subscribe([*topics, "mark"])
    await tell(hub, "mark", "")
    while (await anext(messages)).topic != "mark":
        pass
    return messages


@pytest.mark.parametrize(
    ("command_topic", "command", "state_topic", "state"),
    [
        ("zigbee2mqtt/office_lights/set", '{"state": "ON"}', "zigbee2mqtt/office_lights", '{"state": "ON"}'),
        ("zigbee2mqtt/coffee_machine/set", '{"state": "ON"}', "zigbee2mqtt/coffee_machine", '{"state": "ON"}'),
        ("zigbee2mqtt/kitchen_lights/get", '{"state": ""}', "zigbee2mqtt/kitchen_lights", '{"state": "OFF"}'),
        ("home/heater/set", '{"temperature": 21}', "home/heater", '{"temperature": 21}'),
    ],
)
async def test_a_device_reports_what_it_was_told(
    mosquitto: PrivateBroker, command_topic: str, command: str, state_topic: str, state: str
) -> None:
    """Each device answers a command on its state topic."""
    async with house(mosquitto) as hub:
        messages = await heard_on(hub, state_topic)
        await tell(hub, command_topic, command)
        message = await anext(messages)
        assert (message.topic, json.loads(message.payload)) == (state_topic, json.loads(state))


async def test_states_are_there_before_anybody_asks(mosquitto: PrivateBroker) -> None:
    """Zigbee2MQTT devices have a retained state from the start."""
    async with house(mosquitto) as hub:
        messages = hub.messages()
        hub.subscribe(["zigbee2mqtt/kitchen_lights"])
        first = await anext(messages)
        assert (json.loads(first.payload), first.retained) == ({"state": "OFF"}, True)


async def test_a_jammed_device_says_nothing(mosquitto: PrivateBroker) -> None:
    """A jammed garage door takes the command in silence; what comes after it is still answered."""
    async with house(mosquitto, jammed={"garage_door"}) as hub:
        messages = await heard_on(hub, "home/garage/door", "home/heater")
        await tell(hub, "home/garage/door/set", "OPEN")
        await tell(hub, "home/heater/set", '{"temperature": 18}')
        assert (await anext(messages)).topic == "home/heater"


class Watch(logging.Handler):
    """Waits for a word in the log."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word = word
        self.seen = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Look at a record."""
        if self._word in record.getMessage():
            self.seen.set()


async def test_the_house_stands_when_its_broker_falls(mosquitto: PrivateBroker) -> None:
    """A report that nobody takes is lost; when the broker is back, the house answers again."""
    watch = Watch("the report of heater is lost")
    logging.getLogger("hubd.demo.house").addHandler(watch)
    async with house(mosquitto) as hub:
        await tell(hub, "home/heater/set", '{"temperature": 18}')
        await mosquitto.kill()
        await watch.seen.wait()
        await mosquitto.start()
        await hub.wait_connected()
        messages = await heard_on(hub, "zigbee2mqtt/office_lights")

        async def insist() -> None:
            # The house may need longer than we to find the broker again.
            while True:
                await tell(hub, "zigbee2mqtt/office_lights/set", '{"state": "ON"}')

        insisting = asyncio.create_task(insist())
        assert b"ON" in (await anext(messages)).payload
        insisting.cancel()
        await asyncio.wait({insisting})
    logging.getLogger("hubd.demo.house").removeHandler(watch)
