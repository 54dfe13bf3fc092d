from __future__ import annotations

import asyncio
from functools import partial

import pytest
from pydantic import JsonValue

from hubd.devices.render import Publish
from hubd.events import Answer, AnswerKind, Behavior, Call, CallStatus, Scheduling, ToolsDone
from hubd.ledger import DUPLICATE_WITHIN
from hubd.live.models import Capabilities
from hubd.tools import BLOCKING_TIMEOUT, SHORT_ANSWER
from tests.stages.act_fakes import DEVICES, House, in_virtual_time
from tests.virtual_time import pass_time

KITCHEN = "zigbee2mqtt/kitchen_lights"
LIGHT = Call("light", "set_light", {"device": "kitchen lights", "on": True})
COFFEE = Call("coffee", "set_switch", {"device": "coffee machine", "on": True})
FAN = Call("fan", "set_switch", {"device": "fan", "on": True})
BLINDS: dict[str, JsonValue] = {
    "id": "blinds",
    "name": "blinds",
    "scheduling": {"done": "WHEN_IDLE", "failed": "INTERRUPT"},
    "first_answer_after": "2s",
    "function": [
        {
            "name": "close_the_blinds",
            "description": "Close the blinds.",
            "publish": {"topic": "blinds/set", "payload": "CLOSE"},
            "expect": {"topic": "blinds", "payload": "closed", "within": "30s"},
        }
    ],
}
LOCK: dict[str, JsonValue] = {
    "id": "front_door",
    "name": "front door",
    "behavior": "BLOCKING",
    "function": [
        {
            "name": "lock_the_door",
            "description": "Lock the front door.",
            "publish": {"topic": "door/set", "payload": "LOCK"},
            "expect": {"topic": "door", "payload": "locked", "within": "20s"},
            "valid_for": "60s",
        }
    ],
}
DIMMED: dict[str, JsonValue] = {
    "id": "hall",
    "name": "hall light",
    "kind": "light",
    "dialect": "plain",
    "command_topic": "hall/set",
    "brightness_command_topic": "hall/level",
}
ONLY_BLOCKING = Capabilities(behaviors=frozenset({Behavior.BLOCKING}))
ONLY_NON_BLOCKING = Capabilities(behaviors=frozenset({Behavior.NON_BLOCKING}))


def told(answer: Answer) -> tuple[AnswerKind, CallStatus, Scheduling]:
    """Return what an answer comes to."""
    return answer.kind, answer.status, answer.scheduling


class TestSlowDevices:
    def test_first_answer_then_outcome(self) -> None:
        """A slow device is on its way after 2 s, in silence; what comes of it follows with its own scheduling."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            (first,) = await house.answers()
            assert house.now == 2.0
            assert told(first) == (AnswerKind.FIRST, CallStatus.ON_ITS_WAY, Scheduling.SILENT)
            assert first.response["message"] == "The command is on its way to the blinds; what comes of it follows."
            await pass_time(23)
            house.broker.say("blinds", "closed")
            _, outcome = await house.answers(2)
            assert told(outcome) == (AnswerKind.OUTCOME, CallStatus.DONE, Scheduling.WHEN_IDLE)
            assert [report.status.value for report in house.answered()] == ["on_its_way", "done"]

        in_virtual_time(scenario, partial(House, [BLINDS]))

    def test_failure_has_a_scheduling_of_its_own(self) -> None:
        """Blinds that never close interrupt, though their first answer was silent."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            answers = await house.answers(2)
            assert [told(answer)[1:] for answer in answers] == [
                (CallStatus.ON_ITS_WAY, Scheduling.SILENT),
                (CallStatus.FAILED, Scheduling.INTERRUPT),
            ]
            assert house.now == 60.0

        in_virtual_time(scenario, partial(House, [BLINDS]))

    def test_quick_enough_for_one_answer(self) -> None:
        """A device that is done in time has one answer, and none follows."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            await pass_time(1.9)
            house.broker.say("blinds", "closed")
            await pass_time(60)
            assert [told(answer)[0] for answer in house.given()] == [AnswerKind.OUTCOME]

        in_virtual_time(scenario, partial(House, [BLINDS]))

    def test_first_answer_may_be_spoken(self) -> None:
        """The scheduling of the first answer is configured beside those of the outcomes."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            (first,) = await house.answers()
            assert first.scheduling is Scheduling.WHEN_IDLE

        spoken: dict[str, JsonValue] = {**BLINDS, "scheduling": {"on_its_way": "WHEN_IDLE"}}
        in_virtual_time(scenario, partial(House, [spoken]))

    def test_nothing_follows_once_the_stage_has_ended(self) -> None:
        """No timer outlives the stage."""

        async def main() -> House:
            house = House([BLINDS])
            running = asyncio.create_task(house.act.run())
            await house.settle()
            house.ask("close_the_blinds")
            await house.settle()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await pass_time(0.01)
            return house

        slow: House = asyncio.run(main())
        assert slow.given() == []


class TestBlocking:
    def test_pitfall_4_a_blocking_call_is_always_answered(self) -> None:
        """An answer with an error comes at the deadline, however long the device may take; what it came to follows."""

        async def scenario(house: House) -> None:
            house.ask("lock_the_door")
            (answer,) = await house.answers()
            assert house.now == BLOCKING_TIMEOUT
            assert told(answer)[:2] == (AnswerKind.OUTCOME, CallStatus.FAILED)
            assert answer.response["error"] == "no report within 15 s"
            assert answer.response["retryable"] is False
            await pass_time(3)
            house.broker.say("door", "locked")
            _, afterword = await house.answers(2)
            assert told(afterword)[:2] == (AnswerKind.AFTERWORD, CallStatus.DONE)

        in_virtual_time(scenario, partial(House, [LOCK]))

    def test_pitfall_4_also_if_the_broker_takes_nothing(self) -> None:
        """What was not sent by then is withdrawn: it is not carried out after the model heard that it failed."""

        async def scenario(house: House) -> None:
            house.broker.refuses = True
            house.ask("lock_the_door")
            (answer,) = await house.answers()
            assert house.now < BLOCKING_TIMEOUT
            assert answer.status is CallStatus.FAILED
            assert "was not sent" in str(answer.response["message"])
            await pass_time(120)
            assert len(house.given()) == 1
            assert house.broker.published == []

        in_virtual_time(scenario, partial(House, [LOCK]))

    def test_a_failure_is_told_once(self) -> None:
        """That a device still has not reported is no news."""

        async def scenario(house: House) -> None:
            house.ask("lock_the_door")
            await pass_time(120)
            assert len(house.given()) == 1
            assert [report.status for report in house.answered()] == [CallStatus.FAILED]

        in_virtual_time(scenario, partial(House, [LOCK]))

    def test_where_the_model_makes_it_blocking_the_answer_is_short(self) -> None:
        """A device that was to be NON_BLOCKING keeps nobody waiting: one answer after its 2 s, the rest as text."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            (answer,) = await house.answers()
            assert house.now == 2.0
            assert told(answer)[:2] == (AnswerKind.OUTCOME, CallStatus.ON_ITS_WAY)
            house.broker.say("blinds", "closed")
            _, afterword = await house.answers(2)
            assert told(afterword) == (AnswerKind.AFTERWORD, CallStatus.DONE, Scheduling.WHEN_IDLE)

        in_virtual_time(scenario, partial(House, [BLINDS], ONLY_BLOCKING))

    def test_short_answers_of_devices_that_are_not_slow(self) -> None:
        """Without a time of its own it is three seconds."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT)
            (answer,) = await house.answers()
            assert (house.now, answer.status) == (SHORT_ANSWER, CallStatus.ON_ITS_WAY)

        in_virtual_time(scenario, partial(House, DEVICES, ONLY_BLOCKING))

    def test_where_the_model_knows_no_blocking_nothing_is_hurried(self) -> None:
        """The lock's outcome is given when it is known, for no session hangs on it."""

        async def scenario(house: House) -> None:
            house.ask("lock_the_door")
            await pass_time(25)
            assert house.given() == []
            house.broker.say("door", "locked")
            (answer,) = await house.answers()
            assert told(answer)[:2] == (AnswerKind.OUTCOME, CallStatus.LATE)

        in_virtual_time(scenario, partial(House, [LOCK], ONLY_NON_BLOCKING))


class TestTakenBack:
    def test_pitfall_32_what_was_published_is_told_as_text(self) -> None:
        """Nothing is answered; that it happened all the same is told afterwards, with the outcome's scheduling."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT)
            await house.settle()
            house.act.cancel(("light", "unknown"))
            await house.settle()
            assert house.given() == []
            house.broker.say(KITCHEN, {"state": "ON"})
            (afterword,) = await house.answers()
            assert told(afterword) == (AnswerKind.AFTERWORD, CallStatus.DONE, Scheduling.SILENT)
            message = "The call was taken back too late. The kitchen lights are on."
            assert afterword.response["message"] == message
            assert [report.status.value for report in house.answered()] == ["cancelled", "done"]
            assert len(house.broker.published) == 1

        in_virtual_time(scenario)

    def test_pitfall_32_a_failure_is_told_as_well(self) -> None:
        """A door that jams after its call was taken back is news for whoever asked for it."""

        async def scenario(house: House) -> None:
            house.ask("open_garage_door")
            await house.settle()
            house.act.cancel(("1",))
            house.broker.say("garage", {"state": "jammed"})
            (afterword,) = await house.answers()
            assert told(afterword) == (AnswerKind.AFTERWORD, CallStatus.FAILED, Scheduling.INTERRUPT)

        in_virtual_time(scenario)

    def test_taken_back_between_two_messages(self) -> None:
        """The second one is not sent; that only a part of the command went out is told."""

        async def scenario(house: House) -> None:
            house.broker.on_publish = lambda _: house.act.cancel(("1",))
            house.ask("set_light", device="hall light", brightness=50)
            (afterword,) = await house.answers()
            assert [publish.topic for publish in house.broker.published] in (["hall/set"], ["hall/level"])
            assert told(afterword)[:2] == (AnswerKind.AFTERWORD, CallStatus.FAILED)
            message = "The call was taken back too late. Only a part of the command was sent to the hall light."
            assert afterword.response["message"] == message

        in_virtual_time(scenario, partial(House, [DIMMED]))

    def test_the_broker_goes_between_two_messages(self) -> None:
        """That a part of the command went out is told, with what kept the rest."""

        async def scenario(house: House) -> None:
            def refuse_from_now_on(_: Publish) -> None:
                house.broker.refuses = True

            house.broker.on_publish = refuse_from_now_on
            house.ask("set_light", device="hall light", brightness=50)
            (answer,) = await house.answers()
            assert len(house.broker.published) == 1
            assert answer.response["message"] == (
                "Only a part of the command was sent to the hall light: the broker did not take it in time."
            )

        in_virtual_time(scenario, partial(House, [DIMMED]))

    def test_a_slow_call_may_be_taken_back_after_its_first_answer(self) -> None:
        """No outcome follows to the call, an afterword does."""

        async def scenario(house: House) -> None:
            house.ask("close_the_blinds")
            await house.answers()
            house.act.cancel(("1",))
            house.broker.say("blinds", "closed")
            _, afterword = await house.answers(2)
            assert afterword.kind is AnswerKind.AFTERWORD

        in_virtual_time(scenario, partial(House, [BLINDS]))

    def test_taken_back_after_the_deadline(self) -> None:
        """A call that has its answer is not taken back: it is not reported twice."""

        async def scenario(house: House) -> None:
            house.ask("lock_the_door")
            await house.answers()
            house.act.cancel(("1",))
            assert [report.status for report in house.answered()] == [CallStatus.FAILED]

        in_virtual_time(scenario, partial(House, [LOCK]))

    def test_taken_back_twice(self) -> None:
        """A second cancellation changes nothing."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT)
            await house.settle()
            house.act.cancel(("light",))
            house.act.cancel(("light",))
            assert len(house.answered()) == 1

        in_virtual_time(scenario)


class TestDuplicates:
    def test_pitfall_31_a_duplicate_hears_that_it_is_being_done(self) -> None:
        """The equal call of another connection, within two seconds, publishes nothing, is answered in silence."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT)
            await pass_time(DUPLICATE_WITHIN)
            house.ask_for(Call("again", LIGHT.name, LIGHT.arguments))
            (answer,) = await house.answers()
            assert told(answer) == (AnswerKind.OUTCOME, CallStatus.DUPLICATE, Scheduling.SILENT)
            message = "This is already being done; the same call is not carried out a second time."
            assert answer.response["message"] == message
            assert len(house.broker.published) == 1
            house.broker.say(KITCHEN, {"state": "ON"})
            assert [each.call.id for each in await house.answers(2)] == ["again", "light"]

        in_virtual_time(scenario)

    def test_pitfall_31_a_duplicate_hears_what_was_done(self) -> None:
        """Once the first has its outcome, so has the second."""

        async def scenario(house: House) -> None:
            house.ask_for(FAN)
            await house.answers()
            house.ask_for(Call("again", FAN.name, FAN.arguments))
            _, answer = await house.answers(2)
            assert answer.response["message"] == (
                "The same call was made before, and is not carried out again. "
                "The command was sent to the fan, which does not report back."
            )

        in_virtual_time(scenario)

    def test_pitfall_31_five_times_in_one_frame(self) -> None:
        """Of five equal calls one is carried out; all are answered."""

        async def scenario(house: House) -> None:
            house.ask_for(*(Call(str(number), FAN.name, FAN.arguments) for number in range(5)))
            statuses = [answer.status.value for answer in await house.answers(5)]
            assert sorted(statuses) == ["done", *["duplicate"] * 4]
            assert house.broker.published == [Publish("fan/set", b"ON", expiry=10)]

        in_virtual_time(scenario)

    def test_an_equal_of_a_call_that_was_taken_back(self) -> None:
        """It is being done all the same, and not a second time."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT)
            await house.settle()
            house.act.cancel(("light",))
            house.ask_for(Call("again", LIGHT.name, LIGHT.arguments))
            (answer,) = await house.answers()
            assert answer.status is CallStatus.DUPLICATE
            assert "already being done" in str(answer.response["message"])

        in_virtual_time(scenario)


class TestParallelCalls:
    def test_ready_together(self) -> None:
        """What is ready within 20 ms is posted as one."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT, COFFEE)
            await house.settle()
            house.broker.say(KITCHEN, {"state": "ON"})
            await pass_time(0.015)
            house.broker.say("coffee/state", "ON")
            assert [answer.call.id for answer in await house.answers(2)] == ["light", "coffee"]
            assert len(house.batches()) == 1

        in_virtual_time(scenario)

    def test_one_after_the_other(self) -> None:
        """What takes longer holds nothing up."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT, COFFEE)
            await house.settle()
            house.broker.say(KITCHEN, {"state": "ON"})
            await house.answers()
            assert house.now == 0.02
            house.broker.say("coffee/state", "ON")
            await house.answers(2)
            assert house.now == 0.02
            assert len(house.batches()) == 2

        in_virtual_time(scenario)

    def test_pitfall_36_all_ids_in_one_frame(self) -> None:
        """A model that hears one frame only waits for the slowest call of it."""

        async def scenario(house: House) -> None:
            house.ask_for(LIGHT, COFFEE, FAN)
            await house.settle()
            house.broker.say(KITCHEN, {"state": "ON"})
            await pass_time(1.5)
            assert house.given() == []
            house.broker.say("coffee/state", "ON")
            await house.answers(3)
            assert [len(answers) for answers in house.batches()] == [3]

        in_virtual_time(scenario, partial(House, together=True))

    def test_pitfall_36_but_not_for_ever(self) -> None:
        """After five seconds it hears what is known."""

        async def scenario(house: House) -> None:
            house.ask_for(FAN, Call("door", "open_garage_door"))
            await house.answers(1)
            assert house.now == 5.0
            await house.answers(2)
            assert house.now == 6.0

        in_virtual_time(scenario, partial(House, together=True))

    def test_one_of_two_is_taken_back(self) -> None:
        """The other is not kept waiting for it."""

        async def scenario(house: House) -> None:
            house.ask_for(FAN, COFFEE)
            await house.settle()
            assert house.given() == []
            house.act.cancel(("coffee",))
            assert [answer.call.id for answer in house.given()] == ["fan"]

        in_virtual_time(scenario, partial(House, together=True))

    @pytest.mark.parametrize("together", [False, True])
    def test_refused_beside_duplicate(self, *, together: bool) -> None:
        """What is ready at once is posted at once, as one."""

        async def scenario(house: House) -> None:
            wrong = Call("wrong", "no_such_function")
            house.ask_for(wrong, Call("again", wrong.name), Call("end", "end_conversation"))
            assert isinstance(house.inbox[0], ToolsDone)
            assert len(house.inbox[0].answers) == 3

        in_virtual_time(scenario, partial(House, together=together))
