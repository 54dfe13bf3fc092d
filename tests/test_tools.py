from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.all_off import ALL_OFF
from hubd.devices.catalog import Catalog
from hubd.devices.model import Command, Device
from hubd.devices.parameters import Parameter, ParameterType
from hubd.devices.queries import GET_STATE, Query
from hubd.devices.render import render
from hubd.events import AnswerKind, Behavior, Call, CallStatus, Scheduling
from hubd.live.declarations import SchemaType
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.own_functions import OwnCall, OwnFunction
from hubd.requests import EarlyAnswer, EndConversation, Refusal, Resolved, Several
from hubd.tools import END_CONVERSATION, SHORT_ANSWER, Toolbox

LAMP: dict[str, JsonValue] = {
    "id": "kitchen_lights",
    "name": "kitchen lights",
    "aliases": ["the big light"],
    "room": "kitchen",
    "kind": "light",
    "dialect": "zigbee2mqtt",
    "topic": "zigbee2mqtt/kitchen_lights",
}
PLAIN_LAMP: dict[str, JsonValue] = {
    "id": "hall",
    "name": "hall light",
    "kind": "light",
    "dialect": "plain",
    "command_topic": "hall/set",
    "scheduling": {"done": "WHEN_IDLE"},
}
MACHINE: dict[str, JsonValue] = {
    "id": "coffee",
    "name": "coffee machine",
    "kind": "switch",
    "dialect": "plain",
    "command_topic": "coffee/set",
    "behavior": "BLOCKING",
}
LIVING: dict[str, JsonValue] = {
    "id": "living_room",
    "name": "living room lights",
    "scheduling": {"failed": "WHEN_IDLE"},
    "function": [
        {
            "name": "turn_on_the_lights",
            "description": "Turn on the living room lights.",
            "scheduling": {"done": "INTERRUPT"},
            "publish": {"topic": "home/living/light/set", "payload": {"brightness": "{{ brightness * 254 // 100 }}"}},
            "parameters": {
                "brightness": {"type": "integer", "minimum": 1, "maximum": 100, "default": 100},
                "mode": {"type": "string", "enum": ["soft", "bright"]},
            },
        }
    ],
}
TOOLBOX = Toolbox(Catalog([Device.model_validate(table) for table in (LAMP, PLAIN_LAMP, MACHINE, LIVING)]))

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["kitchen lights", "soft"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def resolve(name: str, **arguments: JsonValue) -> Resolved:
    """Check one call."""
    return TOOLBOX.resolve(Call("1", name, arguments))


def test_a_kind_is_declared_once_with_its_devices() -> None:
    """A hundred lamps cost one declaration; names and aliases are an enum, and behavior is on every declaration."""
    declarations = {each.name: each for each in TOOLBOX.declarations()}
    names = ["set_light", "set_switch", "turn_on_the_lights", ALL_OFF, GET_STATE, END_CONVERSATION]
    assert list(declarations) == names
    light = declarations["set_light"]
    assert light.behavior is Behavior.NON_BLOCKING
    assert light.parameters is not None
    assert light.parameters.required == ()
    assert light.parameters.properties["area"].enum == ("kitchen", "everywhere")
    assert light.parameters.properties["device"].enum == ("kitchen lights", "hall light", "the big light")
    assert "the big light = kitchen lights" in light.parameters.properties["device"].description
    assert light.parameters.properties["brightness"].type is SchemaType.INTEGER
    assert light.parameters.properties["brightness"].maximum == 100
    assert declarations["set_switch"].behavior is Behavior.BLOCKING
    assert declarations[END_CONVERSATION].parameters is None


ONLY = {each: Capabilities(behaviors=frozenset({each})) for each in Behavior}
FIRST_AFTER_TWO = EarlyAnswer(2.0, AnswerKind.FIRST, CallStatus.ON_ITS_WAY)


@pytest.mark.parametrize(
    ("device", "takes", "expected"),
    [
        ({}, COMMON_SUBSET, None),
        ({"first_answer_after": 2}, COMMON_SUBSET, FIRST_AFTER_TWO),
        ({"first_answer_after": 2}, ONLY[Behavior.NON_BLOCKING], FIRST_AFTER_TWO),
        ({"first_answer_after": 2}, ONLY[Behavior.BLOCKING], (2.0, CallStatus.ON_ITS_WAY)),
        ({"first_answer_after": 60}, ONLY[Behavior.BLOCKING], (10.0, CallStatus.ON_ITS_WAY)),
        ({}, ONLY[Behavior.BLOCKING], (SHORT_ANSWER, CallStatus.ON_ITS_WAY)),
        ({"behavior": "BLOCKING"}, COMMON_SUBSET, (10.0, CallStatus.FAILED)),
        ({"behavior": "BLOCKING"}, ONLY[Behavior.BLOCKING], (10.0, CallStatus.FAILED)),
        ({"behavior": "BLOCKING"}, ONLY[Behavior.NON_BLOCKING], None),
    ],
)
def test_when_the_model_hears_before_there_is_an_outcome(
    device: dict[str, JsonValue], takes: Capabilities, expected: EarlyAnswer | tuple[float, CallStatus] | None
) -> None:
    """A first answer where the call stays open, the only one where the session hangs until then, else none."""
    toolbox = Toolbox(Catalog([Device.model_validate(PLAIN_LAMP | device)]), takes, blocking_timeout=10.0)
    command = toolbox.resolve(Call("1", "set_light", {"device": "hall light", "on": True}))
    assert isinstance(command, Command)
    if isinstance(expected, tuple):
        expected = EarlyAnswer(expected[0], AnswerKind.OUTCOME, expected[1])
    assert toolbox.early_answer(command) == expected


def test_a_function_may_be_slower_than_its_device() -> None:
    """What a function says itself goes before what its device says."""
    function = {"name": "press", "description": "Press it.", "publish": {"topic": "t"}, "first_answer_after": "9s"}
    table = {"id": "bell", "name": "bell", "first_answer_after": "1s", "function": [function]}
    toolbox = Toolbox(Catalog([Device.model_validate(table)]))
    command = toolbox.resolve(Call("1", "press"))
    assert isinstance(command, Command)
    early = toolbox.early_answer(command)
    assert early is not None
    assert early.after == 9.0


def test_functions_spelled_out_keep_their_names() -> None:
    """Their parameters are declared as configured; those without default are required."""
    declaration = next(each for each in TOOLBOX.declarations() if each.name == "turn_on_the_lights")
    assert declaration.behavior is Behavior.NON_BLOCKING
    assert declaration.parameters is not None
    assert declaration.parameters.required == ("mode",)
    assert declaration.parameters.properties["brightness"].default == 100
    assert declaration.parameters.properties["mode"].enum == ("soft", "bright")


def test_a_kind_without_devices_is_not_declared() -> None:
    """A function that no device could take is neither offered nor taken."""
    toolbox = Toolbox(Catalog([Device.model_validate(LAMP)]))
    assert [each.name for each in toolbox.declarations()] == ["set_light", GET_STATE, END_CONVERSATION]
    assert isinstance(toolbox.resolve(Call("1", "set_switch", {"device": "kitchen lights", "on": True})), Refusal)


def test_a_thousand_lamps_fit_into_the_setup() -> None:
    """The declarations of a thousand devices stay below 64 kB (design.md 10)."""
    tables = [LAMP | {"id": f"lamp_{index}", "name": f"lamp number {index}", "aliases": []} for index in range(1000)]
    toolbox = Toolbox(Catalog([Device.model_validate(table) for table in tables]))
    assert sum(len(each.to_text()) for each in toolbox.declarations()) < 64_000


@pytest.mark.parametrize(
    ("arguments", "settings"),
    [
        ({"device": "kitchen lights", "on": True}, {"on": True}),
        ({"device": "The Big Light", "on": False}, {"on": False}),
        ({"device": "kitchen_lights", "brightness": 30}, {"on": True, "brightness": 30}),
        ({"device": "kitchen lights", "brightness": 30.0, "on": True}, {"on": True, "brightness": 30}),
        ({"device": "kitchen lights", "brightness": 0}, {"on": False}),
        ({"device": "kitchen lights", "brightness": 0, "on": False}, {"on": False}),
        ({"device": "kitchen lights", "on": True, "brightness": None}, {"on": True}),
    ],
)
def test_a_light_is_set_by_state_level_or_both(arguments: dict[str, JsonValue], settings: dict[str, JsonValue]) -> None:
    """Either may be left out; a level means on, and 0 means off."""
    command = resolve("set_light", **arguments)
    assert isinstance(command, Command)
    assert (command.device.id, command.arguments) == ("kitchen_lights", settings)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("set_lights", {}, 'There is no function "set_lights"; there are set_light'),
        ("set_light", {}, "device has to be the name of a light, found nothing or give an area."),
        ("set_light", {"device": 3}, "device has to be the name of a light, found 3."),
        ("set_light", {"device": "kitchen lights"}, "Give on, brightness, or both."),
        ("set_light", {"device": "kitchen lights", "on": 1}, "On has to be true or false, found 1."),
        ("set_light", {"device": "kitchen lights", "on": "on"}, 'On has to be true or false, found "on".'),
        (
            "set_light",
            {"device": "kitchen lights", "brightness": "30"},
            'Brightness has to be a whole number from 0 to 100, found "30".',
        ),
        (
            "set_light",
            {"device": "kitchen lights", "brightness": True},
            "Brightness has to be a whole number from 0 to 100, found true.",
        ),
        (
            "set_light",
            {"device": "kitchen lights", "brightness": 101},
            "Brightness has to be a whole number from 0 to 100, found 101.",
        ),
        (
            "set_light",
            {"device": "kitchen lights", "on": True, "colour": "red"},
            'There is no argument "colour", allowed are: on, brightness.',
        ),
        (
            "set_light",
            {"device": "kitchen lights", "on": False, "brightness": 30},
            "On is false but brightness is 30: 0 is off, leave one of the two out.",
        ),
        (
            "set_light",
            {"device": "hall light", "brightness": 30},
            "This light can't be dimmed: leave brightness out.",
        ),
        ("set_light", {"device": "coffee machine", "on": True}, '"coffee machine" is no light; use set_switch.'),
        (
            "set_light",
            {"device": "living room lights", "on": True},
            '"living room lights" is no light; use turn_on_the_lights.',
        ),
        (
            "set_light",
            {"device": "kitchen light", "on": True},
            'There is no light called "kitchen light"; there are: kitchen lights',
        ),
        ("set_switch", {"device": "coffee machine"}, "On is missing, it has to be true or false."),
        ("turn_on_the_lights", {}, "Mode is missing, it has to be one of soft, bright."),
        (
            "turn_on_the_lights",
            {"brightness": 0, "mode": 1},
            "Brightness has to be a whole number from 1 to 100, found 0; mode has to be one of soft, bright, found 1.",
        ),
        (END_CONVERSATION, {"now": True}, "end_conversation takes no arguments."),
    ],
)
def test_a_wrong_call_is_told_what_is_allowed(name: str, arguments: dict[str, JsonValue], message: str) -> None:
    """The refusal says what was wrong and what is allowed, so that the model can repair the call."""
    refusal = resolve(name, **arguments)
    assert isinstance(refusal, Refusal)
    assert refusal.message.startswith(message)


def test_an_ambiguous_name_is_answered_with_a_question() -> None:
    """Two lamps of one name are told apart by their rooms, and neither is switched."""
    lamps = [LAMP | {"id": room, "name": "lamp", "aliases": [], "room": room} for room in ("office", "hall")]
    toolbox = Toolbox(Catalog([Device.model_validate(lamp) for lamp in lamps]))
    refusal = toolbox.resolve(Call("1", "set_light", {"device": "lamp", "on": True}))
    assert isinstance(refusal, Refusal)
    assert refusal.message == 'Several are called "lamp": office lamp, hall lamp. Which one is meant?'
    assert refusal.choices == ("office lamp", "hall lamp")


def test_a_default_fills_what_is_left_out() -> None:
    """A parameter with a default may be missing, or null."""
    for arguments in ({"mode": "soft"}, {"mode": "soft", "brightness": None}):
        command = resolve("turn_on_the_lights", **arguments)
        assert isinstance(command, Command)
        assert command.arguments == {"brightness": 100, "mode": "soft"}


def test_the_model_may_end_the_conversation() -> None:
    """end_conversation is no device command."""
    assert resolve(END_CONVERSATION) == EndConversation()


@given(
    st.sampled_from(["set_light", "set_switch", "turn_on_the_lights", GET_STATE, END_CONVERSATION]) | st.text(),
    st.dictionaries(st.sampled_from(["device", "on", "brightness", "mode"]) | st.text(), JSON, max_size=5),
)
def test_any_call_is_a_command_or_a_refusal(name: str, arguments: dict[str, JsonValue]) -> None:
    """Whatever the model sends, it is carried out as declared or refused in words; nothing is raised."""
    match TOOLBOX.resolve(Call("1", name, arguments)):
        case Command() as command:
            topics = {publish.topic for publish in render(command).publishes}
            assert topics <= {"zigbee2mqtt/kitchen_lights/set", "hall/set", "coffee/set", "home/living/light/set"}
        case Refusal(message=message):
            assert message.endswith((".", "?"))
            assert len(json.dumps(message)) < 5000
        case EndConversation():
            assert name == END_CONVERSATION
        case Query(devices=devices):
            assert name == GET_STATE
            assert devices
        case Several(commands=commands):
            assert commands
        case OwnCall():
            pytest.fail("nothing of the hub's own is offered")


def test_the_hubs_own_functions_are_declared_and_checked() -> None:
    """They stand among the others, and what does not fit their parameters is refused in words."""
    length = Parameter(type=ParameterType.INTEGER, description="Minutes.", minimum=1)
    own = OwnFunction("set_egg", "Cook an egg.", {"minutes": length}, frozenset({"minutes"}))
    toolbox = Toolbox(Catalog([]), own=[own])
    declared, _ = toolbox.declarations()
    assert (declared.name, declared.behavior) == ("set_egg", Behavior.NON_BLOCKING)
    assert declared.parameters is not None
    assert declared.parameters.required == ("minutes",)
    assert toolbox.resolve(Call("1", "set_egg", {"minutes": 4.0, "soft": None})) == OwnCall(
        "1", "set_egg", {"minutes": 4}
    )
    refused = toolbox.resolve(Call("2", "set_egg", {"minutes": 0, "soft": True}))
    assert isinstance(refused, Refusal)
    assert "Minutes has to be a whole number from 1, found 0" in refused.message
    assert 'no argument "soft"' in refused.message


def test_scheduling_is_the_functions_then_the_devices_then_the_default() -> None:
    """Each outcome takes the nearest word that is configured."""
    command = resolve("turn_on_the_lights", mode="soft")
    assert isinstance(command, Command)
    schedule = TOOLBOX.schedule(command)
    assert schedule.of(CallStatus.DONE) is Scheduling.INTERRUPT
    assert schedule.of(CallStatus.FAILED) is Scheduling.WHEN_IDLE
    assert schedule.of(CallStatus.LATE) is Scheduling.WHEN_IDLE
    for name, done in (("kitchen lights", Scheduling.SILENT), ("hall light", Scheduling.WHEN_IDLE)):
        command = resolve("set_light", device=name, on=True)
        assert isinstance(command, Command)
        assert TOOLBOX.schedule(command).done is done
        assert TOOLBOX.schedule(command).failed is Scheduling.INTERRUPT
