"""Device, Command, Reading: the vocabulary of the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StrictBool, StrictInt, StrictStr

from hubd.devices.fields import Duration, Identifier, Name, Place, Table, Topic
from hubd.devices.functions import ONE_ANSWER, Function, NeverRetained, OutcomeScheduling, Qos
from hubd.devices.payloads import is_readable
from hubd.events import Behavior

VALID_FOR = 5.0


class Kind(StrEnum):
    """What a device is; a kind brings its functions (``kinds.py``)."""

    LIGHT = "light"
    SWITCH = "switch"


class Dialect(StrEnum):
    """How a device is spoken to over MQTT (``dialects.py``)."""

    ZIGBEE2MQTT = "zigbee2mqtt"
    PLAIN = "plain"


class Device(Table):
    """One device of the house, as configured.

    id: a-z, 0-9, _; unique. name, aliases: as people say it. room: where it is.
    kind: light or switch, brings functions; it needs a dialect. dialect: zigbee2mqtt needs topic; plain needs
    command_topic. function: functions spelled out, with or without a kind.
    topic: the device's own, as ``zigbee2mqtt/kitchen_lights``, without /set.
    command_topic, payload_on, payload_off: plain: what switches it. state_topic, state_on, state_off: plain: where it
    reports which text (the payloads if left out). brightness_command_topic, brightness_state_topic: plain: its level,
    a whole number from 0 to brightness_scale.
    dimmable: false for a zigbee2mqtt light that has only on and off.
    reports_state: false for a device that never reports: then sent counts as done.
    within: seconds for its report (4 for zigbee2mqtt, 2 for plain if left out). valid_for: seconds after which a
    command that the broker has not taken is withdrawn. qos: of commands, 0 or 1. retain: false, always.
    scheduling: when the model speaks about each outcome. behavior: whether the conversation waits for it.
    first_answer_after: for a slow device that the conversation does not wait for: seconds without an outcome after
    which the model hears that the command is on its way; the outcome follows, with its own scheduling.
    """

    id: Identifier
    name: Name
    aliases: tuple[Name, ...] = ()
    room: Name | None = None
    kind: Kind | None = None
    dialect: Dialect | None = None
    topic: Topic | None = None
    command_topic: Topic | None = None
    state_topic: Topic | None = None
    payload_on: StrictStr = "ON"
    payload_off: StrictStr = "OFF"
    state_on: StrictStr | None = None
    state_off: StrictStr | None = None
    brightness_command_topic: Topic | None = None
    brightness_state_topic: Topic | None = None
    brightness_scale: Annotated[StrictInt, Field(ge=1, le=65535)] = 255
    dimmable: StrictBool = True
    reports_state: StrictBool = True
    within: Annotated[Duration, Field(le=600)] | None = None
    valid_for: Annotated[Duration, Field(le=600)] = VALID_FOR
    qos: Qos = 0
    retain: NeverRetained = False
    scheduling: OutcomeScheduling | None = None
    behavior: Behavior = Behavior.NON_BLOCKING
    first_answer_after: Annotated[Duration, Field(le=600)] | None = None
    functions: tuple[Function, ...] = Field(default=(), alias="function")

    @property
    def reported_on(self) -> str:
        """What a plain device reports when it is on."""
        return self.payload_on if self.state_on is None else self.state_on

    @property
    def reported_off(self) -> str:
        """What a plain device reports when it is off."""
        return self.payload_off if self.state_off is None else self.state_off

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what its kind, its dialect, its topics don't allow."""
        yield from _gaps(self)
        yield from _foreign_keys(self)
        yield from _clashes(self)
        yield from _second_answers(self)


_SWITCHED = {"command_topic", "state_topic", "payload_on", "payload_off", "state_on", "state_off"}
_DIMMED = {"brightness_command_topic", "brightness_state_topic", "brightness_scale"}
# Which keys a dialect needs, and which it may have besides; the others of these keys it may not.
_KEYS: Mapping[Dialect | None, tuple[frozenset[str], frozenset[str]]] = {
    Dialect.ZIGBEE2MQTT: (frozenset({"topic"}), frozenset({"dimmable"})),
    Dialect.PLAIN: (frozenset({"command_topic"}), frozenset(_SWITCHED | _DIMMED)),
    None: (frozenset(), frozenset()),
}
_ALL_KEYS = sorted({key for needed, further in _KEYS.values() for key in needed | further})


def _gaps(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield what is missing, or is there for nothing."""
    if device.kind is None and device.dialect is None and not device.functions:
        yield (), f"a device needs a kind ({', '.join(Kind)}) or at least one [[device.function]]"
    if device.kind is not None and device.dialect is None:
        yield ("dialect",), f'kind = "{device.kind}" needs a dialect ({", ".join(Dialect)})'
    if device.kind is None and device.dialect is not None:
        yield ("kind",), f'dialect = "{device.dialect}" needs a kind ({", ".join(Kind)})'
    for key in sorted(_KEYS[device.dialect][0]):
        if getattr(device, key) is None:
            yield (key,), f'dialect = "{device.dialect}" needs {key}'


def _foreign_keys(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield the keys that the device's dialect, or its kind, does not take."""
    needed, further = _KEYS[device.dialect]
    speaks = f'dialect = "{device.dialect}"' if device.dialect else "a device without dialect"
    allowed = ", ".join(sorted(needed | further)) or "none of the keys that belong to a dialect"
    for key in _ALL_KEYS:
        if key not in device.model_fields_set:
            continue
        if key not in needed | further:
            yield (key,), f"{speaks} does not take {key}, it takes {allowed}"
        elif key in _DIMMED and device.kind is not Kind.LIGHT:
            yield (key,), "brightness is for lights"


def _clashes(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield topics and payloads that can't be told apart."""
    if device.dialect is Dialect.ZIGBEE2MQTT and device.topic and device.topic.endswith(("/set", "/get")):
        yield ("topic",), f"found topic {device.topic!r}, allowed is the device's own topic, without /set or /get"
    if device.payload_on == device.payload_off:
        yield _given(device, "payload_off", "payload_on"), "payload_on and payload_off are the same"
    elif device.reported_on == device.reported_off:
        yield _given(device, "state_off", "state_on"), "state_on and state_off are the same"
    if device.dialect is Dialect.PLAIN and device.state_topic is not None:
        for key, text in (("on", device.reported_on), ("off", device.reported_off)):
            if text != text.strip() or not is_readable(text):
                problem = (
                    f"no report can say {text[:40]!r}: give state_{key}, without spaces around it or line breaks in it"
                )
                yield _given(device, f"state_{key}", f"payload_{key}"), problem
    commands = {device.command_topic, device.brightness_command_topic} - {None}
    for key in ("state_topic", "brightness_state_topic"):
        topic: str | None = getattr(device, key)
        if topic in commands:
            problem = f"{topic!r} is a topic of commands as well as of state: the hub would hear its own message"
            yield (key,), problem


def _second_answers(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield first answers where the conversation waits for the one answer that there is."""
    if device.behavior is not Behavior.BLOCKING:
        return
    if device.first_answer_after is not None:
        yield ("first_answer_after",), ONE_ANSWER
    for position, function in enumerate(device.functions):
        if function.first_answer_after is not None and function.behavior is None:
            yield ("function", position, "first_answer_after"), ONE_ANSWER


def _given(device: Device, *keys: str) -> Place:
    """Return the place of the first key that the configuration holds."""
    return next(((key,) for key in keys if key in device.model_fields_set), ())


@dataclass(frozen=True, slots=True)
class Command:
    """A checked call: what one device is to do.

    name: the function's. arguments: in the function's units, checked, defaults filled in, without the device.
    function: the function as spelled out in the configuration, or None for a function of the device's kind.
    """

    device: Device
    name: str
    arguments: Mapping[str, JsonValue]
    function: Function | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device last said about itself; received is monotonic, s.

    stored: at least one value is one that the broker had kept: its age is unknown, received is when it reached the hub.
    """

    values: Mapping[str, JsonValue]
    received: float
    stored: bool = False
