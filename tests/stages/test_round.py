from __future__ import annotations

import asyncio
from functools import partial

from pydantic import JsonValue

from hubd.allowance import IN_ALL
from hubd.devices.render import Publish
from hubd.events import AnswerKind, Call, CallStatus, Drained, Scheduling, SpeechBegan
from tests.stages.act_fakes import House, in_virtual_time
from tests.virtual_time import pass_time

MUTE: dict[str, JsonValue] = {"kind": "light", "dialect": "plain", "room": "kitchen"}


def lamps(number: int) -> list[dict[str, JsonValue]]:
    """Return lamps that report."""
    names = [f"lamp {each}" for each in range(number)]
    topics: list[dict[str, JsonValue]] = [
        {"id": f"lamp_{each}", "name": name, "command_topic": f"{each}/set", "state_topic": f"{each}"}
        for each, name in enumerate(names)
    ]
    return [MUTE | table for table in topics]


def echo(house: House, publish: Publish) -> None:
    """Let a lamp report what it was told."""
    house.broker.say(publish.topic.removesuffix("/set"), publish.payload.decode())


def test_one_call_sets_all_and_has_one_answer() -> None:
    """Each lamp is sent one message under the call's id; the sum comes when the last has reported."""

    async def scenario(house: House) -> None:
        house.ask("set_light", area="kitchen", on=False)
        await house.settle()
        assert house.given() == []
        assert sorted(publish.topic for publish in house.broker.published) == ["0/set", "1/set", "2/set"]
        assert {report.call for report in house.published()} == {"1"}
        for topic in ("0", "2", "1"):
            house.broker.say(topic, "OFF")
        (answer,) = await house.answers()
        assert (answer.status, answer.scheduling) == (CallStatus.DONE, Scheduling.SILENT)
        assert answer.response == {
            "status": "done",
            "message": "All three kitchen lights are off.",
            "retryable": False,
        }

    in_virtual_time(scenario, partial(House, lamps(3)))


def test_who_does_not_answer_is_named() -> None:
    """The sum waits for those that report nothing, asks them no more than one alone is asked, then names them."""

    async def scenario(house: House) -> None:
        house.ask("set_light", area="kitchen", on=False)
        await house.settle()
        house.broker.say("0", "OFF")
        house.broker.say("2", "OFF")
        (answer,) = await house.answers()
        assert (answer.status, answer.scheduling) == (CallStatus.FAILED, Scheduling.INTERRUPT)
        assert answer.response["message"] == "Two of the three kitchen lights are off; the lamp 1 did not answer."
        assert answer.response["retryable"] is True

    in_virtual_time(scenario, partial(House, lamps(3)))


def test_the_same_call_again_sets_nothing() -> None:
    """A call for several is in the ledger once: named again, or made again at once, it publishes nothing more."""

    async def scenario(house: House) -> None:
        house.broker.on_publish = partial(echo, house)
        house.ask("set_light", area="kitchen", on=False)
        house.ask("set_light", area="kitchen", on=False)
        house.ask("set_light", "2", area="kitchen", on=False)
        await house.answers(2)
        house.ask("set_light", area="kitchen", on=False)
        assert {answer.status for answer in await house.answers(3)} == {CallStatus.DONE, CallStatus.DUPLICATE}
        assert len(house.broker.published) == 3

    in_virtual_time(scenario, partial(House, lamps(3)))


def test_without_a_broker_nothing_is_sent_to_any() -> None:
    """The sum says so at once, and nothing follows when the broker is back."""

    async def scenario(house: House) -> None:
        house.broker.connected = False
        house.ask("set_light", area="kitchen", on=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.FAILED
        assert answer.response["message"] == (
            "Nothing was sent to the lamp 0, the lamp 1 and the lamp 2: there is no connection to the MQTT broker."
        )
        house.broker.connected = True
        await pass_time(600)
        assert house.broker.published == []

    in_virtual_time(scenario, partial(House, lamps(3)))


def test_many_go_out_no_faster_than_they_may() -> None:
    """More lamps than messages in a second: the others wait for the next second, while the command is valid."""

    async def scenario(house: House) -> None:
        times: list[float] = []

        def report(publish: Publish) -> None:
            times.append(house.now)
            echo(house, publish)

        house.broker.on_publish = report
        house.ask("set_light", area="everywhere", on=True)
        (answer,) = await house.answers()
        assert answer.response["message"] == "All 120 lights are on."
        assert [times.count(each) for each in sorted(set(times))] == [IN_ALL, IN_ALL, 120 - 2 * IN_ALL]
        assert max(times) < 2.5

    in_virtual_time(scenario, partial(House, lamps(120)))


def test_what_can_not_go_out_in_time_is_not_sent() -> None:
    """With more lamps than may be set within valid_for, the rest is named as not sent, and is never sent."""

    async def scenario(house: House) -> None:
        house.broker.on_publish = partial(echo, house)
        house.ask("set_light", area="everywhere", on=True)
        (answer,) = await house.answers()
        sent = len(house.broker.published)
        assert answer.status is CallStatus.FAILED
        assert sent < 600
        assert f"{sent} of the 600 lights are on; nothing was sent to" in str(answer.response["message"])
        assert house.now <= 5.0
        await pass_time(60)
        assert len(house.broker.published) == sent

    in_virtual_time(scenario, partial(House, lamps(600)))


def test_a_flood_of_calls_is_refused_beyond_the_bound() -> None:
    """One device is sent no more than it may be; the others are refused with words, and nothing waits for later."""
    dimmed = MUTE | {"id": "dimmed", "name": "dimmed", "dialect": "zigbee2mqtt", "topic": "z/dimmed"}

    async def scenario(house: House) -> None:
        for each in range(60):
            house.ask("set_light", f"{each}", device="dimmed", brightness=each + 1)
            await house.settle()
        refused = [answer for answer in house.given() if answer.status is CallStatus.REFUSED]
        assert len(house.broker.published) == 10
        assert len(refused) == 50
        assert str(refused[0].response["message"]).endswith("one device is sent at most 10 messages a second.")
        await pass_time(600)
        assert [publish.topic for publish in house.broker.published].count("z/dimmed/set") == 10

    in_virtual_time(scenario, partial(House, [*lamps(2), dimmed]))


def test_a_call_taken_back_sets_no_more() -> None:
    """What has gone out is told afterwards, with what was not sent."""

    async def scenario(house: House) -> None:
        house.broker.gate = asyncio.Event()
        house.ask("set_light", area="everywhere", on=True)
        await house.settle()
        house.act.cancel(("1",))
        house.broker.on_publish = partial(echo, house)
        house.broker.gate.set()
        (answer,) = await house.answers()
        assert answer.kind is AnswerKind.AFTERWORD
        assert len(house.broker.published) == IN_ALL
        assert "50 of the 70 lights are on; nothing was sent to" in str(answer.response["message"])

    in_virtual_time(scenario, partial(House, lamps(70)))


def test_what_needs_a_yes_is_asked_about_first() -> None:
    """The first call is a question; after a person has spoken the second one is carried out."""
    door = MUTE | {"id": "door", "name": "front door", "command_topic": "door/set", "confirm": True}

    async def scenario(house: House) -> None:
        house.ask("set_light", device="front door", on=True)
        house.ask("set_light", "2", device="front door", on=True)
        first, second = await house.answers(2)
        assert (first.status, first.scheduling) == (CallStatus.REFUSED, Scheduling.WHEN_IDLE)
        assert first.response["message"] == second.response["message"] == "Shall the front door be on?"
        assert "same call again" in str(first.response["confirm"])
        house.confirmations.witness(Drained(1), speaking=False)
        house.confirmations.witness(SpeechBegan(9), speaking=False)
        house.ask("set_light", "3", device="front door", on=True)
        assert (await house.answers(3))[2].status is CallStatus.DONE
        assert [publish.topic for publish in house.broker.published] == ["door/set"]

    in_virtual_time(scenario, partial(House, [*lamps(2), door]))


def test_where_nobody_can_say_yes() -> None:
    """No question is asked that can't be answered: what can be done instead is told, and nothing is sent."""
    door = MUTE | {"id": "door", "name": "front door", "command_topic": "door/set", "confirm": True}

    async def scenario(house: House) -> None:
        house.ask("set_light", device="front door", on=True)
        (answer,) = await house.answers()
        assert (answer.status, answer.response["retryable"]) == (CallStatus.REFUSED, False)
        assert "say it to the hub, or use hubd devices try with --yes" in str(answer.response["message"])
        assert "confirm" not in answer.response
        assert house.broker.published == []

    in_virtual_time(scenario, partial(House, [*lamps(2), door], deaf=True))


def test_questions_and_areas_are_no_way_around_a_yes() -> None:
    """A device that needs a yes is part of no group, however the model puts it."""
    door = MUTE | {"id": "door", "name": "front door", "command_topic": "door/set", "confirm": True}

    async def scenario(house: House) -> None:
        calls = [
            Call("1", "set_light", {"area": "kitchen", "on": True}),
            Call("2", "set_light", {"area": "everywhere", "on": True}),
            Call("3", "set_light", {"area": "kitchen", "device": "front door", "on": True}),
        ]
        for call in calls:
            house.ask_for(call)
            await house.settle()
        assert "door/set" not in {publish.topic for publish in house.broker.published}

    in_virtual_time(scenario, partial(House, [*lamps(2), door]))
