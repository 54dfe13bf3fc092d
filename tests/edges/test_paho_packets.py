"""What MQTT 5 adds to messages, subscriptions, seen by a real mosquitto; and what is left of it with 3.1.1."""

from __future__ import annotations

import asyncio

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, LastWill
from hubd.edges.paho_dialling import Version
from hubd.edges.paho_packets import outbound_properties, subscriptions
from hubd.ports import InboundMessage, Wanted
from tests.edges.mqtt_parts import ACCEPTED_5, Visit, fake_broker, marked, running, until


def settings(mosquitto: PrivateBroker, client_id: str) -> BrokerSettings:
    """Return the settings to reach the broker with."""
    return BrokerSettings(HOST, mosquitto.port, client_id)


async def test_orders_are_live_and_from_others(mosquitto: PrivateBroker) -> None:
    """A subscription for orders brings nothing stored, nothing of one's own; what was to be stored is marked."""
    async with running(settings(mosquitto, "hub")) as hub, running(settings(mosquitto, "other")) as other:
        await other.broker.publish(Publish("cmd/old", b"stored", 1, retain=True), 5.0)
        messages = hub.broker.messages()
        hub.broker.subscribe(["cmd/+"], Wanted.ORDERS)
        # A connection's packets are treated in order, so this comes after the subscription.
        await hub.broker.publish(Publish("cmd/own", b"", 1), 5.0)
        await other.broker.publish(Publish("cmd/kept", b"", 1, retain=True), 5.0)
        await other.broker.publish(Publish("cmd/last", b"", 1), 5.0)
        assert await until(messages, "cmd/last") == [
            InboundMessage("cmd/kept", b"", retained=True),
            InboundMessage("cmd/last", b"", retained=False),
        ]


async def test_orders_are_subscribed_to_again_after_a_crash(mosquitto: PrivateBroker) -> None:
    """After the broker was killed both sorts of subscription are back, and the connection has a higher number."""
    async with running(settings(mosquitto, "hub")) as hub:
        hub.broker.subscribe(["state"])
        hub.broker.subscribe(["cmd/+"], Wanted.ORDERS)
        assert await hub.broker.newer_connection(0) == 1
        await mosquitto.kill()
        await hub.reports.wait("broke off")
        await mosquitto.start()
        assert await hub.broker.newer_connection(1) == 2
        messages = hub.broker.messages()
        async with running(settings(mosquitto, "other")) as other:
            await marked(hub.broker, messages, "state")
            for topic in ("state", "cmd/say"):
                await other.broker.publish(Publish(topic, b"", 1), 5.0)
            assert [each.topic for each in await until(messages, "cmd/say")] == ["state", "cmd/say"]


async def test_an_answer_carries_what_the_question_gave(mosquitto: PrivateBroker) -> None:
    """Correlation data comes back byte for byte; a message without says so by None."""
    async with running(settings(mosquitto, "hub")) as hub, running(settings(mosquitto, "other")) as other:
        messages = other.broker.messages()
        other.broker.subscribe(["answers/#", "ready"])
        await marked(other.broker, messages, "ready")
        await hub.broker.publish(Publish("answers/1", b"yes", 1, correlation=b"\0\xffid", expiry=30), 5.0)
        await hub.broker.publish(Publish("answers/2", b"no", 1), 5.0)
        assert [each.correlation for each in await until(messages, "answers/2")] == [b"\0\xffid", None]


async def test_the_question_says_where_the_answer_goes() -> None:
    """The response topic with the correlation data of an MQTT 5 message reach the reader."""
    # PUBLISH at QoS 0: the topic, 12 bytes of properties (response topic, correlation data), the payload.
    body = b"\0\x03cmd" + bytes([12]) + b"\x08\0\x04to/a" + b"\x09\0\x02id" + b"hello"
    packet = bytes([0x30, len(body)]) + body
    asked = asyncio.Event()

    async def play(visit: Visit) -> None:
        await visit.level()
        visit.send(ACCEPTED_5)
        await asked.wait()
        visit.send(packet)
        await visit.reader.read()

    async with fake_broker(play) as where, running(where) as edge:
        messages = edge.broker.messages()
        asked.set()
        assert await anext(messages) == InboundMessage(
            "cmd", b"hello", retained=False, answer_to="to/a", correlation=b"id"
        )


async def test_a_last_will_is_told_when_the_hub_is_gone(mosquitto: PrivateBroker) -> None:
    """The broker publishes the will, retained, for a client that stops."""
    async with running(settings(mosquitto, "witness")) as witness:
        messages = witness.broker.messages()
        witness.broker.subscribe(["hub/availability", "ready"])
        await marked(witness.broker, messages, "ready")
        will = LastWill("hub/availability", b"offline")
        async with running(BrokerSettings(HOST, mosquitto.port, "hub", will=will)):
            pass
        assert (await anext(messages)).payload == b"offline"


@pytest.mark.parametrize("wanted", Wanted)
def test_before_mqtt_5_a_subscription_is_a_filter_alone(wanted: Wanted) -> None:
    """With 3.1.1 there is only the quality of service."""
    assert subscriptions(["a", "b/+"], wanted, Version.MQTT311) == [("a", 1), ("b/+", 1)]


def test_a_plain_message_has_no_properties() -> None:
    """A message that neither expires nor answers anything needs none."""
    assert outbound_properties(Publish("a", b"")) is None


def test_properties_are_packed_as_paho_packs_them() -> None:
    """What goes into the packet is what paho makes of the same properties, each time."""
    plain = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho gives it no types
    plain.MessageExpiryInterval, plain.CorrelationData = 10, b"c-1"
    ours = outbound_properties(Publish("a", b"", expiry=10, correlation=b"c-1"))
    assert ours is not None
    assert [ours.pack(), ours.pack()] == [plain.pack()] * 2  # type: ignore[no-untyped-call]  # the same
