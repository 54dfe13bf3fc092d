"""The tell stage: the hub's tree on a broker that comes and goes, its commands, their results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.devices.discovery import Discovery, Rules
from hubd.devices.model import Device, Dialect, Kind
from hubd.devices.render import Publish
from hubd.errors import BrokerError
from hubd.events import Event, MuteChanged, StopAsked
from hubd.mqtt.entities import Identity
from hubd.mqtt.gate import AT_ONCE
from hubd.mqtt.tree import Tree
from hubd.ports import InboundMessage
from hubd.presence import Presence, Words
from hubd.reports import HeardReport, PublicState, StateReport, WokeReport
from hubd.stages.tell import Commands, Tell
from hubd.wishes import NAMELESS, AskAsked, ListenAsked, SayAsked, Scheduling, Sign, Told, WishStatus
from tests.running import running
from tests.stages.act_fakes import FakeBroker
from tests.virtual_time import now, pass_time, run, settle

WALL = 1_795_000_000.0
TREE = Tree("hubd", "kitchen", "homeassistant")
GREETING = [
    "homeassistant/device/hubd_kitchen/config",
    "hubd/kitchen/state",
    "hubd/kitchen/diag",
    "hubd/kitchen/availability",
]


@dataclass
class Relay(FakeBroker):
    """A broker whose connection may be lost."""

    number: int = 1
    up: asyncio.Event = field(default_factory=asyncio.Event)

    async def newer_connection(self, than: int) -> int:
        """Return the number of the connection that is up, once it is higher."""
        while not self.connected or self.number <= than:
            self.up.clear()
            await self.up.wait()
        return self.number

    async def publish(self, publish: Publish, valid_for: float) -> None:
        """Keep the message; raises BrokerError without a connection."""
        if not self.connected:
            raise BrokerError("there is no connection to the MQTT broker")
        await super().publish(publish, valid_for)

    def lose(self) -> None:
        """Lose the connection."""
        self.connected = False

    def come_back(self) -> None:
        """Connect anew."""
        self.connected, self.number = True, self.number + 1
        self.up.set()


class House:
    """A running stage with its broker and the conversation's inbox."""

    def __init__(self, commands: Commands = Commands.ALL_BUT_UNMUTE) -> None:
        self.broker = Relay()
        self.posted: list[Event] = []
        self.volumes: list[int] = []
        self.night = False
        face = Presence(Identity("Kitchen hub", "", "1"), TREE, words=Words.PUBLISHED, volume=80, started=WALL)
        self.tell = Tell(
            broker=self.broker,
            tree=TREE,
            presence=face,
            commands=commands,
            post=self.posted.append,
            set_volume=self.volumes.append,
            clock=now,
            wall=lambda: WALL + now(),
            quiet=lambda: self.night,
            spread=lambda: 3.0,
        )

    async def command(self, name: str, payload: JsonValue = "", **more: Any) -> None:
        """Let somebody publish a command; more: members of the message."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        message = InboundMessage(f"hubd/kitchen/cmd/{name}", text.encode(), retained=False)
        self.broker.inbound.put_nowait(replace(message, **more))
        await settle()

    @property
    def topics(self) -> list[str]:
        """Where something was published, in order."""
        return [publish.topic for publish in self.broker.published]

    def results(self, topic: str = "hubd/kitchen/result/") -> list[dict[str, JsonValue]]:
        """Return the results that were published."""
        return [json.loads(each.payload) for each in self.broker.published if each.topic.startswith(topic)]


def in_virtual_time(
    scenario: Callable[[House], Coroutine[None, None, None]], commands: Commands = Commands.ALL_BUT_UNMUTE
) -> None:
    """Run the scenario beside a running stage."""

    async def main() -> None:
        house = House(commands)
        async with running(house.tell.run()):
            await settle()
            await scenario(house)

    run(main())


def test_greets_every_connection_with_all_that_it_is() -> None:
    """At first, and again when the broker is back."""

    async def scenario(house: House) -> None:
        assert house.topics == GREETING
        house.broker.lose()
        house.broker.come_back()
        await settle()
        assert house.topics == GREETING * 2

    in_virtual_time(scenario)


def test_announces_itself_again_when_home_assistant_starts() -> None:
    """After a moment, once however often it says so; a stored birth message is none."""

    async def scenario(house: House) -> None:
        before = len(house.topics)
        house.broker.say("homeassistant/status", "online", retained=True)
        house.broker.say("homeassistant/status", "offline")
        await pass_time(5)
        assert len(house.topics) == before
        house.broker.say("homeassistant/status", "online")
        house.broker.say("homeassistant/status", "online")
        await settle()
        assert len(house.topics) == before
        await pass_time(3)
        await settle()
        assert house.topics[before:] == GREETING[:1]

    in_virtual_time(scenario)


def test_a_command_goes_before_word_of_it() -> None:
    """What is begun in the same turn in which it is told of is handed to the broker first."""

    async def scenario(house: House) -> None:
        house.tell.report(StateReport(PublicState.ACTING))
        lamp = Publish("home/lamp/set", b"ON", 1)
        async with running(house.broker.publish(lamp, 5.0)):
            await settle()
        assert house.topics[len(GREETING)] == lamp.topic
        assert len(house.topics) > len(GREETING) + 1

    in_virtual_time(scenario)


def test_events_wait_for_a_broker_only_as_long_as_they_are_good() -> None:
    """After a short absence nothing is missing; after a long one nothing stale is sent, and the state is the newest."""

    async def scenario(house: House) -> None:
        for pause, kept in ((20.0, True), (100.0, False)):
            house.broker.lose()
            for state in (PublicState.LISTENING, PublicState.IDLE):
                house.tell.report(StateReport(state))
            house.tell.report(WokeReport("hey_jarvis", 0.9, 80))
            await pass_time(pause)
            start = len(house.broker.published)
            house.broker.come_back()
            await settle()
            sent = house.broker.published[start:]
            assert [each.topic for each in sent if each.retain].count("hubd/kitchen/state") == 1
            assert sum("/event/" in each.topic for each in sent) == (3 if kept else 0)
            newest = next(each for each in sent if each.topic == "hubd/kitchen/state")
            assert json.loads(newest.payload)["state"] == "idle"

    in_virtual_time(scenario)


def test_a_message_that_was_lost_with_its_connection_is_sent_again() -> None:
    """What the broker did not take goes first when it is back; nothing is lost but time."""

    async def scenario(house: House) -> None:
        house.broker.gate = asyncio.Event()
        house.broker.refuses = True
        house.tell.report(WokeReport("hey_jarvis", 0.9, 80))
        await settle()
        house.broker.lose()
        await pass_time(6)
        house.broker.refuses, house.broker.gate = False, None
        house.broker.come_back()
        await settle()
        assert house.topics.count("hubd/kitchen/event/woke") == 1

    in_virtual_time(scenario)


def test_a_broker_that_refuses_is_not_asked_again_and_again(caplog: pytest.LogCaptureFixture) -> None:
    """What an access list forbids is left out, with one line in the log."""

    async def scenario(house: House) -> None:
        house.broker.refuses = True
        for _ in range(3):
            house.tell.report(WokeReport("hey_jarvis", 0.9, 80))
        await pass_time(60)
        house.broker.refuses = False
        house.tell.report(StateReport(PublicState.IDLE))
        await settle()
        assert "hubd/kitchen/event/woke" not in house.topics
        assert "hubd/kitchen/event/state" in house.topics

    in_virtual_time(scenario)
    assert sum("was not sent" in record.message for record in caplog.records) == 1


@pytest.mark.parametrize(
    ("name", "payload", "event"),
    [
        ("say", "Hello.", SayAsked("mqtt/1", "Hello.")),
        ("say", {"text": "Fire!", "when": "now"}, SayAsked("mqtt/1", "Fire!", Scheduling.INTERRUPT)),
        ("ask", "Tea?", AskAsked("mqtt/1", "Tea?")),
        ("listen", "PRESS", ListenAsked("mqtt/1")),
    ],
)
@pytest.mark.parametrize("status", WishStatus)
def test_what_the_conversation_does_is_the_result(
    name: str, payload: JsonValue, event: Event, status: WishStatus
) -> None:
    """It is asked once; its word is the result, exactly once, and not before."""

    async def scenario(house: House) -> None:
        await house.command(name, payload)
        assert house.posted == [event]
        assert house.results() == []
        house.tell.reply("automation/1", WishStatus.DONE, "")
        for _ in range(2):
            house.tell.reply("mqtt/1", status, "yes please")
        await settle()
        (result,) = house.results(f"hubd/kitchen/result/{name}")
        assert (result["ok"], result["status"]) == (status is WishStatus.DONE, status)

    in_virtual_time(scenario)


def test_the_answer_to_a_question_comes_back() -> None:
    """The person's words with the choice that they hold, on the topic that who asked has named."""

    async def scenario(house: House) -> None:
        question: JsonValue = {"text": "Tea?", "choices": ["yes", "no"], "id": 5}
        await house.command("ask", question, answer_to="nodered/1", correlation=b"\1")
        house.tell.reply("mqtt/1", WishStatus.DONE, "Yes, please.")
        await settle()
        answer = house.broker.published[-1]
        assert (answer.topic, answer.correlation, answer.expiry) == ("nodered/1", b"\1", 30)
        result = json.loads(answer.payload)
        assert (result["id"], result["ok"], result["text"], result["choice"]) == (5, True, "Yes, please.", "yes")

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("payload", "event"),
    [
        ("The window is open.", Told(NAMELESS, "The window is open.", Scheduling.SILENT)),
        (
            {"text": "Done.", "scheduling": "WHEN_IDLE", "source": "washing machine"},
            Told("washing machine", "Done.", Scheduling.WHEN_IDLE),
        ),
        ({"text": "Fire!", "scheduling": "INTERRUPT"}, Told(NAMELESS, "Fire!", Scheduling.INTERRUPT)),
    ],
)
def test_what_is_told_reaches_the_conversation(payload: JsonValue, event: Told) -> None:
    """With its scheduling; SILENT if it has none."""

    async def scenario(house: House) -> None:
        await house.command("tell", payload)
        assert house.posted == [event]
        assert [result["ok"] for result in house.results("hubd/kitchen/result/tell")] == [True]

    in_virtual_time(scenario)


def test_stop_stops() -> None:
    """By the hub's own topic as by that of all hubs."""

    async def scenario(house: House) -> None:
        await house.command("stop", "PRESS")
        await house.command("stop", "", topic="hubd/all/cmd/stop")
        assert house.posted == [StopAsked(), StopAsked()]
        assert len(house.results("hubd/kitchen/result/stop")) == 2

    in_virtual_time(scenario)


def test_the_volume_is_set_and_told() -> None:
    """The state says at once how loud the hub is."""

    async def scenario(house: House) -> None:
        await house.command("volume", "30")
        assert house.volumes == [30]
        state = [each for each in house.broker.published if each.topic == "hubd/kitchen/state"][-1]
        assert json.loads(state.payload)["volume"] == 30

    in_virtual_time(scenario)


@pytest.mark.parametrize("commands", [Commands.ALL, Commands.ALL_BUT_UNMUTE])
def test_a_muted_microphone_is_opened_only_if_the_configuration_lets_it(commands: Commands) -> None:
    """Everybody may mute; OFF and TOGGLE of a muted hub are refused with the reason."""

    async def scenario(house: House) -> None:
        await house.command("mute", "OFF")
        assert house.posted == []
        await house.command("mute", "TOGGLE")
        assert house.posted == [MuteChanged(muted=True)]
        house.tell.report(StateReport(PublicState.MUTED))
        await house.command("mute", "ON")
        assert len(house.posted) == 1
        for word in ("OFF", "TOGGLE"):
            await house.command("mute", word)
        allowed = commands is Commands.ALL
        assert house.posted[1:] == [MuteChanged(muted=False)] * (2 if allowed else 0)
        errors = [result["error"] for result in house.results("hubd/kitchen/result/mute")]
        assert errors == [None] * 5 if allowed else [None, None, None, "not_allowed", "not_allowed"]

    in_virtual_time(scenario, commands)


def test_a_hub_that_takes_no_commands_takes_none() -> None:
    """It subscribes to none, and passes over those that come all the same."""

    async def scenario(house: House) -> None:
        assert house.broker.topics == ["homeassistant/status"]
        await house.command("stop")
        assert house.posted == []
        assert house.topics == GREETING

    in_virtual_time(scenario, Commands.NONE)


@pytest.mark.parametrize(
    ("name", "payload", "more", "error"),
    [
        ("say", "x", {"retained": True}, "retained"),
        ("say", {"text": "x", "ts": WALL - 31}, {}, "stale"),
        ("say", {"text": ""}, {}, "unreadable"),
        ("shout", "x", {}, "unknown_command"),
    ],
)
def test_what_is_dropped_is_told(name: str, payload: JsonValue, more: dict[str, object], error: str) -> None:
    """Nothing happens, and the result says why."""

    async def scenario(house: House) -> None:
        await house.command(name, payload, **more)
        assert house.posted == []
        (result,) = house.results()
        assert (result["ok"], result["error"]) == (False, error)

    in_virtual_time(scenario)


def test_a_repeated_command_is_carried_out_once() -> None:
    """The second one's result says that it was there before."""

    async def scenario(house: House) -> None:
        for _ in range(2):
            await house.command("stop", {"id": "a"})
        assert house.posted == [StopAsked()]
        assert [result["error"] for result in house.results()] == [None, "repeated"]

    in_virtual_time(scenario)


@pytest.mark.parametrize("answer_to", ["hubd/kitchen/cmd/say", "$SYS/x", "homeassistant/light/x/config", "a/#"])
def test_a_result_never_goes_where_it_would_be_something_else(answer_to: str) -> None:
    """It goes to the hub's own topic instead."""

    async def scenario(house: House) -> None:
        await house.command("stop", "", answer_to=answer_to, correlation=b"1")
        assert house.topics[-1] == "hubd/kitchen/result/stop"
        assert house.broker.published[-1].correlation is None

    in_virtual_time(scenario)


LOUD = SayAsked("mqtt/1", "Up!", Scheduling.INTERRUPT, Sign.NOTICE, 30, then_listen=True, replaces=True)

INVITED = ListenAsked("mqtt/1", 3.0, silent=True, context="A bell.")


@pytest.mark.parametrize(
    ("command", "payload", "event"),
    [
        ("say", {"text": "Up!", "when": "replace", "volume": 30, "chime": True, "then_listen": True}, LOUD),
        ("ask", {"text": "Tea?", "timeout_s": 40}, AskAsked("mqtt/1", "Tea?", 40.0)),
        ("listen", {"silent": True, "context": "A bell.", "timeout_s": 3}, INVITED),
        ("say", {"text": "Up!", "mode": "model"}, Told(NAMELESS, "Up!", Scheduling.WHEN_IDLE)),
    ],
)
def test_options_reach_the_conversation(command: str, payload: JsonValue, event: Event) -> None:
    """What a command says besides its text is what the conversation is asked for."""

    async def scenario(house: House) -> None:
        await house.command(command, payload)
        assert house.posted == [event]

    in_virtual_time(scenario)


def test_a_remark_stands_in_the_result() -> None:
    """What is done otherwise than it was asked for is told, beside what meant nothing."""

    async def scenario(house: House) -> None:
        await house.command("say", {"text": "Up!", "lang": "en"})
        house.tell.reply("mqtt/1", WishStatus.DONE, "nobody is listened to")
        await settle()
        (result,) = house.results()
        assert result["ok"] is True
        assert result["detail"] == "nobody is listened to; left out, for it means nothing here: lang"

    in_virtual_time(scenario)


@pytest.mark.parametrize(
    ("command", "payload", "dropped"),
    [
        ("say", {"text": "x"}, True),
        ("say", {"text": "x", "when": "now"}, True),
        ("say", {"text": "x", "quiet": "ignore"}, False),
        ("say", {"text": "x", "mode": "model"}, True),
        ("ask", {"text": "x"}, True),
        ("ask", {"text": "x", "quiet": "ignore"}, False),
        ("tell", {"text": "x", "scheduling": "SILENT"}, False),
        ("tell", {"text": "x", "scheduling": "WHEN_IDLE"}, True),
        ("tell", {"text": "x", "scheduling": "WHEN_IDLE", "quiet": "ignore"}, False),
        ("tell", {"text": "x", "scheduling": "INTERRUPT"}, False),
        ("listen", "", False),
        ("mute", "ON", False),
    ],
)
def test_quiet_hours(command: str, payload: JsonValue, dropped: bool) -> None:  # noqa: FBT001 -- a row
    """At night nothing is said aloud that can wait, and who wanted it reads why; by day everything is."""

    async def scenario(house: House) -> None:
        house.night = True
        await house.command(command, payload)
        assert bool(house.posted) is not dropped
        assert ["quiet_hours"] * dropped == [each["error"] for each in house.results() if not each["ok"]]
        house.posted.clear()
        house.night = False
        await house.command(command, payload)
        assert house.posted

    in_virtual_time(scenario)


LAMP: JsonValue = {"name": "Lamp", "unique_id": "lamp", "command_topic": "lamps/1/set", "state_topic": "lights/1"}


@pytest.mark.parametrize(
    "answer_to",
    ["zigbee2mqtt/plug/set", "zigbee2mqtt/bridge/request/device/remove", "lamps/1/set", "lamps/9", "gate/relay"],
)
def test_a_result_is_no_command_to_a_device(answer_to: str) -> None:
    """Where devices are commanded, registered, spelled out or discovered, no result goes, nor beside it."""
    discovery = Discovery(Rules())
    discovery.receive("homeassistant/light/1/config", json.dumps(LAMP).encode())
    relay = {"name": "open_gate", "description": "Opens.", "publish": {"topic": "gate/relay", "payload": "1"}}
    devices = discovery.house(
        (
            Device(id="plug", name="plug", kind=Kind.SWITCH, dialect=Dialect.ZIGBEE2MQTT, topic="zigbee2mqtt/plug"),
            Device.model_validate({"id": "gate", "name": "gate", "function": [relay]}),
        )
    ).devices

    async def scenario(house: House) -> None:
        await house.command("stop", "", answer_to=answer_to)
        assert house.topics[-1] == answer_to
        house.tell.keep_from(devices)
        await house.command("stop", "", answer_to=answer_to)
        assert house.topics[-1] == "hubd/kitchen/result/stop"
        await house.command("stop", "", answer_to="lights/1")
        assert house.topics[-1] == "lights/1"

    in_virtual_time(scenario)


def test_a_flood_reaches_the_conversation_as_a_trickle() -> None:
    """A thousand commands at once: no more than it has room for, the others are told."""

    async def scenario(house: House) -> None:
        for _ in range(1000):
            house.broker.say("hubd/kitchen/cmd/say", "x")
        for _ in range(200):
            await settle()
        assert len(house.posted) == AT_ONCE
        assert {result["error"] for result in house.results()} == {"too_many"}

    in_virtual_time(scenario)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["say", "ask", "listen", "tell", "stop", "mute", "volume", "x", "#", ""]),
            st.binary(max_size=60) | st.text(max_size=40).map(lambda text: json.dumps({"text": text}).encode()),
            st.text(max_size=20),
        ),
        max_size=20,
    )
)
def test_nothing_that_comes_stops_the_stage(messages: list[tuple[str, bytes, str]]) -> None:
    """Random names, bytes and answer topics: every one gets a result or a wish, and the stage goes on."""

    async def scenario(house: House) -> None:
        for name, payload, answer_to in messages:
            topic = f"hubd/kitchen/cmd/{name}"
            message = InboundMessage(topic, payload, retained=False, answer_to=answer_to, correlation=b"x")
            house.broker.inbound.put_nowait(message)
            await settle()
        wishes = [event for event in house.posted if isinstance(event, SayAsked | AskAsked | ListenAsked)]
        answers = house.broker.published[len(GREETING) :]
        assert len(wishes) + sum(not each.retain for each in answers) == len(messages)

    in_virtual_time(scenario)


def test_another_face_while_the_hub_runs() -> None:
    """Another name is announced, the same one is not; words are kept back at once; the volume is told to all."""

    async def scenario(house: House) -> None:
        house.broker.published.clear()
        house.tell.adopt(Identity("Kitchen hub", "", "1"), Words.KEPT_BACK, Commands.ALL)
        house.tell.report(HeardReport("secret", final=True))
        await settle()
        assert house.topics == ["hubd/kitchen/event/heard"]
        assert b"secret" not in house.broker.published[0].payload
        house.tell.adopt(Identity("Attic hub", "", "1"), Words.KEPT_BACK, Commands.ALL)
        house.tell.set_volume(33)
        await settle()
        assert house.topics[1:] == [GREETING[0], GREETING[1]]
        assert b"Attic hub" in house.broker.published[1].payload
        assert json.loads(house.broker.published[2].payload)["volume"] == house.volumes[0] == 33

    in_virtual_time(scenario)


def test_commands_may_be_taken_and_not_be_taken_any_more() -> None:
    """Their topics are subscribed while they are taken."""

    async def scenario(house: House) -> None:
        birth = house.broker.topics[-1]
        identity = Identity("Kitchen hub", "", "1")
        house.tell.adopt(identity, Words.PUBLISHED, Commands.NONE)
        assert house.broker.topics == [birth]
        await house.command("stop")
        assert house.posted == []
        house.tell.adopt(identity, Words.PUBLISHED, Commands.ALL)
        assert sorted(house.broker.topics) == sorted([birth, *TREE.command_filters])
        await house.command("stop")
        assert house.posted == [StopAsked()]

    in_virtual_time(scenario)


def test_takes_leave() -> None:
    """The hub says itself that it goes, for whoever comes later; a broker that is away has its last will."""

    async def main() -> None:
        house = House()
        await house.tell.take_leave()
        (leave,) = house.broker.published
        assert leave == Publish("hubd/kitchen/availability", b"offline", 1, retain=True)
        house.broker.lose()
        await house.tell.take_leave()
        assert house.broker.published == [leave]

    run(main())
