"""No command is carried out later than it was meant, whatever kind of device it is for (P2)."""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import Path
from typing import Final

import pytest
from pydantic import JsonValue

from hubd.all_off import ALL_OFF
from hubd.demo.private_broker import HOST, PrivateBroker
from hubd.devices.catalog import Catalog
from hubd.devices.model import Device
from hubd.devices.state import StateStore
from hubd.edges.paho_broker import BrokerSettings
from hubd.events import Answer, AnswerKind, Call, CallStatus, Event, Scheduling, ToolsDone
from hubd.ledger import Ledger
from hubd.stages.act import Act
from hubd.tools import Toolbox
from tests.edges.mqtt_parts import marked, running
from tests.running import running as beside
from tests.stages.act_fakes import House, in_virtual_time
from tests.virtual_time import pass_time

EXAMPLES: Final = Path(__file__).resolve().parents[2] / "config/examples/kinds.toml"
BELL: Final[dict[str, JsonValue]] = {
    "id": "bell",
    "name": "bell",
    "function": [{"name": "ring", "description": "Ring.", "publish": {"topic": "bell", "qos": 1}}],
}
TABLES: Final[list[dict[str, JsonValue]]] = [*tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["device"], BELL]
# One command for each kind, several at once, a function spelled out.
COMMANDS: Final[dict[str, dict[str, JsonValue]]] = {
    "set_light": {"device": "bedroom lamp", "brightness": 40},
    "set_switch": {"device": "boiler", "on": True},
    "set_cover": {"device": "kitchen blinds", "action": "open"},
    "set_valve": {"device": "garden water", "action": "open"},
    "set_lock": {"device": "front door", "locked": False},
    "set_alarm": {"device": "house alarm", "action": "disarm"},
    "set_climate": {"device": "bathroom heating", "temperature": 25},
    "set_fan": {"device": "ceiling fan", "on": True},
    "set_media_player": {"device": "radio", "action": "play"},
    "set_vacuum": {"device": "robot", "action": "start"},
    "activate_scene": {"device": "movie night"},
    "set_group": {"device": "downstairs", "on": True},
    ALL_OFF: {},
    "ring": {},
}
CALLS: Final = [Call(name, name, arguments) for name, arguments in COMMANDS.items()]
AREA: Final = Call("all lights", "set_light", {"area": "everywhere", "on": True})


def outcomes(house: House) -> list[Answer]:
    """Return the answers that close a call."""
    return [answer for answer in house.given() if answer.kind is AnswerKind.OUTCOME]


def test_every_function_is_tried() -> None:
    """What can be called in a house of every kind stands in the table above."""
    declared = {each.name for each in Toolbox(Catalog(map(Device.model_validate, TABLES))).declarations()}
    assert declared - {"get_state", "end_conversation"} == COMMANDS.keys()


@pytest.mark.parametrize("refuses", [False, True], ids=["away", "takes nothing"])
def test_ten_minutes_without_a_broker(refuses: bool) -> None:  # noqa: FBT001 -- how the broker fails
    """Whatever is said while the broker is away, or takes nothing, has failed within seconds; nothing follows later."""

    async def scenario(house: House) -> None:
        house.broker.refuses, house.broker.connected = refuses, refuses
        began, asked = house.now, 0
        while house.now < began + 600:
            for call in (*CALLS, AREA):
                house.ask_for(Call(f"{call.id} {asked}", call.name, call.arguments))
                asked += 1
            await pass_time(5.1)
            assert len(outcomes(house)) == asked
            await pass_time(60 - house.now % 60)
        house.broker.refuses, house.broker.connected = False, True
        await pass_time(600)
        assert house.broker.published == []
        assert len(outcomes(house)) == 10 * (len(CALLS) + 1)
        assert {answer.status for answer in outcomes(house)} == {CallStatus.FAILED}
        assert Scheduling.SILENT not in {answer.scheduling for answer in outcomes(house)}
        assert all("sent" in str(answer.response["message"]) for answer in outcomes(house))

    in_virtual_time(scenario, partial(House, TABLES))


async def test_nothing_waits_for_a_real_broker(mosquitto: PrivateBroker) -> None:
    """A broker that comes back is sent nothing of what was asked for while it was away."""
    devices = [Device.model_validate(table) for table in TABLES]
    given: list[Answer] = []

    def take(event: Event) -> None:
        assert isinstance(event, ToolsDone)
        given.extend(event.answers)

    async with running(BrokerSettings(HOST, mosquitto.port, "hub")) as hub:
        act = Act(
            toolbox=Toolbox(Catalog(devices)),
            broker=hub.broker,
            states=StateStore(devices),
            ledger=Ledger(),
            report=lambda _: None,
            post=take,
        )
        async with beside(act.run()):
            await mosquitto.stop()
            await hub.reports.wait("")
            act.ask((*CALLS, AREA))
            while len(given) < len(CALLS) + 1:
                await pass_time(0)
            await mosquitto.start()
            await hub.broker.wait_connected()
            async with running(BrokerSettings(HOST, mosquitto.port, "witness")) as witness:
                messages = witness.broker.messages()
                witness.broker.subscribe(["#"])
                await marked(witness.broker, messages, "mark/subscribed")
                seen = await marked(hub.broker, messages, "mark/by the hub")
    assert {answer.status for answer in given} == {CallStatus.FAILED}
    assert [message for message in seen if not message.retained] == []
