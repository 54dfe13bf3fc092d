"""What each kind of device can be told: one table row per kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from hubd.devices import colors, settling
from hubd.devices.functions import Schedule
from hubd.devices.model import Device, Feature, Kind
from hubd.devices.offers import ACTIONS
from hubd.devices.parameters import Parameter, ParameterType
from hubd.devices.settling import Arguments
from hubd.devices.vocabulary import Property
from hubd.events import Scheduling

# The effect of a light or a plug is seen at once, and needs no words (``live-protocol.md`` 8.4).
VISIBLE = Schedule(done=Scheduling.SILENT, late=Scheduling.WHEN_IDLE, failed=Scheduling.INTERRUPT)
SPELLED_OUT = Schedule(done=Scheduling.WHEN_IDLE, late=Scheduling.WHEN_IDLE, failed=Scheduling.INTERRUPT)
# Of what takes its time the model hears after so long that it is on its way, s.
_SLOW = 3.0


@dataclass(frozen=True, slots=True)
class KindFunction:
    """A function that every device of a kind offers; it is declared once, with the devices as an enum.

    parameters: besides ``device``. required: the names among them that a call has to give.
    settle: (device, checked arguments) → what the device is set to, in the parameters' units, without contradiction;
    raises ArgumentError.
    """

    name: str
    description: str
    parameters: Mapping[str, Parameter]
    required: frozenset[str]
    settle: Callable[[Device, Arguments], Arguments]


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind.

    noun: what a person calls such a device. functions: what it offers. schedule: when nothing else is configured.
    first_answer_after: the same for ``Device.first_answer_after``.
    """

    noun: str
    functions: tuple[KindFunction, ...]
    schedule: Schedule = field(default=SPELLED_OUT)
    first_answer_after: float | None = None


def _on_off(noun: str) -> Parameter:
    return Parameter(type=ParameterType.BOOLEAN, description=f"True turns the {noun} on, false turns it off.")


def _percent(description: str) -> Parameter:
    return Parameter(type=ParameterType.INTEGER, description=description, minimum=0, maximum=100)


def _action(kind: Kind, description: str) -> Parameter:
    return Parameter(type=ParameterType.STRING, description=description, enum=tuple(ACTIONS[kind]))


_LIGHT = KindFunction(
    name="set_light",
    description="Turn a light on or off, or set its brightness.",
    parameters={
        Property.ON: _on_off("light"),
        Property.BRIGHTNESS: _percent("Brightness in percent; more than 0 turns the light on, 0 turns it off."),
        Property.COLOR: Parameter(type=ParameterType.STRING, description="Color of the light.", enum=colors.NAMES),
        Property.COLOR_TEMPERATURE: Parameter(
            type=ParameterType.INTEGER,
            description="Temperature of white light in kelvin: 2700 is warm, 6500 is cold.",
            minimum=1500,
            maximum=9000,
        ),
        Property.EFFECT: Parameter(type=ParameterType.STRING, description="Effect of the light."),
    },
    required=frozenset(),
    settle=settling.settle_light,
)
_SWITCH = KindFunction(
    name="set_switch",
    description="Turn a switch, a plug, or the appliance behind it on or off.",
    parameters={Property.ON: _on_off("switch")},
    required=frozenset({Property.ON}),
    settle=settling.settle_on_off,
)
_COVER = KindFunction(
    name="set_cover",
    description="Open, close or stop a cover, such as a blind or a garage door, or set its position.",
    parameters={
        Property.ACTION: _action(Kind.COVER, "What the cover does."),
        Property.POSITION: _percent("Position in percent: 100 is open, 0 is closed."),
    },
    required=frozenset(),
    settle=settling.settle_action,
)
_LOCK = KindFunction(
    name="set_lock",
    description="Lock or unlock a lock.",
    parameters={Property.LOCKED: Parameter(type=ParameterType.BOOLEAN, description="True locks it, false unlocks it.")},
    required=frozenset({Property.LOCKED}),
    settle=settling.settle_lock,
)
_CLIMATE = KindFunction(
    name="set_climate",
    description="Set the temperature of a heating or an air conditioner, or its mode.",
    parameters={
        Property.TEMPERATURE: Parameter(type=ParameterType.NUMBER, description="Temperature to reach in degrees."),
        Property.MODE: Parameter(type=ParameterType.STRING, description="Mode of operation."),
    },
    required=frozenset(),
    settle=settling.settle_climate,
)
_FAN = KindFunction(
    name="set_fan",
    description="Turn a fan on or off, or set its speed.",
    parameters={Property.ON: _on_off("fan"), Property.SPEED: _percent("Speed in percent; 0 turns the fan off.")},
    required=frozenset(),
    settle=settling.settle_fan,
)
_MEDIA_PLAYER = KindFunction(
    name="set_media_player",
    description="Play, pause or stop a media player, go to the next or previous title, or set its volume.",
    parameters={
        Property.ACTION: _action(Kind.MEDIA_PLAYER, "What the player does."),
        Property.VOLUME: _percent("Volume in percent."),
    },
    required=frozenset(),
    settle=settling.settle_action,
)
_SCENE = KindFunction(
    name="activate_scene",
    description="Activate a scene.",
    parameters={},
    required=frozenset(),
    settle=settling.settle_scene,
)
_GROUP = KindFunction(
    name="set_group",
    description="Turn all devices of a group on or off.",
    parameters={Property.ON: _on_off("group")},
    required=frozenset({Property.ON}),
    settle=settling.settle_on_off,
)
_VACUUM = KindFunction(
    name="set_vacuum",
    description="Start, pause or stop a vacuum cleaner, send it home, or find it.",
    parameters={Property.ACTION: _action(Kind.VACUUM, "What the vacuum cleaner does.")},
    required=frozenset({Property.ACTION}),
    settle=settling.settle_action,
)
_ALARM = KindFunction(
    name="set_alarm",
    description="Arm or disarm an alarm system.",
    parameters={Property.ACTION: _action(Kind.ALARM, "What the alarm system does.")},
    required=frozenset({Property.ACTION}),
    settle=settling.settle_action,
)
_VALVE = KindFunction(
    name="set_valve",
    description="Open, close or stop a valve, or set its position.",
    parameters={
        Property.ACTION: _action(Kind.VALVE, "What the valve does."),
        Property.POSITION: _percent("Position in percent: 100 is open, 0 is closed."),
    },
    required=frozenset(),
    settle=settling.settle_action,
)

KINDS: Mapping[Kind, KindRow] = {
    Kind.LIGHT: KindRow("light", (_LIGHT,), VISIBLE),
    Kind.SWITCH: KindRow("switch", (_SWITCH,), VISIBLE),
    Kind.COVER: KindRow("cover", (_COVER,), first_answer_after=_SLOW),
    Kind.LOCK: KindRow("lock", (_LOCK,), first_answer_after=_SLOW),
    Kind.CLIMATE: KindRow("thermostat", (_CLIMATE,), first_answer_after=_SLOW),
    Kind.FAN: KindRow("fan", (_FAN,), VISIBLE),
    Kind.MEDIA_PLAYER: KindRow("media player", (_MEDIA_PLAYER,), VISIBLE),
    Kind.SCENE: KindRow("scene", (_SCENE,), VISIBLE),
    Kind.GROUP: KindRow("group", (_GROUP,), VISIBLE),
    Kind.SENSOR: KindRow("sensor", ()),
    Kind.BINARY_SENSOR: KindRow("sensor", ()),
    Kind.VACUUM: KindRow("vacuum cleaner", (_VACUUM,), first_answer_after=_SLOW),
    Kind.ALARM: KindRow("alarm system", (_ALARM,), first_answer_after=_SLOW),
    Kind.VALVE: KindRow("valve", (_VALVE,), first_answer_after=_SLOW),
}

KIND_OF_FUNCTION: Mapping[str, tuple[Kind, KindFunction]] = {
    function.name: (kind, function) for kind, row in KINDS.items() for function in row.functions
}


def parameters_of(function: KindFunction, devices: Iterable[Device]) -> dict[str, Parameter]:
    """Return the parameters of a function as these devices take them: only features that one of them has."""
    devices = list(devices)
    found: dict[str, Parameter] = {}
    for name, parameter in function.parameters.items():
        able = [device for device in devices if name not in set(Feature) or _takes(device, name)]
        if not able:
            continue
        match name:
            case Property.EFFECT:
                found[name] = parameter.model_copy(update={"enum": _each(device.effects for device in able)})
            case Property.MODE:
                found[name] = parameter.model_copy(update={"enum": _each(device.modes for device in able)})
            case Property.TEMPERATURE:
                ranges = [settling.degrees_of(device) for device in able]
                bounds = {"minimum": min(low for low, _ in ranges), "maximum": max(high for _, high in ranges)}
                found[name] = parameter.model_copy(update=bounds)
            case _:
                found[name] = parameter
    return found


def _takes(device: Device, name: str) -> bool:
    """Return whether a device takes a parameter; whites are colours too."""
    return device.can(name) or (name == Property.COLOR and device.can(Property.COLOR_TEMPERATURE))


def _each(several: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for texts in several for text in texts))


def presentable(kind: Kind, values: Arguments) -> dict[str, JsonValue]:
    """Return a state with numbers rounded as a person says them: brightness 29.9 is 30 percent."""
    whole = {
        name
        for function in KINDS[kind].functions
        for name, parameter in function.parameters.items()
        if parameter.type is ParameterType.INTEGER
    }
    return {name: _rounded(value, None if name in whole else 1) for name, value in values.items()}


def _rounded(value: JsonValue, places: int | None) -> JsonValue:
    return round(value, places) if isinstance(value, int | float) and not isinstance(value, bool) else value
