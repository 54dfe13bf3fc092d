"""The act stage whose devices become others while it works."""

from __future__ import annotations

from hubd.allowance import Allowance
from hubd.devices.catalog import Catalog
from hubd.devices.model import Device
from hubd.events import CallStatus
from hubd.tools import Toolbox
from tests.stages.act_fakes import DEVICES, House, in_virtual_time

KITCHEN, COFFEE, FAN, GARAGE = (Device.model_validate(table) for table in DEVICES)
LAMP = "zigbee2mqtt/kitchen_lights"


def test_what_nobody_needs_is_unsubscribed() -> None:
    """The topics of a device that is gone are done without, those of another one are subscribed, the others stay."""

    async def scenario(house: House) -> None:
        before = list(house.broker.topics)
        moved = COFFEE.model_copy(update={"state_topic": "coffee/now"})
        house.act.watch((KITCHEN, moved))
        gone = {"coffee/state", "garage"}
        assert sorted(house.broker.topics) == sorted({*before, "coffee/now"} - gone)

    in_virtual_time(scenario)


def test_a_device_that_is_renamed_is_asked_for_anew() -> None:
    """What the broker has stored about a topic that was subscribed before comes for the newcomer as well."""

    async def scenario(house: House) -> None:
        house.broker.asked_for.clear()
        house.act.watch((KITCHEN, COFFEE.model_copy(update={"id": "espresso"}), FAN, GARAGE))
        assert house.broker.asked_for == ["coffee/state"]

    in_virtual_time(scenario)


def test_a_call_in_flight_keeps_its_device() -> None:
    """A device that is taken away is heard to the end of its call; then its topics are done without."""

    async def scenario(house: House) -> None:
        house.ask("set_light", device="kitchen lights", on=True)
        await house.settle()
        house.act.adopt(Toolbox(Catalog([COFFEE])), Allowance(), together=False)
        house.act.watch((COFFEE,))
        assert LAMP in house.broker.topics
        house.broker.say(LAMP, {"state": "ON"})
        (answer,) = await house.answers()
        assert answer.status is CallStatus.DONE
        await house.settle()
        assert house.broker.topics == ["coffee/state"]

    in_virtual_time(scenario)


def test_the_next_call_is_checked_anew() -> None:
    """What the new toolbox does not offer is refused, what it offers is sent, within the new limits."""

    async def scenario(house: House) -> None:
        house.act.adopt(Toolbox(Catalog([FAN])), Allowance(in_all=1), together=False)
        house.ask("set_light", "1", device="kitchen lights", on=True)
        house.ask("set_switch", "2", device="fan", on=True)
        house.ask("set_switch", "3", device="fan", on=False)
        answered = {answer.call.id: answer.status for answer in await house.answers(3)}
        assert answered == {"1": CallStatus.REFUSED, "2": CallStatus.DONE, "3": CallStatus.REFUSED}
        assert [publish.topic for publish in house.broker.published] == ["fan/set"]

    in_virtual_time(scenario)
