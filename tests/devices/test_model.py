from __future__ import annotations

import tomllib

import pytest
from pydantic import ValidationError

from hubd.devices.functions import Expect, OutcomeScheduling, PublishTemplate
from hubd.devices.kinds import SPELLED_OUT, VISIBLE
from hubd.devices.model import Device, Dialect, Kind
from hubd.events import Behavior, CallStatus, Scheduling

DESIGN = """
[[device]]
id = "kitchen_lights"
name = "kitchen lights"
aliases = ["the big light"]
room = "kitchen"
kind = "light"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/kitchen_lights"
scheduling = { done = "SILENT", failed = "INTERRUPT", late = "WHEN_IDLE" }

[[device]]
id = "living_room"
name = "living room lights"
[[device.function]]
name = "turn_on_the_lights"
description = "Turn on the living room lights."
behavior = "NON_BLOCKING"
scheduling = "INTERRUPT"
publish = { topic = "home/living/light/set", payload = { state = "ON", brightness = "{{ brightness * 254 // 100 }}" }, qos = 1 }
expect = { topic = "home/living/light", json = { state = "ON" }, within = "2s" }
  [device.function.parameters.brightness]
  type = "integer"
  minimum = 1
  maximum = 100
  default = 100
  description = "Brightness in percent."
"""  # noqa: E501 - one line of the design, as it is

LAMP = {"id": "lamp", "name": "lamp", "kind": "light", "dialect": "zigbee2mqtt", "topic": "zigbee2mqtt/lamp"}
PLUG = {"id": "plug", "name": "plug", "kind": "switch", "dialect": "plain", "command_topic": "plug/set"}
PRESS = {"name": "press", "description": "Press it.", "publish": {"topic": "bell/set"}}
BELL = {"id": "bell", "name": "bell", "function": [PRESS]}


def test_the_designs_example_is_read_as_written() -> None:
    """design.md 7 is valid, and means what it says."""
    kitchen, living = (Device.model_validate(table) for table in tomllib.loads(DESIGN)["device"])
    assert (kitchen.kind, kitchen.dialect, kitchen.aliases) == (Kind.LIGHT, Dialect.ZIGBEE2MQTT, ("the big light",))
    assert kitchen.valid_for == 5.0
    (function,) = living.functions
    assert function.behavior is Behavior.NON_BLOCKING
    assert function.scheduling is not None
    assert set(function.scheduling.model_dump(exclude_none=True).values()) == {Scheduling.INTERRUPT}
    assert function.publish.qos == 1
    assert function.expect == Expect.model_validate(
        {"topic": "home/living/light", "json": {"state": "ON"}, "within": 2}
    )
    assert function.parameters["brightness"].default == 100


def test_a_partial_scheduling_is_filled_up() -> None:
    """An outcome that is left out keeps the default of the kind, or of functions spelled out."""
    partial = OutcomeScheduling.model_validate({"late": "SILENT"})
    assert partial.over(VISIBLE).of(CallStatus.LATE) is Scheduling.SILENT
    assert partial.over(VISIBLE).of(CallStatus.DONE) is Scheduling.SILENT
    assert partial.over(SPELLED_OUT).of(CallStatus.DONE) is Scheduling.WHEN_IDLE
    assert partial.over(SPELLED_OUT).of(CallStatus.FAILED) is Scheduling.INTERRUPT
    assert partial.over(SPELLED_OUT).of(CallStatus.REFUSED) is Scheduling.WHEN_IDLE
    assert partial.over(SPELLED_OUT).of(CallStatus.DUPLICATE) is Scheduling.SILENT


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ({"id": "a", "name": "a"}, f"a device needs a kind ({', '.join(Kind)}) or at least one [[device.function]]"),
        ({"id": "a", "name": "a", "kind": "light"}, f'kind = "light" needs a dialect ({", ".join(Dialect)})'),
        (LAMP | {"kind": "lamp"}, "Input should be 'light', 'switch', 'cover'"),
        (LAMP | {"topic": "zigbee2mqtt/lamp/set"}, "without /set or /get"),
        (LAMP | {"dialect": "tasmota", "topic": "%prefix%/%topic%"}, "in place of %topic%"),
        (LAMP | {"dialect": "tasmota", "topic": "home/%prefix%/lamp/"}, "without cmnd/ before it or / behind it"),
        (LAMP | {"dialect": "tasmota", "topic": "cmnd/lamp"}, "without cmnd/ before it"),
        (LAMP | {"dialect": "home-assistant", "topic": "lamp/set"}, "without /set"),
        (LAMP | {"dialect": "shelly", "topic": "shellyplus1-abc/status/switch:0"}, "the device's prefix"),
        (
            LAMP | {"command_topic": "a"},
            'dialect = "zigbee2mqtt" does not take command_topic, it takes dimmable, effects, endpoint, features',
        ),
        (LAMP | {"topic": None}, 'dialect = "zigbee2mqtt" needs topic'),
        (LAMP | {"topik": "a"}, "Extra inputs are not permitted"),
        (LAMP | {"retain": True}, "a command is never retained"),
        (LAMP | {"qos": 2}, "less than or equal to 1"),
        (LAMP | {"scheduling": "LOUD"}, "Input should be 'INTERRUPT', 'WHEN_IDLE' or 'SILENT'"),
        (LAMP | {"valid_for": "5 minutes"}, "allowed is a duration"),
        (PLUG | {"brightness_scale": 100}, "brightness is for lights"),
        (PLUG | {"payload_on": "X", "payload_off": "X"}, "payload_on and payload_off are the same"),
        (PLUG | {"state_on": "OFF"}, "state_on and state_off are the same"),
        (PLUG | {"state_topic": "plug/set"}, "the hub would hear its own message"),
        (PLUG | {"state_topic": "plug", "payload_on": "on "}, "no report can say 'on ': give state_on"),
        (PLUG | {"name": "-!"}, "which nobody can say"),
        (BELL | {"function": [PRESS | {"expect": {"topic": "a", "payload": "a\nb"}}]}, "no report can hold this"),
        (
            BELL | {"function": [PRESS | {"expect": {"topic": "a", "json": {"b": "c" * 257}}}]},
            "no report can hold this",
        ),
        (BELL | {"dialect": "plain", "command_topic": "a"}, 'dialect = "plain" needs a kind'),
        (BELL | {"topic": "a"}, "a device without dialect does not take topic"),
        (BELL | {"function": [PRESS | {"publish": {"topic": "a/#"}}]}, "wildcard #"),
        (
            BELL | {"function": [PRESS | {"publish": {"topic": "a", "payload": "{{ x }}"}}]},
            "the template names 'x'",
        ),
        (BELL | {"function": [PRESS | {"expect": {"topic": "a"}}]}, "expect needs either json"),
        (BELL | {"function": [PRESS | {"expect": {"topic": "bell/set", "payload": "1"}}]}, "hear its own message"),
        (
            BELL | {"function": [PRESS | {"expect": {"topic": "b", "payload": "{{ y }}"}}]},
            "the template names 'y'",
        ),
        (
            BELL | {"function": [PRESS | {"parameters": {"not": {"type": "string"}}}]},
            "a meaning of its own in templates",
        ),
        (BELL | {"function": [PRESS | {"name": "press the bell"}]}, "allowed are 1 to 64 letters"),
    ],
)
def test_every_mistake_has_a_sentence_that_helps(table: dict[str, object], complaint: str) -> None:
    """What was found and what is allowed stands in the message of exactly one error."""
    with pytest.raises(ValidationError) as raised:
        Device.model_validate(table)
    assert complaint in "\n".join(error["msg"] for error in raised.value.errors())


def test_one_word_for_the_outcomes_leaves_the_first_answer_silent() -> None:
    """A slow device that interrupts with its outcome says nothing on the way, unless that is asked for."""
    word = OutcomeScheduling.model_validate("INTERRUPT").over(SPELLED_OUT)
    assert [word.of(status) for status in (CallStatus.DONE, CallStatus.ON_ITS_WAY)] == ["INTERRUPT", "SILENT"]
    spoken = OutcomeScheduling.model_validate({"on_its_way": "WHEN_IDLE"}).over(SPELLED_OUT)
    assert spoken.of(CallStatus.ON_ITS_WAY) is Scheduling.WHEN_IDLE


@pytest.mark.parametrize(
    "table",
    [
        LAMP | {"behavior": "BLOCKING", "first_answer_after": "2s"},
        BELL | {"function": [PRESS | {"behavior": "BLOCKING", "first_answer_after": "2s"}]},
        BELL | {"behavior": "BLOCKING", "function": [PRESS | {"first_answer_after": "2s"}]},
    ],
)
def test_a_blocking_function_has_no_first_answer(table: dict[str, object]) -> None:
    """The conversation waits for the one answer that there is."""
    with pytest.raises(ValidationError, match="a BLOCKING function is answered once"):
        Device.model_validate(table)


def test_a_function_may_differ_from_its_blocking_device() -> None:
    """What the conversation does not wait for may be slow, whatever holds for the device's other functions."""
    slow = PRESS | {"behavior": "NON_BLOCKING", "first_answer_after": "500ms"}
    assert Device.model_validate(BELL | {"behavior": "BLOCKING", "function": [slow]}).functions[0].first_answer_after


def test_equal_tables_are_equal_devices() -> None:
    """A device is compared by what it says, so that a reload can tell what changed."""
    assert Device.model_validate(LAMP) == Device.model_validate(dict(LAMP))


def test_a_payload_may_be_anything_that_json_carries() -> None:
    """Text, numbers, booleans, tables and lists are payloads; a date is none."""
    for payload in ("", "ON", 21, 0.5, True, {"a": [1]}, ["x"]):
        assert PublishTemplate.model_validate({"topic": "a", "payload": payload}).payload == payload
    with pytest.raises(ValidationError):
        PublishTemplate.model_validate(tomllib.loads('topic = "a"\npayload = 2020-01-01'))
