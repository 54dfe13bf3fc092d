"""The stage of automations, with a broker without a network, in virtual time."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass

import pytest

from hubd.actions import Action, Ask, Listen, Say, Send, Tell
from hubd.automations import Automations, Rule, Trigger, When
from hubd.conditions import Condition, Member
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.render import Publish
from hubd.edges.paho_broker import BrokerSettings, PahoBroker
from hubd.events import Scheduling
from hubd.ports import InboundMessage
from hubd.reports import PublishedReport, Report
from hubd.stages.automate import Automate
from hubd.wishes import AskAsked, ListenAsked, SayAsked, Told, WishStatus
from tests.running import running
from tests.stages.act_fakes import FakeBroker
from tests.virtual_time import pass_time, run, settle

BELL = When("bell", trigger=Trigger.MESSAGE, at_most_every=1)
WASHER = When("washer", condition=Condition(below=5), lasting=120)


@dataclass
class Broker(FakeBroker):
    """A broker whose messages can be waited for up to a time."""

    def messages(self) -> AsyncIterator[InboundMessage]:
        """Yield what say() was given; whoever gives up waiting can go on later."""
        return self

    def __aiter__(self) -> AsyncIterator[InboundMessage]:
        return self

    async def __anext__(self) -> InboundMessage:
        return await self.inbound.get()


class House:
    """The stage with its broker; posted: what the conversation was asked."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.broker = Broker()
        self.posted: list[Told | SayAsked | AskAsked | ListenAsked] = []
        self.reports: list[Report] = []
        self.stage = Automate(
            Automations(rules),
            self.broker,
            post=self.posted.append,
            report=self.reports.append,
            local=lambda: dt.time(12),
        )

    async def comes(self, topic: str, payload: str, *, retained: bool = False) -> None:
        """Have a message come a little later, and everything done about it."""
        await pass_time(1)
        self.broker.say(topic, payload, retained=retained)
        await settle()

    def request(self) -> str:
        """Return the request of what the conversation was asked last."""
        asked = self.posted[-1]
        assert not isinstance(asked, Told)
        return asked.request


def in_house(scenario: Callable[[House], Coroutine[None, None, None]], *rules: Rule) -> None:
    """Run the scenario with the stage running."""

    async def main() -> None:
        house = House(rules)
        async with running(house.stage.run()):
            await settle()
            await scenario(house)

    run(main())


def rule(*actions: Action, when: When = BELL) -> Rule:
    """Return an automation."""
    return Rule("door_bell", "door bell", when, actions)


@pytest.mark.parametrize(
    ("action", "event"),
    [
        (Tell("{{ value }}!", Scheduling.INTERRUPT), Told("door bell", "ring!", Scheduling.INTERRUPT)),
        (Say("It says {{ value }}."), SayAsked("automation/1", "It says ring.")),
        (Ask("Who?"), AskAsked("automation/1", "Who?")),
        (Listen(), ListenAsked("automation/1")),
    ],
)
def test_what_the_conversation_is_asked(action: Action, event: object) -> None:
    """Each action of the voice is one event; nothing is published, and only ask and listen open the microphone."""

    async def scenario(house: House) -> None:
        assert house.broker.topics == ["bell"]
        await house.comes("bell", "ring", retained=True)
        assert house.posted == []
        await house.comes("bell", "ring")
        assert house.posted == [event]
        assert house.broker.published == []

    in_house(scenario, rule(action))


def test_time_alone_sets_it_off() -> None:
    """What has to stay so for a while is done when the while is over, without another message."""

    async def scenario(house: House) -> None:
        await house.comes("washer", "1800")
        await house.comes("washer", "2")
        await pass_time(119)
        await settle()
        assert house.posted == []
        await pass_time(1)
        await settle()
        assert house.posted == [Told("door bell", "finished", Scheduling.WHEN_IDLE)]
        await house.comes("washer", "1800")
        await house.comes("washer", "2")
        await pass_time(120)
        await settle()
        assert len(house.posted) == 2

    in_house(scenario, rule(Tell("finished"), when=WASHER))


def test_publishes_at_once() -> None:
    """A message goes out as it is written, and stands in the event stream."""

    async def scenario(house: House) -> None:
        await house.comes("bell", "3")
        assert house.broker.published == [Publish("gong", b'{"times":3}', 1, expiry=60)]
        assert house.broker.valid_for == [5]
        assert house.reports == [PublishedReport(None, "gong", '{"times":3}', 1)]

    in_house(scenario, rule(Send("gong", {"times": "{{ value }}"}, 1)))


def test_a_broker_that_takes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A message that is not taken is given up, no later than it may be; the others are sent."""

    async def scenario(house: House) -> None:
        house.broker.refuses = True
        await house.comes("bell", "1")
        await house.comes("bell", "2")
        await pass_time(5.5)
        await settle()
        assert len(caplog.records) == 2
        assert len([event for event in house.posted if isinstance(event, SayAsked)]) == 2
        house.broker.refuses = False
        await house.comes("bell", "3")
        assert [publish.payload for publish in house.broker.published] == [b"3"]
        assert len(house.reports) == 1

    with caplog.at_level(logging.WARNING):
        in_house(scenario, rule(Send("gong", "{{ value }}"), Say("Ring.")))
    assert [record.getMessage().partition(" was not sent")[0] for record in caplog.records] == [
        "automation door_bell: the message on gong"
    ] * 2


def test_many_messages_wait_for_a_broker_that_hangs(caplog: pytest.LogCaptureFixture) -> None:
    """What waits is bounded; what is more is not sent, and said to be so."""

    async def scenario(house: House) -> None:
        house.broker.gate = asyncio.Event()
        for number in range(120):
            await house.comes("bell", str(number))
        house.broker.gate.set()
        await settle()
        assert [publish.payload for publish in house.broker.published[:1]] == [b"0"]

    with caplog.at_level(logging.WARNING):
        in_house(scenario, rule(Send("gong", "{{ value }}")))
    assert sum("too many messages wait" in record.getMessage() for record in caplog.records) == 19


@pytest.mark.parametrize(
    ("status", "text", "body"),
    [
        (WishStatus.DONE, "yes, \ud800 please", {"ok": True, "status": "done", "text": "yes, ? please", "detail": ""}),
        (WishStatus.REFUSED, "it is muted", {"ok": False, "status": "refused", "text": "", "detail": "it is muted"}),
    ],
)
def test_the_answer_is_published(status: WishStatus, text: str, body: dict[str, object]) -> None:
    """The answer, or why there is none, goes to its topic, once; its words are kept out of the event stream."""

    async def scenario(house: House) -> None:
        await house.comes("bell", "ring")
        house.stage.reply("mqtt/1", WishStatus.DONE, "another's")
        house.stage.reply(house.request(), status, text)
        house.stage.reply(house.request(), status, text)
        await settle()
        (publish,) = house.broker.published
        assert (publish.topic, publish.qos, publish.retain, publish.expiry) == ("home/answer", 1, False, 30)
        assert json.loads(publish.payload) == {"automation": "door_bell", **body}
        assert house.reports == [PublishedReport(None, "home/answer", "", 1)]

    in_house(scenario, rule(Ask("Shall I open?", "home/answer")))


def test_an_answer_that_nobody_wants() -> None:
    """Without a topic for it the answer is published nowhere."""

    async def scenario(house: House) -> None:
        await house.comes("bell", "ring")
        house.stage.reply(house.request(), WishStatus.DONE, "yes")
        await settle()
        assert house.broker.published == []

    in_house(scenario, rule(Ask("Shall I open?")))


def test_the_log_holds_no_words(caplog: pytest.LogCaptureFixture) -> None:
    """Neither an answer nor what is told stands in the log, a reason for nothing does."""

    async def scenario(house: House) -> None:
        await house.comes("bell", "secret-value")
        house.stage.reply(house.request(), WishStatus.DONE, "secret-answer")
        await house.comes("bell", "secret-value")
        house.stage.reply(house.request(), WishStatus.FAILED, "nobody answered")

    with caplog.at_level(logging.DEBUG):
        in_house(scenario, rule(Ask("secret-question {{ value }}", "home/answer")))
    assert "secret" not in caplog.text
    assert "nobody answered" in caplog.text


def test_a_text_that_can_t_be_made_is_complained_about_once(caplog: pytest.LogCaptureFixture) -> None:
    """A message that does not fit the text does nothing; the log tells once."""

    async def scenario(house: House) -> None:
        for _ in range(3):
            await house.comes("bell", "ring")
        assert house.posted == []
        await house.comes("bell", "4")
        assert house.posted == [SayAsked("automation/1", "4.0")]

    with caplog.at_level(logging.WARNING):
        in_house(scenario, rule(Say("{{ value / 1 }}")))
    assert [record.getMessage() for record in caplog.records] == [
        "automation door_bell does nothing: its templates can't take a value that is a text"
    ]


def test_everybody_at_once_is_bounded() -> None:
    """However many automations are set off at once, the conversation is asked for so much a second."""

    async def scenario(house: House) -> None:
        await house.comes("bell", "ring")
        assert len(house.posted) == 10
        await house.comes("bell", "ring")
        assert len(house.posted) == 20

    in_house(scenario, *[Rule(f"r{number}", "r", BELL, (Say("x"),)) for number in range(25)])


def test_without_automations() -> None:
    """Where there are none nothing is subscribed to, and nobody listens, until there are."""

    async def scenario(house: House) -> None:
        assert house.broker.topics == []
        house.stage.adopt(Automations([]))
        house.stage.adopt(Automations([Rule("bell", "bell", BELL, (Say("ding"),))]))
        await settle()
        assert house.broker.topics == ["bell"]
        await house.comes("bell", "pressed")
        assert [each.text for each in house.posted if isinstance(each, SayAsked)] == ["ding"]

    in_house(scenario)


def test_other_automations_take_their_place() -> None:
    """What nobody waits for is unsubscribed; of what nothing is known the broker is asked; the others go on."""
    gong = Rule("gong", "gong", When("gong", condition=Condition(above=5)), (Say("gong"),))
    washer = Rule("washer", "washer", WASHER, (Say("washed"),))

    async def scenario(house: House) -> None:
        await house.comes("washer", "1900")
        await house.comes("washer", "1")
        await pass_time(60)
        house.broker.asked_for.clear()
        house.stage.adopt(Automations([gong, washer]))
        assert house.broker.asked_for == ["gong"]
        assert sorted(house.broker.topics) == ["gong", "washer"]
        await pass_time(60)
        assert [each.text for each in house.posted if isinstance(each, SayAsked)] == ["washed"]

    in_house(scenario, Rule("bell", "bell", BELL, (Say("ding"),)), washer)


async def test_with_a_real_broker(mosquitto: PrivateBroker) -> None:
    """What the broker had stored sets nothing off; what comes while the hub listens does, also if it is stored."""
    hub, device = (PahoBroker(BrokerSettings(HOST, mosquitto.port, name), lambda _: None) for name in ("hub", "device"))
    posted: asyncio.Queue[object] = asyncio.Queue()
    reports: list[Report] = []
    every = When("doors/#", Member(("action",)), Condition(("ring",)), Trigger.MESSAGE, at_most_every=1e-9)
    stage = Automate(
        Automations([rule(Say("{{ topic }}"), Send("gong", {"at": "{{ topic }}"}, 1), when=every)]),
        hub,
        post=posted.put_nowait,
        report=reports.append,
        local=lambda: dt.time(12),
    )
    async with running(device.run()):
        await device.wait_connected()
        gong = device.messages()
        device.subscribe(["gong"])
        await device.publish(Publish("doors/stored", b'{"action": "ring"}', 1, retain=True), 5)
        async with running(hub.run()), running(stage.run()):
            await hub.wait_connected()
            for topic, payload, retain in (
                ("doors/front", b'{"action": ""}', False),
                ("doors", b'{"action": "ring"}', False),
                ("doors/back/bell", b'{"action": "ring"}', True),
            ):
                await device.publish(Publish(topic, payload, 1, retain), 5)
            said = [await posted.get() for _ in range(2)]
            heard = [(await anext(gong)).payload for _ in range(2)]
    assert [each.text for each in said if isinstance(each, SayAsked)] == ["doors", "doors/back/bell"]
    assert [json.loads(payload)["at"] for payload in heard] == ["doors", "doors/back/bell"]
    assert posted.empty()
