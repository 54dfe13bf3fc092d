from __future__ import annotations

import asyncio
import json

from hubd.devices.render import Publish
from hubd.events import AnswerKind, CallStatus, EndAsked, Scheduling
from hubd.outcomes import Outcome
from hubd.own_functions import OwnCall, OwnFunction
from hubd.stages.act import MAX_RUNNING
from tests.stages.act_fakes import House, in_virtual_time
from tests.virtual_time import pass_time

KITCHEN = "zigbee2mqtt/kitchen_lights"


def payloads(house: House) -> list[tuple[str, str]]:
    """Return topic and payload of everything published."""
    return [(publish.topic, publish.payload.decode()) for publish in house.broker.published]


def test_a_lamp_that_reports_its_state_is_done_in_silence() -> None:
    """Done means that the device said so; the events come as called, published, answered."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", brightness=30)
        await house.settle()
        assert house.given() == []
        house.broker.say(KITCHEN, {"state": "ON", "brightness": 76})
        (answer,) = await house.answers()
        assert payloads(house) == [(f"{KITCHEN}/set", '{"state":"ON","brightness":76}')]
        assert answer.status is CallStatus.DONE
        assert answer.scheduling is Scheduling.SILENT
        assert answer.response == {
            "status": "done",
            "device": "kitchen lights",
            "message": "The kitchen lights are on at 30 percent.",
            "state": {"on": True, "brightness": 30},
            "retryable": False,
        }
        assert house.kinds() == ["called", "published", "answered"]
        assert house.called()[0].device == "kitchen_lights"
        assert house.published()[0].call == "1"
        assert house.answered()[0].after_ms == 0

    in_virtual_time(scenario)


def test_nothing_is_retained_and_everything_expires() -> None:
    """Commands go out unretained, with an expiry and no later than valid_for."""

    async def scenario(house: House) -> None:
        house.ask("open_garage_door")
        await house.settle()
        (publish,) = house.broker.published
        assert publish == Publish("garage/set", b"OPEN", qos=1, retain=False, expiry=10)
        assert house.broker.valid_for == [5.0]

    in_virtual_time(scenario)


def test_the_states_topics_are_subscribed() -> None:
    """Every topic on which a device reports is subscribed once."""

    async def scenario(house: House) -> None:
        presence = ["zigbee2mqtt/bridge/state", f"{KITCHEN}/availability"]
        assert house.broker.topics == [KITCHEN, *presence, "coffee/state", "garage"]

    in_virtual_time(scenario)


def test_a_device_that_is_offline_is_sent_nothing() -> None:
    """Nothing is published for a device that said that it can't be reached, until it says that it can."""

    async def scenario(house: House) -> None:
        house.broker.say("zigbee2mqtt/bridge/state", '{"state":"offline"}', retained=True)
        await house.settle()
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.FAILED
        assert "the device said that it is offline" in str(answer.response["message"])
        assert payloads(house) == []
        house.broker.say("zigbee2mqtt/bridge/state", '{"state":"online"}')
        await house.settle()
        house.ask("set_light", "2", device="kitchen lights", on=False)
        await house.settle()
        assert payloads(house) == [(f"{KITCHEN}/set", '{"state":"OFF"}')]

    in_virtual_time(scenario)


def test_how_a_device_is_can_be_asked_again_and_again() -> None:
    """Each answer is what is known then; the same question twice is no duplicate, and publishes nothing."""

    async def scenario(house: House) -> None:
        house.ask("get_state", "1", device="kitchen lights")
        house.broker.say(KITCHEN, '{"state":"ON","brightness":127}')
        await house.settle()
        house.ask("get_state", "2", device="The Kitchen Lights")
        await pass_time(600)
        house.ask("get_state", "3", device="The Kitchen Lights")
        house.broker.say(f"{KITCHEN}/availability", '{"state":"offline"}')
        await house.settle()
        house.ask("get_state", "4", device="kitchen lights", kind="light")
        answers = await house.answers(4)
        assert [(answer.status, answer.response["message"]) for answer in answers] == [
            (CallStatus.DONE, "Nothing is known yet of the kitchen lights."),
            (CallStatus.DONE, "The kitchen lights are on at 50 percent."),
            (CallStatus.DONE, "The kitchen lights are on at 50 percent, as of 10 minutes ago."),
            (
                CallStatus.DONE,
                "The kitchen lights are offline; last reported: on at 50 percent, as of 10 minutes ago.",
            ),
        ]
        assert payloads(house) == []

    in_virtual_time(scenario)


def test_a_report_after_within_is_late() -> None:
    """A confirmation in the second span counts as late, with the scheduling of that outcome."""

    async def scenario(house: House) -> None:
        asyncio.get_running_loop().call_later(5.0, house.broker.say, KITCHEN, '{"state":"ON"}')
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.LATE
        assert answer.scheduling is Scheduling.WHEN_IDLE
        assert answer.response["message"] == "The kitchen lights took a while, but they are on now."
        assert house.answered()[0].after_ms == 5000

    in_virtual_time(scenario)


def test_no_report_at_all_is_a_failure_after_one_poll() -> None:
    """A lamp that never reports fails after twice within, was asked for its state once, and is said to be in doubt."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert house.now == 8.0
        assert payloads(house) == [(f"{KITCHEN}/set", '{"state":"ON"}'), (f"{KITCHEN}/get", '{"state":""}')]
        assert [report.call for report in house.published()] == ["1", None]
        assert answer.status is CallStatus.FAILED
        assert answer.scheduling is Scheduling.INTERRUPT
        assert answer.response["retryable"] is True
        message = "The command was sent, but the kitchen lights did not report that they are on."
        assert answer.response["message"] == message

    in_virtual_time(scenario)


def test_a_jammed_door_fails_with_what_it_reports() -> None:
    """The answer names what the device reported instead, and a function spelled out is not to be tried again."""

    async def scenario(house: House) -> None:
        house.ask("open_garage_door")
        house.broker.say("garage", {"state": "jammed"})
        (answer,) = await house.answers()
        assert house.now == 1.0
        assert answer.scheduling is Scheduling.INTERRUPT
        assert answer.response["message"] == "The garage door did not report state open, but state jammed."
        assert answer.response["state"] == {"state": "jammed"}
        assert answer.response["retryable"] is False

    in_virtual_time(scenario)


def test_a_report_from_before_the_command_does_not_count() -> None:
    """An old report of the wanted state is no confirmation; the device is asked, and its answer is."""

    async def scenario(house: House) -> None:
        house.broker.say(KITCHEN, {"state": "ON"})
        await pass_time(60)
        house.ask("set_light", device="kitchen lights", on=True)
        await pass_time(1.5)
        assert house.given() == []
        assert payloads(house)[1:] == [(f"{KITCHEN}/get", '{"state":""}')]
        house.broker.say(KITCHEN, {"state": "ON"})
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DONE

    in_virtual_time(scenario)


def test_a_state_that_is_seconds_old_needs_no_echo() -> None:
    """A lamp that said it was on just now, and says nothing more, is on."""

    async def scenario(house: House) -> None:
        house.broker.say(KITCHEN, {"state": "ON"})
        await pass_time(2)
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DONE
        assert house.now == 3.0
        assert len(house.broker.published) == 1

    in_virtual_time(scenario)


def test_a_retained_state_confirms_nothing() -> None:
    """What the broker had kept is of unknown age: it is neither a confirmation nor a fresh state."""

    async def scenario(house: House) -> None:
        house.broker.say("coffee/state", "ON", retained=True)
        await house.settle()
        house.ask("set_switch", device="coffee machine", on=True)
        await house.settle()
        house.broker.say("coffee/state", "ON", retained=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.FAILED
        assert house.now == 4.0

    in_virtual_time(scenario)


def test_sent_is_done_where_nothing_can_confirm() -> None:
    """A device without a state topic is done when the message is handed over, and the answer says so."""

    async def scenario(house: House) -> None:
        house.ask("set_switch", device="fan", on=False)
        (answer,) = await house.answers()
        assert payloads(house) == [("fan/set", "OFF")]
        assert answer.status is CallStatus.DONE
        assert answer.response["message"] == "The command was sent to the fan, which does not report back."

    in_virtual_time(scenario)


def test_without_a_connection_nothing_is_handed_over() -> None:
    """A command fails at once while the broker is away, and is not kept for later."""

    async def scenario(house: House) -> None:
        house.broker.connected = False
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert house.now == 0.0
        assert house.broker.published == []
        assert house.kinds() == ["called", "answered"]
        assert answer.status is CallStatus.FAILED
        assert answer.scheduling is Scheduling.INTERRUPT
        assert answer.response["retryable"] is True

    in_virtual_time(scenario)


def test_what_the_broker_does_not_take_is_failed_after_valid_for() -> None:
    """A message that was withdrawn is reported as failed, not as published."""

    async def scenario(house: House) -> None:
        house.broker.refuses = True
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert house.now == 5.0
        assert house.published() == []
        message = "The command for the kitchen lights was not sent: the broker did not take it in time."
        assert answer.response["message"] == message

    in_virtual_time(scenario)


def test_a_failed_call_may_be_tried_again_at_once() -> None:
    """An equal call within two seconds is no duplicate if nothing was published for the first."""

    async def scenario(house: House) -> None:
        house.broker.connected = False
        house.ask("set_switch", device="fan", on=True)
        await house.answers()
        house.broker.connected = True
        house.ask("set_switch", call_id="2", device="fan", on=True)
        _, second = await house.answers(2)
        assert second.status is CallStatus.DONE

    in_virtual_time(scenario)


def test_an_equal_call_within_two_seconds_is_answered_but_not_acted_on() -> None:
    """A duplicate publishes nothing and stays silent."""

    async def scenario(house: House) -> None:
        house.ask("set_switch", device="fan", on=True)
        house.ask("set_switch", call_id="2", on=True, device="fan")
        first, second = sorted(await house.answers(2), key=lambda answer: answer.call.id)
        assert first.status is CallStatus.DONE
        assert (second.status, second.scheduling) == (CallStatus.DUPLICATE, Scheduling.SILENT)
        assert len(house.broker.published) == 1

    in_virtual_time(scenario)


def test_a_call_id_is_acted_on_once() -> None:
    """The same call on a new connection, minutes later, is answered with what became of it."""

    async def scenario(house: House) -> None:
        house.ask("set_switch", device="fan", on=True)
        house.ask("set_switch", device="fan", on=True)
        await house.answers()
        await pass_time(300)
        house.ask("set_switch", device="fan", on=True)
        _, again = await house.answers(2)
        assert again.status is CallStatus.DUPLICATE
        assert "was sent to the fan" in str(again.response["message"])
        assert len(house.broker.published) == 1

    in_virtual_time(scenario)


def test_a_refused_call_publishes_nothing_and_can_be_repaired() -> None:
    """The answer says what was wrong and which names are valid."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen", on=True)
        (answer,) = await house.answers()
        assert house.broker.published == []
        assert answer.status is CallStatus.REFUSED
        assert answer.scheduling is Scheduling.WHEN_IDLE
        assert answer.response["valid_options"] == ["kitchen lights"]
        assert answer.response["retryable"] is True
        json.dumps(dict(answer.response))

    in_virtual_time(scenario)


def test_a_template_that_fails_sends_nothing() -> None:
    """Arguments that a template can't render make a failure, not an exception."""

    async def scenario(house: House) -> None:
        house.ask("set_heater", temperature=20)
        (answer,) = await house.answers()
        assert house.broker.published == []
        assert answer.status is CallStatus.FAILED
        assert answer.response["retryable"] is False

    in_virtual_time(scenario)


def test_word_of_a_call_is_kept_before_anything_is_published() -> None:
    """A hub that is killed meanwhile does not know what happened, and its successor can say so."""

    async def scenario(house: House) -> None:
        house.ask("open_garage_door")
        assert house.broker.published == []
        assert house.kept == {"1": ("garage door", Scheduling.INTERRUPT)}

    in_virtual_time(scenario)


def test_a_command_is_handed_over_before_anything_else_is_done() -> None:
    """It waits for nobody's turn; a call that is taken back at once is told as one that was published."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        house.act.cancel(("1",))
        assert [each.topic for each in house.broker.handed] == [f"{KITCHEN}/set"]
        await pass_time(60)
        assert [answer.kind for answer in house.given()] == [AnswerKind.AFTERWORD]

    in_virtual_time(scenario)


def test_a_call_taken_back_while_the_broker_takes_it_is_told_as_published() -> None:
    """The events don't hide a command that went out all the same."""

    async def scenario(house: House) -> None:
        house.broker.gate = asyncio.Event()
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.act.cancel(("1",))
        house.broker.gate.set()
        await house.settle()
        assert house.kinds() == ["called", "answered", "published"]
        house.ask("set_light", call_id="2", device="kitchen lights", on=True)
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DUPLICATE

    in_virtual_time(scenario)


def test_calls_run_side_by_side() -> None:
    """Two calls of one request are both on their way before either is confirmed."""

    async def scenario(house: House) -> None:
        house.ask("set_switch", device="coffee machine", on=True)
        house.ask("set_light", call_id="2", device="kitchen lights", on=False)
        await house.settle()
        assert payloads(house) == [("coffee/set", "ON"), (f"{KITCHEN}/set", '{"state":"OFF"}')]
        house.broker.say(KITCHEN, {"state": "OFF"})
        house.broker.say("coffee/state", "ON")
        assert {answer.call.id: answer.status for answer in await house.answers(2)} == {
            "1": CallStatus.DONE,
            "2": CallStatus.DONE,
        }

    in_virtual_time(scenario)


def test_too_many_calls_at_once_are_answered_as_failed() -> None:
    """What is carried out at once is bounded."""

    async def scenario(house: House) -> None:
        for index in range(MAX_RUNNING + 1):
            house.ask("set_light", call_id=f"{index}", device="kitchen lights", brightness=index + 1)
        assert [answer.call.id for answer in house.given()] == [f"{MAX_RUNNING}"]
        assert house.given()[0].status is CallStatus.FAILED

    in_virtual_time(scenario)


def test_a_call_outside_of_run_is_answered_as_failed() -> None:
    """A stage that does not run, or runs no more, starts nothing and still answers."""

    async def scenario() -> None:
        house = House()
        house.ask("set_light", device="kitchen lights", on=True)
        (answer,) = house.given()
        message = "The command for the kitchen lights was not sent: the hub is stopping."
        assert answer.response["message"] == message

    asyncio.run(scenario())


def test_the_model_may_end_the_conversation() -> None:
    """end_conversation is answered in silence, then the end is asked for; nothing is published."""

    async def scenario(house: House) -> None:
        house.ask("end_conversation")
        (answer,) = await house.answers()
        assert (answer.status, answer.scheduling) == (CallStatus.DONE, Scheduling.SILENT)
        assert house.inbox[-1] == EndAsked()
        assert house.broker.published == []

    in_virtual_time(scenario)


def test_what_the_hub_does_by_itself_is_answered_at_once() -> None:
    """A call of the hub's own goes to whom it was given, and nothing is published."""
    asked: list[OwnCall] = []

    def cook(call: OwnCall) -> Outcome:
        asked.append(call)
        return Outcome(CallStatus.DONE, "The egg is on.")

    async def scenario(house: House) -> None:
        house.ask("set_egg")
        (answer,) = await house.answers()
        assert (answer.status, answer.scheduling) == (CallStatus.DONE, Scheduling.WHEN_IDLE)
        assert answer.response["message"] == "The egg is on."
        assert asked == [OwnCall("1", "set_egg", {})]
        assert house.broker.published == []

    in_virtual_time(scenario, lambda: House(own=[OwnFunction("set_egg", "Cook an egg.", {})], carry_out=cook))


def test_hostile_reports_do_no_harm() -> None:
    """Bytes that are no JSON, too deep or too long are passed over; the next good report counts."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        for hostile in ("\x00", "[" * 100_000, '{"state":' + "9" * 10_000 + "}", '{"state":["ON"]}', "x" * 300_000):
            house.broker.say(KITCHEN, hostile)
        await house.settle()
        assert house.given() == []
        house.broker.say(KITCHEN, {"state": "ON"})
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DONE

    in_virtual_time(scenario)
