from __future__ import annotations

import pytest
from pydantic import JsonValue, ValidationError

from hubd.devices import phrases
from hubd.devices.catalog import Catalog
from hubd.devices.expectations import KIND
from hubd.devices.model import Command, Device
from hubd.devices.render import render
from hubd.devices.state import StateStore
from hubd.events import Call
from hubd.live.declarations import FunctionDeclaration
from hubd.requests import Refusal
from hubd.tools import Toolbox

WHITE = {"id": "white", "name": "white", "kind": "light", "dialect": "zigbee2mqtt", "topic": "z/white"}
COLORED = WHITE | {"id": "colored", "name": "colored", "topic": "z/colored", "features": ["color"]}
TUNED = WHITE | {
    "id": "tuned",
    "name": "tuned",
    "topic": "z/tuned",
    "features": ["color_temperature", "effect"],
    "effects": ["Blink"],
    "minimum": 2200,
    "maximum": 4000,
}
HEATING = {
    "id": "heating",
    "name": "heating",
    "kind": "climate",
    "dialect": "esphome",
    "topic": "n/climate/heating",
    "modes": ["off", "heat"],
    "minimum": 10,
    "maximum": 25.5,
}
COOLING = HEATING | {"id": "cooling", "name": "cooling", "modes": ["off", "cool"], "minimum": 16, "maximum": 30}
FAN = {"id": "fan", "name": "fan", "kind": "fan", "dialect": "zigbee2mqtt", "topic": "z/fan", "features": []}
VALVE = {"id": "valve", "name": "valve", "kind": "valve", "dialect": "zigbee2mqtt", "topic": "z/valve"}
TABLES = [
    WHITE,
    COLORED,
    TUNED,
    HEATING,
    COOLING,
    FAN,
    FAN | {"id": "fast", "name": "fast", "features": ["speed"]},
    VALVE,
]
TOOLBOX = Toolbox(Catalog([Device.model_validate(table) for table in TABLES]))


def declared(name: str, toolbox: Toolbox = TOOLBOX) -> FunctionDeclaration:
    """Return a function's declaration."""
    return next(each for each in toolbox.declarations() if each.name == name)


@pytest.mark.parametrize(
    ("device", "color", "settings"),
    [
        ("colored", "RED", {"color": "red"}),
        ("colored", "warm white", {"color": "warm white"}),
        ("colored", "daylight", {"color": "white"}),
        ("colored", "soft white", {"color": "warm white"}),
        ("tuned", " Warm White ", {"color_temperature": 2700}),
        ("tuned", "daylight", {"color_temperature": 4000}),
    ],
)
def test_a_color_by_any_name(device: str, color: str, settings: dict[str, JsonValue]) -> None:
    """Case does not matter; a white is kelvin where the lamp has them, a colour where it has none."""
    found = TOOLBOX.resolve(Call("1", "set_light", {"device": device, "color": color}))
    assert isinstance(found, Command)
    assert found.arguments == {"on": True, **settings}


def test_a_lamp_is_not_asked_for_more_than_it_can() -> None:
    """Kelvin beyond a lamp's limits are brought within them, and what it then reports confirms the command."""
    found = TOOLBOX.resolve(Call("1", "set_light", {"device": "tuned", "color": "daylight"}))
    assert isinstance(found, Command)
    order = render(found)
    assert order.publishes[0].payload == b'{"state":"ON","color_temp":250}'
    assert order.expectation is not None
    assert order.expectation.met_by({"on": True, "color_temperature": 4000})
    told = phrases.done(found, "tuned lamp", order.expectation, {"on": True, "color_temperature": 4000})
    assert told == "The tuned lamp is on, 4000 kelvin."


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        ("set_light", {"device": "white", "color": "red"}, "This light has no color: leave it out."),
        ("set_light", {"device": "tuned", "color": "red"}, "This light has no color: leave it out."),
        ("set_light", {"device": "tuned", "brightness": 3}, "This light can't be dimmed: leave brightness out."),
        ("set_light", {"device": "tuned", "effect": "Rainbow"}, 'Effect has to be one of Blink, found "Rainbow".'),
        ("set_light", {"device": "colored", "color": "octarine"}, "Color has to be one of red, orange"),
        ("set_light", {"device": "colored", "on": False, "color": "red"}, "Color turns the light on: leave it out"),
        ("set_light", {"device": "tuned", "color": "white", "color_temperature": 3000}, "Give color or color_temper"),
        ("set_light", {"device": "tuned"}, "Give on or color_temperature or effect or color."),
        ("set_climate", {"device": "heating"}, "Give temperature, mode, or both."),
        ("set_climate", {"device": "heating", "temperature": 28}, "This device takes 10 to 25.5 degrees, found 28."),
        ("set_climate", {"device": "heating", "temperature": 31}, "Temperature has to be a number from 10 to 30"),
        ("set_climate", {"device": "heating", "mode": "cool"}, "This device has the modes: off, heat."),
        ("set_fan", {"device": "fan", "speed": 30}, "This fan has one speed only: leave speed out."),
        ("set_fan", {"device": "fast", "on": True, "speed": 0}, "On is true but speed is 0"),
        ("set_fan", {"device": "fast"}, "Give on, speed, or both."),
        ("set_valve", {"device": "valve"}, "Give action."),
        ("set_valve", {"device": "valve", "action": "stop"}, "This device can't be stopped half-way"),
        ("set_valve", {"device": "valve", "position": 30}, 'There is no argument "position", allowed are: action.'),
    ],
)
def test_what_a_device_can_not_do_is_refused(function: str, arguments: dict[str, JsonValue], message: str) -> None:
    """The refusal says what is wrong and what there is instead; nothing is sent."""
    found = TOOLBOX.resolve(Call("1", function, arguments))
    assert isinstance(found, Refusal)
    assert found.message.startswith(message)


def test_only_what_a_device_takes_is_declared() -> None:
    """Of features that none of the house's devices has the model hears nothing; modes, ranges are those of all."""
    light, climate = declared("set_light").parameters, declared("set_climate").parameters
    assert light is not None
    assert climate is not None
    assert list(light.properties) == ["device", "on", "brightness", "color", "color_temperature", "effect", "area"]
    assert light.properties["effect"].enum == ("Blink",)
    assert climate.properties["mode"].enum == ("off", "heat", "cool")
    assert (climate.properties["temperature"].minimum, climate.properties["temperature"].maximum) == (10, 30)
    plain = declared("set_light", Toolbox(Catalog([Device.model_validate(WHITE)]))).parameters
    assert plain is not None
    assert list(plain.properties) == ["device", "on", "brightness"]


@pytest.mark.parametrize(
    ("features", "setting", "payload", "report"),
    [
        (
            ["color"],
            {"color": "red"},
            '"method":"RGB.Set","params":{"id":0,"on":true,"rgb":[255,0,0]}',
            ("s/status/rgb:0", b'{"output":true,"rgb":[255,0,0]}'),
        ),
        (
            ["color_temperature"],
            {"color_temperature": 3000},
            '"CCT.Set","params":{"id":0,"on":true,"ct":3000}',
            ("s/status/cct:0", b'{"output":true,"ct":3000}'),
        ),
    ],
)
def test_a_shelly_lamp_is_called_by_what_it_is(
    features: list[str], setting: dict[str, JsonValue], payload: str, report: tuple[str, bytes]
) -> None:
    """A lamp with colours or with white of several temperatures is another part of a Shelly."""
    table = WHITE | {"dialect": "shelly", "topic": "s", "features": features}
    toolbox = Toolbox(Catalog([Device.model_validate(table)]))
    found = toolbox.resolve(Call("1", "set_light", {"device": "white", **setting}))
    assert isinstance(found, Command)
    order = render(found)
    assert payload in order.publishes[0].payload.decode()
    assert order.poll is not None
    assert "GetStatus" in order.poll.payload.decode()
    states = StateStore(toolbox.catalog.devices)
    states.receive(*report, now=0.0)
    assert order.expectation is not None
    assert order.expectation.met_by(states.known("white", KIND))


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (WHITE | {"features": ["speed"]}, "allowed here are: brightness, color, color_temperature, effect"),
        (WHITE | {"dialect": "shelly", "features": ["color", "color_temperature"]}, "leave one of the two out"),
        (WHITE | {"kind": "binary_sensor"}, "needs device_class or key"),
        (WHITE | {"kind": "sensor"}, 'dialect = "zigbee2mqtt" needs key'),
        (WHITE | {"kind": "scene"}, 'dialect = "zigbee2mqtt" needs scene'),
        (WHITE | {"kind": "lock", "dialect": "tasmota"}, "a relay can't tell that a door is locked"),
        (WHITE | {"dialect": "home-assistant", "topic": None}, "needs topic, or command_topic with state_topic"),
        (WHITE | {"minimum": 5000, "maximum": 3000}, "the minimum 5000 is above the maximum 3000"),
        (
            {
                "id": "a",
                "name": "a",
                "kind": "cover",
                "dialect": "plain",
                "command_topic": "a",
                "payloads": {"up": "U"},
            },
            "found 'up', allowed are: close, open, stop",
        ),
        (
            {
                "id": "a",
                "name": "a",
                "kind": "cover",
                "dialect": "plain",
                "command_topic": "a",
                "channels": {"tilt": {}},
            },
            "found 'tilt', allowed are: position",
        ),
        (
            {
                "id": "a",
                "name": "a",
                "kind": "cover",
                "dialect": "plain",
                "command_topic": "a",
                "channels": {"position": {"command_topic": "b", "state_topic": "a"}},
            },
            "the hub would hear its own message",
        ),
    ],
)
def test_what_does_not_fit_a_kind_is_named(table: dict[str, object], complaint: str) -> None:
    """What was found and what is allowed stands in the message."""
    with pytest.raises(ValidationError) as raised:
        Device.model_validate(table)
    assert complaint in "\n".join(error["msg"] for error in raised.value.errors())
