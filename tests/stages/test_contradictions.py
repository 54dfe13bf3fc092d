from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from pydantic import JsonValue

from hubd.devices.expectations import Expectation, Want
from hubd.events import AnswerKind, CallStatus, Scheduling
from tests.stages.act_fakes import DEVICES, House, in_virtual_time
from tests.virtual_time import pass_time

KITCHEN = "zigbee2mqtt/kitchen_lights"
DOOR: dict[str, JsonValue] = {
    "id": "front_door",
    "name": "front door",
    "kind": "lock",
    "dialect": "zigbee2mqtt",
    "topic": "z/door",
}


def in_house(*more: dict[str, JsonValue]) -> Callable[[], House]:
    """Return what makes a house with more devices."""
    return partial(House, [*DEVICES, *more])


def test_the_contrary_is_told_at_once() -> None:
    """A lamp that says that it is off after it was turned on has failed after a second, not after the time-out."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.broker.say(KITCHEN, {"state": "OFF"})
        (answer,) = await house.answers()
        assert house.now == 1.0
        assert (answer.status, answer.scheduling) == (CallStatus.FAILED, Scheduling.INTERRUPT)
        assert answer.response["message"] == "The command was sent, but the kitchen lights report that they are off."
        assert answer.response["state"] == {"on": False}

    in_virtual_time(scenario)


def test_a_report_that_was_on_its_way_is_no_contradiction() -> None:
    """What the lamp said before it had the command is put right by its next report, and nothing is told of it."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.broker.say(KITCHEN, {"state": "OFF"})
        await pass_time(0.9)
        house.broker.say(KITCHEN, {"state": "ON"})
        (answer,) = await house.answers()
        await pass_time(60)
        assert answer.status is CallStatus.DONE
        assert len(house.given()) == 1

    in_virtual_time(scenario)


def test_a_level_on_its_way_is_no_contradiction() -> None:
    """A lamp that fades passes through other levels; a blind that opens is closed at first."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", brightness=50)
        for level in (10, 60, 100, 127):
            await pass_time(0.9)
            house.broker.say(KITCHEN, {"state": "ON", "brightness": level})
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DONE

    in_virtual_time(scenario)


def test_a_jammed_lock_has_failed() -> None:
    """A word for trouble is the contrary of whatever was wanted; "unlocked" may be what it was before."""

    async def scenario(house: House) -> None:
        house.ask("set_lock", device="front door", locked=True)
        await house.settle()
        house.broker.say("z/door", {"state": "UNLOCK", "lock_state": "unlocked"})
        await pass_time(1.5)
        assert house.given() == []
        house.broker.say("z/door", {"state": "UNLOCK", "lock_state": "not_fully_locked"})
        (answer,) = await house.answers()
        assert house.now == 2.5
        assert answer.response["message"] == "The command was sent, but the front door reports that it is jammed."

    in_virtual_time(scenario, in_house(DOOR))


def test_a_device_that_flips_back_is_told_afterwards() -> None:
    """Done was true when it was told; a second later it is no more, and the model hears so, once."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.answers()
        await pass_time(1)
        house.broker.say(KITCHEN, {"state": "OFF"})
        house.broker.say(KITCHEN, {"state": "OFF"})
        _, afterword = await house.answers(2)
        await pass_time(60)
        assert len(house.given()) == 2
        assert afterword.kind is AnswerKind.AFTERWORD
        assert (afterword.status, afterword.scheduling) == (CallStatus.FAILED, Scheduling.INTERRUPT)
        assert afterword.response["message"] == "The kitchen lights did not stay as they were set: they are off now."

    in_virtual_time(scenario)


def test_a_contradiction_that_was_none_is_put_right() -> None:
    """A slow lamp that comes on after it had reported the contrary is told of as well."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.broker.say(KITCHEN, {"state": "OFF"})
        await house.answers()
        await pass_time(1)
        house.broker.say(KITCHEN, {"state": "ON"})
        _, afterword = await house.answers(2)
        assert (afterword.kind, afterword.status) == (AnswerKind.AFTERWORD, CallStatus.LATE)
        assert afterword.response["message"] == "The kitchen lights are on after all."

    in_virtual_time(scenario)


def test_what_comes_later_has_other_reasons() -> None:
    """Whoever presses the switch a minute later is not the device that failed."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.broker.say(KITCHEN, {"state": "ON"})
        await house.answers()
        await pass_time(20)
        house.broker.say(KITCHEN, {"state": "OFF"})
        await house.settle()
        assert len(house.given()) == 1

    in_virtual_time(scenario)


def test_the_next_command_ends_the_watch() -> None:
    """A lamp that is turned off by the next call did not flip back."""

    async def scenario(house: House) -> None:
        for call, on in (("1", True), ("2", False)):
            house.ask("set_light", call, device="kitchen lights", on=on)
            await house.settle()
            house.broker.say(KITCHEN, {"state": "ON" if on else "OFF"})
            await house.answers(int(call))
        await pass_time(60)
        assert [answer.status for answer in house.given()] == [CallStatus.DONE, CallStatus.DONE]

    in_virtual_time(scenario)


def test_one_of_several_that_flips_back_is_named() -> None:
    """The sum was right when it was told; the one lamp is told of afterwards, by its own name."""
    lamp: dict[str, JsonValue] = {"kind": "light", "dialect": "plain"}
    lamps = [
        lamp | {"id": name, "name": f"{name} lamp", "command_topic": f"{name}/set", "state_topic": name}
        for name in ("hall", "desk")
    ]

    async def scenario(house: House) -> None:
        house.ask("set_light", area="everywhere", on=True)
        await house.settle()
        house.broker.say("hall", "ON")
        house.broker.say("desk", "ON")
        (answer,) = await house.answers()
        assert answer.response["message"] == "Both lights are on."
        house.broker.say("desk", "OFF")
        _, afterword = await house.answers(2)
        assert afterword.response["message"] == "The desk lamp did not stay as it was set: it is off now."
        assert afterword.call.id == "1"

    in_virtual_time(scenario, partial(House, lamps))


@pytest.mark.parametrize(
    ("wanted", "found", "contrary"),
    [
        (True, False, True),
        (False, True, True),
        ("ON", "off", True),
        ("on", "OFF ", True),
        ("true", "false", True),
        (True, "OFF", True),
        ("open", "jammed", True),
        (50, "Error", True),
        ("ON", "ON", False),
        ("open", "closed", False),
        (50, 10, False),
        (1, 0, False),
        ("ON", "unknown", False),
        ("jammed", "jammed", False),
        (True, None, False),
    ],
)
def test_what_is_the_contrary(wanted: JsonValue, found: JsonValue, contrary: bool) -> None:  # noqa: FBT001 -- a row
    """On and off are, in whatever words, trouble is; other values may be on their way."""
    expectation = Expectation((Want("state", wanted),))
    assert expectation.contradicted_by({"state": found}) is contrary
    assert not expectation.contradicted_by({"other": found})
