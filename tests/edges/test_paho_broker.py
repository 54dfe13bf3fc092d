"""The broker edge against a real mosquitto."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count, pairwise
from pathlib import Path

import pytest
from pydantic import SecretStr

from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges import paho_broker
from hubd.edges.paho_broker import BrokerSettings, LastWill, PahoBroker
from hubd.edges.paho_connection import CONNECT_TIMEOUT, INBOUND_LIMIT
from hubd.errors import BrokerError
from hubd.mqtt.faults import Fault
from hubd.ports import Broker, InboundMessage
from hubd.reports import Part
from tests.edges.mqtt_parts import Edge, Reports, marked, running, until


def settings(mosquitto: PrivateBroker, client_id: str = "under-test") -> BrokerSettings:
    """Return the settings to reach the broker with."""
    return BrokerSettings(HOST, mosquitto.port, client_id)


@pytest.fixture
async def edge(mosquitto: PrivateBroker) -> AsyncIterator[Edge]:
    """Yield a running edge, connected."""
    async with running(settings(mosquitto)) as edge:
        yield edge


@pytest.fixture
async def witness(mosquitto: PrivateBroker) -> AsyncIterator[PahoBroker]:
    """Yield another client of the broker."""
    async with running(settings(mosquitto, "witness")) as edge:
        yield edge.broker


async def heard_by(witness: PahoBroker) -> AsyncIterator[InboundMessage]:
    """Return what the witness hears from now on."""
    messages = witness.messages()
    witness.subscribe(["#"])
    await marked(witness, messages, "witness/listens")
    return messages


async def fails(publishing: Awaitable[None]) -> str:
    """Return why a message can't be published."""
    with pytest.raises(BrokerError) as caught:
        await publishing
    return str(caught.value)


@pytest.mark.parametrize("qos", [0, 1])
async def test_a_message_arrives_as_it_was_published(edge: Edge, witness: PahoBroker, qos: int) -> None:
    """Topic and payload arrive byte for byte, unretained, with either quality of service."""
    port: Broker = edge.broker
    heard = await heard_by(witness)
    await port.publish(Publish("lamp/set", b'{"state":"ON"}\0\xff', qos), 1.0)
    assert (await until(heard, "lamp/set"))[-1] == InboundMessage("lamp/set", b'{"state":"ON"}\0\xff', retained=False)


async def test_every_reader_gets_what_is_subscribed_to_and_nothing_else(edge: Edge, witness: PahoBroker) -> None:
    """Two iterators get the same messages in order; other topics stay away; wildcards work."""
    first, second = edge.broker.messages(), edge.broker.messages()
    edge.broker.subscribe(["a/+", "end"])
    await edge.broker.publish(Publish("other", b"", 1), 1.0)
    for topic in ("b/1", "a/1", "a/2", "a/2/c", "end"):
        await witness.publish(Publish(topic, b"", 1), 1.0)
    for messages in (first, second):
        assert [message.topic for message in await until(messages, "end")] == ["a/1", "a/2", "end"]


async def test_a_filter_is_kept_until_nobody_needs_it(edge: Edge, mosquitto: PrivateBroker) -> None:
    """What one of two does without stays subscribed for the other, then it is gone, also after a reconnect."""
    messages = edge.broker.messages()
    edge.broker.subscribe(["shared", "once", "mark"])
    edge.broker.subscribe(["shared", "shared"])
    edge.broker.unsubscribe(["shared", "once"])
    await edge.broker.publish(Publish("once", b"", 1), 1.0)
    await edge.broker.publish(Publish("shared", b"", 1), 1.0)
    assert [message.topic for message in await until(messages, "shared")] == ["shared"]
    edge.broker.unsubscribe(["shared"])
    for connection in (1, 2):
        assert await edge.broker.newer_connection(connection - 1) == connection
        for topic in ("once", "shared", "mark"):
            await edge.broker.publish(Publish(topic, b"", 1), 1.0)
        assert [message.topic for message in await until(messages, "mark")] == ["mark"]
        if connection == 1:
            await mosquitto.kill()
            await edge.reports.wait("broke off")
            await mosquitto.start()
    edge.broker.subscribe(["once"])
    await edge.broker.publish(Publish("once", b"", 1), 1.0)
    assert (await anext(messages)).topic == "once"


async def test_retained_messages_come_marked(edge: Edge, witness: PahoBroker) -> None:
    """What the broker had stored says so, what is live does not."""
    await witness.publish(Publish("kept", b"old", 1, retain=True), 1.0)
    messages = edge.broker.messages()
    edge.broker.subscribe(["kept"])
    assert await anext(messages) == InboundMessage("kept", b"old", retained=True)
    await witness.publish(Publish("kept", b"new", 1, retain=True), 1.0)
    assert await anext(messages) == InboundMessage("kept", b"new", retained=False)


async def test_a_broker_that_is_down_at_first_is_found_later(mosquitto: PrivateBroker) -> None:
    """Its absence is one trouble with advice, however many attempts fail; its arrival clears it."""
    await mosquitto.stop()
    async with running(settings(mosquitto), connected=False) as edge:
        trouble = await edge.reports.wait("no MQTT broker listens at 127.0.0.1")
        assert trouble.part is Part.MQTT
        assert "Start the broker" in trouble.advice
        with pytest.raises(BrokerError, match="no connection"):
            await edge.broker.publish(Publish("a", b""), 1.0)
        await mosquitto.start()
        await edge.broker.wait_connected()
        await edge.broker.publish(Publish("a", b"", 1), 1.0)
        assert [report.cleared for report in edge.reports] == [False, True]
        assert edge.reports[1].problem == trouble.problem


async def test_it_is_seen_to_act(edge: Edge, mosquitto: PrivateBroker) -> None:
    """Connected, or waiting for the next attempt, the edge says by when it does something more, and keeps to it."""
    loop = asyncio.get_running_loop()
    assert loop.time() < edge.broker.acts_by <= loop.time() + 1
    await mosquitto.stop()
    await edge.reports.wait("no MQTT broker listens")
    assert loop.time() - 1 < edge.broker.acts_by <= loop.time() + CONNECT_TIMEOUT


async def test_subscriptions_come_back_after_a_crash_of_the_broker(edge: Edge, mosquitto: PrivateBroker) -> None:
    """Killed and started again, the broker has every subscription again, those made in between included."""
    edge.broker.subscribe(["before"])
    await mosquitto.kill()
    await edge.reports.wait("broke off")
    edge.broker.subscribe(["between"])
    await mosquitto.start()
    await edge.broker.wait_connected()
    messages = edge.broker.messages()
    for topic in ("before", "between"):
        await edge.broker.publish(Publish(topic, b"", 1), 1.0)
        assert (await anext(messages)).topic == topic


@pytest.mark.parametrize("qos", [0, 1])
async def test_what_is_published_while_the_broker_is_away_fails_and_is_never_sent(
    edge: Edge, mosquitto: PrivateBroker, qos: int
) -> None:
    """Without a connection publish raises at once; after the reconnect the message does not appear."""
    await mosquitto.kill()
    await edge.reports.wait("broke off")
    with pytest.raises(BrokerError, match="no connection"):
        await edge.broker.publish(Publish("door/set", b"OPEN", qos), 60.0)
    await mosquitto.start()
    async with running(settings(mosquitto, "witness")) as other:
        heard = await heard_by(other.broker)
        await edge.broker.wait_connected()
        assert await marked(edge.broker, heard, "mark") == []


async def test_a_frozen_broker_gets_a_command_once_at_most(edge: Edge, mosquitto: PrivateBroker) -> None:
    """QoS 1 that a frozen broker does not confirm fails after valid_for; after its recovery nothing is sent again."""
    async with running(settings(mosquitto, "witness")) as other:
        heard = await heard_by(other.broker)
        mosquitto.pause()
        with pytest.raises(BrokerError, match="in time"):
            await edge.broker.publish(Publish("door/set", b"OPEN", 1), 0.1)
        assert not edge.broker.connected
        mosquitto.resume()
        await edge.broker.wait_connected()
        # What had reached the broker's computer can't be called back, so one is possible; a second would be ours.
        assert len(await marked(edge.broker, heard, "mark")) <= 1


async def test_messages_under_way_fail_when_the_broker_dies(edge: Edge, mosquitto: PrivateBroker) -> None:
    """A QoS 1 message that was not confirmed when the connection ended fails then, and is not sent to the next one."""
    mosquitto.pause()
    async with asyncio.TaskGroup() as tasks:
        publishing = tasks.create_task(fails(edge.broker.publish(Publish("door/set", b"OPEN", 1), 60.0)))
        tasks.create_task(mosquitto.kill())
    assert "broke off" in publishing.result()
    await mosquitto.start()
    async with running(settings(mosquitto, "witness")) as other:
        heard = await heard_by(other.broker)
        await edge.broker.wait_connected()
        assert await marked(edge.broker, heard, "mark") == []


async def test_qos_0_is_written_before_publish_waits(edge: Edge, witness: PahoBroker) -> None:
    """publish() of QoS 0 comes to its end in its first step, without a turn of the loop; the message arrives."""
    heard = await heard_by(witness)
    with pytest.raises(StopIteration):
        edge.broker.publish(Publish("lamp/set", b"ON"), 1.0).send(None)
    assert (await anext(heard)).topic == "lamp/set"


async def test_a_wrong_password_is_told_in_plain_words(tmp_path: Path) -> None:
    """The trouble names what is wrong and where the password belongs, and not the password; the right one connects."""
    passwords = tmp_path / "passwords"
    making = await asyncio.create_subprocess_exec("mosquitto_passwd", "-c", "-b", str(passwords), "hub", "right")
    assert await making.wait() == 0
    async with PrivateBroker(further=["allow_anonymous false", f"password_file {passwords}"]) as mosquitto:
        wrong, right = (
            BrokerSettings(HOST, mosquitto.port, "under-test", username="hub", password=SecretStr(password))
            for password in ("wrong-one", "right")
        )
        async with running(wrong, connected=False) as edge:
            trouble = await edge.reports.wait("refuses the connection")
            assert "password is wrong" in trouble.problem
            assert "/etc/hubd/credentials/mqtt_password" in trouble.advice
            assert "wrong-one" not in repr(trouble)
        async with running(right) as edge:
            assert edge.reports == []


async def test_two_clients_with_one_id_are_told_so(edge: Edge, mosquitto: PrivateBroker) -> None:
    """Mosquitto throws the other one out in silence; when that repeats itself, the advice names the id's option."""
    async with running(settings(mosquitto)):
        trouble = await edge.reports.wait("again and again")
        assert "mqtt.client_id" in trouble.advice


async def test_an_oversize_message_is_dropped_and_the_connection_stays(edge: Edge, mosquitto: PrivateBroker) -> None:
    """More than 256 KiB is not delivered, also when it is retained; what comes next is."""
    async with running(settings(mosquitto, "witness")) as other:
        # Past the limit of what the edge itself sends.
        big = Publish("picture", bytes(INBOUND_LIMIT + 1), 1, retain=True)
        assert other.broker._connection is not None
        await other.broker._connection.hand_over(big, 5.0)()
        edge.broker.subscribe(["picture", "mark"])
        assert await marked(edge.broker, edge.broker.messages(), "mark") == []
    assert edge.reports == []


@pytest.mark.parametrize("topic", ["", "a\0b", "a\nb", "a/+", "#", "$SYS/x", "a\ud800", "x" * 65_536])
async def test_a_topic_that_would_cost_the_connection_is_not_sent(edge: Edge, topic: str) -> None:
    """Such a message fails by itself, before the library sees it; the connection does not suffer."""
    for qos in (0, 1):
        with pytest.raises(BrokerError, match="can't be sent"):
            await edge.broker.publish(Publish(topic, b"", qos), 1.0)
    await edge.broker.publish(Publish("fine", b"", 1), 1.0)
    assert edge.reports == []


async def test_what_can_not_be_sent_is_refused_at_once(edge: Edge) -> None:
    """A payload beyond 64 KiB, and a command whose time is over, fail before anything is sent."""
    with pytest.raises(BrokerError, match="bytes"):
        await edge.broker.publish(Publish("a", bytes(64 * 1024 + 1)), 1.0)
    with pytest.raises(BrokerError, match="late"):
        await edge.broker.publish(Publish("a", b""), 0.0)


def test_a_filter_that_is_none_is_refused() -> None:
    """A broken filter is an error of the caller, found before it can cost a connection."""
    broker = PahoBroker(BrokerSettings(), lambda _: None)
    with pytest.raises(ValueError, match="control characters"):
        broker.subscribe(["good", "bad\0"])


async def test_a_reader_that_sleeps_loses_what_is_out_of_date(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full inbox drops what was said again since, and says so once; other readers lose nothing."""
    awake = edge.broker.messages()
    monkeypatch.setattr(paho_broker, "INBOX_LIMIT", 3)
    sleepy = edge.broker.messages()
    edge.broker.subscribe(["#"])
    topics = ["first", "often", "often", "often", "last"]
    for number, topic in enumerate(topics):
        await edge.broker.publish(Publish(topic, b"%d" % number, 1), 1.0)
    assert [(await anext(awake)).topic for _ in topics] == topics
    assert [(await anext(sleepy)).payload for _ in range(3)] == [b"0", b"3", b"4"]
    assert sum("faster than they are read" in record.message for record in caplog.records) == 1


async def test_a_reader_of_many_messages_gives_way(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Others have their turn between messages that wait already, however quickly they are read."""
    monkeypatch.setattr(paho_broker, "TURN", 0.0)
    messages, marks = edge.broker.messages(), edge.broker.messages()
    edge.broker.subscribe(["#"])
    for number in range(5):
        await edge.broker.publish(Publish("often", b"%d" % number, 1), 1.0)
    await marked(edge.broker, marks, "mark")
    loop, turns, seen = asyncio.get_running_loop(), count(), list[int]()

    def turn() -> None:
        next(turns)
        handles[0] = loop.call_soon(turn)

    handles: list[asyncio.Handle] = [loop.call_soon(turn)]
    for _ in range(5):
        await anext(messages)
        seen.append(next(turns))
    handles[0].cancel()
    assert all(later - earlier > 1 for earlier, later in pairwise(seen))


@pytest.mark.parametrize("ending", ["cancelled", "broken"])
async def test_the_last_will_is_published(mosquitto: PrivateBroker, witness: PahoBroker, ending: str) -> None:
    """When the hub stops, and when its connection breaks, the broker publishes the will."""
    heard = await heard_by(witness)
    will = LastWill("hub/availability", b"offline")
    mine = BrokerSettings(HOST, mosquitto.port, "under-test", will=will)
    async with running(mine) as edge:
        await marked(edge.broker, heard, "before")
        if ending == "broken":
            assert edge.broker._connection is not None
            edge.broker._connection._end(Fault("cut", "mend"))
        else:
            edge.task.cancel()
        found = await until(heard, "hub/availability")
    assert [message.payload for message in found] == [b"offline"]


async def test_a_connection_that_opens_while_it_is_given_up_does_no_harm(mosquitto: PrivateBroker) -> None:
    """Cancelled just when its socket has been opened, the edge ends as any cancelled task does."""
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(PahoBroker(settings(mosquitto), Reports()).run())
    hand_over, handed_over = loop.call_soon_threadsafe, asyncio.Event()

    def cancel_first(callback: Callable[..., object], *arguments: object) -> asyncio.Handle:
        def both() -> None:
            task.cancel()
            callback(*arguments)
            handed_over.set()

        return hand_over(both)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "call_soon_threadsafe", cancel_first)
        await handed_over.wait()
        with pytest.raises(asyncio.CancelledError):
            await task
