"""The hub's tree on a real broker that comes and goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from paho.mqtt import publish
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.edges.paho_broker import BrokerSettings, LastWill
from hubd.events import Event, StopAsked
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.presence import OFFLINE, Presence, Words
from hubd.reports import PublicState, StateReport
from hubd.stages.tell import Commands, Tell
from tests.edges.mqtt_parts import Edge
from tests.edges.mqtt_parts import running as connected
from tests.end_to_end.automation import Body, automation
from tests.live_server import DEADLINE
from tests.running import running

TREE: Final = Tree("hubd", "hub", "homeassistant")


class Hub:
    """The part of a hub that is on MQTT."""

    def __init__(self, edge: Edge) -> None:
        self.edge = edge
        self.posted: list[Event] = []
        self.tell = Tell(
            broker=edge.broker,
            tree=TREE,
            presence=Presence(Identity("Hub", "", "1"), TREE, words=Words.PUBLISHED, volume=80, started=0.0),
            commands=Commands.ALL,
            post=self.posted.append,
            set_volume=lambda _percent: None,
            clock=time.monotonic,
            wall=time.time,
            quiet=lambda: False,
            spread=lambda: 0.0,
        )


@asynccontextmanager
async def hub_at(port: int) -> AsyncIterator[Hub]:
    """Run it."""
    will = LastWill(TREE.availability, OFFLINE)
    async with connected(BrokerSettings(HOST, port, "hub", will=will)) as edge:
        hub = Hub(edge)
        async with running(hub.tell.run()):
            yield hub


async def test_a_broker_that_was_away_is_told_everything_again(mosquitto: PrivateBroker) -> None:
    """Killed and started again, without a memory, it has the newest state, the announcement, the availability."""
    async with hub_at(mosquitto.port) as hub:
        async with automation(mosquitto.port):
            pass
        await mosquitto.kill()
        await hub.edge.reports.wait("broke off")
        hub.tell.report(StateReport(PublicState.LISTENING))
        hub.tell.report(StateReport(PublicState.SPEAKING))
        await mosquitto.start()
        async with automation(mosquitto.port) as late:
            state = await late.message(TREE.state)
            announced = await late.message("homeassistant/device/hubd_hub/config")
    assert (state["state"], announced["avty_t"]) == ("speaking", "hubd/hub/availability")


async def test_a_hub_that_stops_says_so(mosquitto: PrivateBroker) -> None:
    """Whoever looks at its availability reads offline, also later."""
    async with hub_at(mosquitto.port), automation(mosquitto.port) as witness:
        pass
    async with connected(BrokerSettings(HOST, mosquitto.port, "late")) as edge:
        messages = edge.broker.messages()
        edge.broker.subscribe([TREE.availability])
        assert (await anext(messages)).payload == OFFLINE
    assert witness.seen


async def test_home_assistant_that_starts_gets_the_announcement_again(mosquitto: PrivateBroker) -> None:
    """Its birth message is enough."""
    async with hub_at(mosquitto.port), automation(mosquitto.port) as witness:
        since = len(witness.seen)
        await asyncio.to_thread(publish.single, "homeassistant/status", "online", hostname=HOST, port=mosquitto.port)
        announced = await witness.message("homeassistant/device/hubd_hub/config", lambda body: "dev" in body, since)
    assert "cmps" in announced


def carried_out(body: Body) -> bool:
    """Return whether a result says so."""
    return body["ok"] is True


def dropped(body: Body) -> bool:
    """Return whether a result says that the command was not carried out."""
    return body["ok"] is False


def ask_for_an_answer(port: int, topic: str, correlation: bytes, *, retain: bool) -> None:
    """Publish the command to stop, with where the result is wanted; blocks."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho gives it no types
    properties.ResponseTopic, properties.CorrelationData = topic, correlation
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
    client.connect(HOST, port)
    client.loop_start()
    client.publish(TREE.command("stop"), "", 1, retain, properties).wait_for_publish(DEADLINE)
    client.disconnect()
    client.loop_stop()


async def test_an_answer_goes_where_the_message_wants_it(mosquitto: PrivateBroker) -> None:
    """On the MQTT 5 response topic, with the correlation data; a retained command is dropped, and told there too."""
    async with hub_at(mosquitto.port) as hub, automation(mosquitto.port) as witness:
        for retain in (False, True):
            await asyncio.to_thread(ask_for_an_answer, mosquitto.port, "hubd/hub/result/x/1", b"\0\xff1", retain=retain)
            await witness.message("hubd/hub/result/x/1", dropped if retain else carried_out)
        answers = [each for each in witness.seen if each.topic == "hubd/hub/result/x/1"]
    assert hub.posted == [StopAsked()]
    assert [each.correlation for each in answers] == [b"\0\xff1"] * 2
    assert [json.loads(each.payload)["error"] for each in answers] == [None, "retained"]
