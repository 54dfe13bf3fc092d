"""What each kind of device can be told: one table row per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.functions import Schedule
from hubd.devices.model import Device, Dialect, Kind
from hubd.devices.parameters import ArgumentError, Parameter, ParameterType
from hubd.events import Scheduling

Arguments = Mapping[str, JsonValue]

ON = "on"
BRIGHTNESS = "brightness"

# The effect of a light or a plug is seen at once, and needs no words (``live-protocol.md`` 8.4).
VISIBLE = Schedule(done=Scheduling.SILENT, late=Scheduling.WHEN_IDLE, failed=Scheduling.INTERRUPT)
SPELLED_OUT = Schedule(done=Scheduling.WHEN_IDLE, late=Scheduling.WHEN_IDLE, failed=Scheduling.INTERRUPT)


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
    phrase: state → what follows "is" in a sentence, as "on at 30 percent"; empty if the state says nothing.
    """

    noun: str
    functions: tuple[KindFunction, ...]
    schedule: Schedule
    phrase: Callable[[Arguments], str]


def _on_off(noun: str) -> Parameter:
    return Parameter(type=ParameterType.BOOLEAN, description=f"True turns the {noun} on, false turns it off.")


def can_dim(device: Device) -> bool:
    """Return whether the light's brightness can be set."""
    if device.dialect is Dialect.PLAIN:
        return device.brightness_command_topic is not None
    return device.dimmable


def _settle_light(device: Device, arguments: Arguments) -> Arguments:
    on, brightness = arguments.get(ON), arguments.get(BRIGHTNESS)
    if on is None and brightness is None:
        raise ArgumentError("give on, brightness, or both")
    if brightness is None:
        return {ON: on}
    if on is not None and on != (brightness != 0):
        raise ArgumentError(
            f"on is {str(on).lower()} but brightness is {brightness}: 0 is off, leave one of the two out"
        )
    if brightness == 0:
        return {ON: False}
    if not can_dim(device):
        raise ArgumentError("this light can't be dimmed: leave brightness out")
    return {ON: True, BRIGHTNESS: brightness}


def _settle_switch(_device: Device, arguments: Arguments) -> Arguments:
    return {ON: arguments[ON]}


def _phrase_on_off(state: Arguments) -> str:
    match state.get(ON):
        case True:
            return "on"
        case False:
            return "off"
        case _:
            return ""


def _phrase_light(state: Arguments) -> str:
    match state.get(ON), state.get(BRIGHTNESS):
        case True, int() | float() as percent:
            return f"on at {round(percent)} percent"
        case _:
            return _phrase_on_off(state)


KINDS: Mapping[Kind, KindRow] = {
    Kind.LIGHT: KindRow(
        noun="light",
        functions=(
            KindFunction(
                name="set_light",
                description="Turn a light on or off, or set its brightness.",
                parameters={
                    ON: _on_off("light"),
                    BRIGHTNESS: Parameter(
                        type=ParameterType.INTEGER,
                        description="Brightness in percent; more than 0 turns the light on, 0 turns it off.",
                        minimum=0,
                        maximum=100,
                    ),
                },
                required=frozenset(),
                settle=_settle_light,
            ),
        ),
        schedule=VISIBLE,
        phrase=_phrase_light,
    ),
    Kind.SWITCH: KindRow(
        noun="switch",
        functions=(
            KindFunction(
                name="set_switch",
                description="Turn a switch, a plug, or the appliance behind it on or off.",
                parameters={ON: _on_off("switch")},
                required=frozenset({ON}),
                settle=_settle_switch,
            ),
        ),
        schedule=VISIBLE,
        phrase=_phrase_on_off,
    ),
}

KIND_OF_FUNCTION: Mapping[str, tuple[Kind, KindFunction]] = {
    function.name: (kind, function) for kind, row in KINDS.items() for function in row.functions
}


def presentable(kind: Kind, values: Arguments) -> dict[str, JsonValue]:
    """Return a state with numbers rounded as a person says them: brightness 29.9 is 30 percent."""
    whole = {
        name
        for function in KINDS[kind].functions
        for name, parameter in function.parameters.items()
        if parameter.type is ParameterType.INTEGER
    }
    return {
        name: round(value) if name in whole and isinstance(value, int | float) else value
        for name, value in values.items()
    }
