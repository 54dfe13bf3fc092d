"""Device, Command, Reading: the vocabulary of the house."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, JsonValue, StrictBool, StrictFloat, StrictInt, StrictStr

from hubd.devices import keys
from hubd.devices.channels import Channel
from hubd.devices.fields import HUB_ID, Duration, Identifier, Name, Place, Table, Topic
from hubd.devices.functions import ONE_ANSWER, Function, NeverRetained, OutcomeScheduling, Qos
from hubd.devices.offers import ACTIONS, OFFERS, STATES, USUAL
from hubd.devices.parameters import MAX_NUMBER
from hubd.devices.payloads import is_readable
from hubd.devices.vocabulary import DeviceClass, Dialect, Feature, Kind, Property
from hubd.events import Behavior

__all__ = ["VALID_FOR", "Command", "Device", "Dialect", "Feature", "Kind", "Reading"]

VALID_FOR = 5.0
Number = Annotated[StrictInt | StrictFloat, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]


class Device(Table):
    """One device of the house, as configured.

    id: a-z, 0-9, _; unique. name, aliases: as people say it. room: where it is.
    kind: brings functions; it needs a dialect. function: functions spelled out, with or without a kind.
    topic: the device's own, as ``zigbee2mqtt/kitchen_lights``, without /set; tasmota: with %prefix% for a full topic of
    another order; esphome: with component and object, as ``hall/light/ceiling``. endpoint: which of its relays, lamps.
    command_topic, payload_on, payload_off: plain: what switches it. state_topic, state_on, state_off: plain: where it
    reports which text (the payloads if left out). brightness_command_topic, brightness_state_topic: plain: its level,
    a whole number from 0 to brightness_scale. payloads, states: the same for what is no switch, by hubd's words.
    channels: properties with topics of their own. availability_topic, payload_available, payload_not_available: where
    it says whether it can be reached, if not where its dialect has it.
    features: what it can do of what not every device of its kind can. dimmable: false for a light that has only on and
    off. effects, modes: those that it has. speeds: how many a fan has. minimum, maximum: degrees, kelvin for a light.
    scene: its number. key: which value of a report, as ``AM2301.Temperature``; zigbee2mqtt: also what a thermostat's
    target is set by, a fan is switched by. unit, device_class: what it measures.
    reports_state: false for a device that never reports: then sent counts as done.
    within: seconds for its report (``dialects.py`` if left out). valid_for: seconds after which a
    command that the broker has not taken is withdrawn. qos: of commands, 0 or 1. retain: false, always.
    scheduling: when the model speaks about each outcome. behavior: whether the conversation waits for it.
    confirm: whether a person has to say yes before it is operated; then it is never part of a group.
    only_in: the ids of the hubs from which it may be operated; none for all.
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
    payloads: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    states: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    channels: dict[StrictStr, Channel] = Field(default_factory=dict)
    availability_topic: Topic | None = None
    payload_available: StrictStr = "online"
    payload_not_available: StrictStr = "offline"
    endpoint: Identifier | None = None
    features: tuple[Feature, ...] | None = None
    dimmable: StrictBool = True
    effects: tuple[Name, ...] = ()
    modes: tuple[Name, ...] = ("off", "heat")
    speeds: Annotated[StrictInt, Field(ge=1, le=255)] = 100
    minimum: Number | None = None
    maximum: Number | None = None
    scene: Annotated[StrictInt, Field(ge=0, le=255)] | None = None
    key: Annotated[StrictStr, Field(min_length=1, max_length=100)] | None = None
    unit: Name | None = None
    device_class: DeviceClass | None = None
    reports_state: StrictBool = True
    within: Annotated[Duration, Field(le=600)] | None = None
    valid_for: Annotated[Duration, Field(le=600)] = VALID_FOR
    qos: Qos = 0
    retain: NeverRetained = False
    scheduling: OutcomeScheduling | None = None
    behavior: Behavior = Behavior.NON_BLOCKING
    first_answer_after: Annotated[Duration, Field(le=600)] | None = None
    confirm: StrictBool = False
    only_in: tuple[StrictStr, ...] = ()
    functions: tuple[Function, ...] = Field(default=(), alias="function")

    @property
    def reported_on(self) -> str:
        """What a plain device reports when it is on."""
        return self.payload_on if self.state_on is None else self.state_on

    @property
    def reported_off(self) -> str:
        """What a plain device reports when it is off."""
        return self.payload_off if self.state_off is None else self.state_off

    def channel(self, name: str) -> Channel:
        """Return where a property has topics of its own; one without topics if it has none."""
        if name == Feature.BRIGHTNESS and (self.brightness_command_topic or self.brightness_state_topic):
            return Channel(
                command_topic=self.brightness_command_topic,
                state_topic=self.brightness_state_topic,
                scale=self.brightness_scale,
            )
        return self.channels.get(name, Channel())

    def can(self, feature: str) -> bool:
        """Return whether it can do what not every device of its kind can."""
        if self.dialect is None or self.kind is None or feature not in OFFERS[self.dialect][self.kind]:
            return False
        if self.dialect is Dialect.PLAIN:
            return self.channel(feature).command_topic is not None
        if self.features is not None:
            return feature in self.features
        if feature == Feature.BRIGHTNESS and not self.dimmable:
            return False
        has_topic = self.topic is not None or self.kind is Kind.LIGHT or feature in self.channels
        return has_topic and (feature in USUAL.get(self.kind, ()) or (feature == Feature.EFFECT and bool(self.effects)))

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield what its kind, its dialect, its topics don't allow."""
        yield from _gaps(self)
        yield from _foreign_keys(self)
        yield from _clashes(self)
        yield from _unknown_words(self)
        yield from _second_answers(self)
        yield from _unknown_hubs(self)


def _gaps(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield what is missing, or is there for nothing."""
    if device.kind is None and device.dialect is None and not device.functions:
        yield (), f"a device needs a kind ({', '.join(Kind)}) or at least one [[device.function]]"
    if device.kind is not None and device.dialect is None:
        yield ("dialect",), f'kind = "{device.kind}" needs a dialect ({", ".join(Dialect)})'
    if device.kind is None and device.dialect is not None:
        yield ("kind",), f'dialect = "{device.dialect}" needs a kind ({", ".join(Kind)})'
    if device.kind is not None and device.dialect is not None:
        yield from _not_offered(device.dialect, device.kind, device.features or ())
    yield from _missing(device)


def _missing(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield options that the device has to have."""
    for key in sorted(keys.needed(device.dialect, device.kind)):
        if getattr(device, key) is None:
            yield (key,), f'dialect = "{device.dialect}" needs {key}'
    told = device.key is not None or device.device_class is not None
    if device.dialect is Dialect.ZIGBEE2MQTT and device.kind is Kind.BINARY_SENSOR and not told:
        yield ("device_class",), "a binary sensor needs device_class or key"
    if device.dialect is Dialect.HOME_ASSISTANT and not (device.topic or device.command_topic or device.state_topic):
        yield ("topic",), f'dialect = "{device.dialect}" needs topic, or command_topic with state_topic'


def _not_offered(dialect: Dialect, kind: Kind, features: Collection[Feature]) -> Iterator[tuple[Place, str]]:
    """Yield what the dialect does not offer."""
    offer = OFFERS[dialect][kind]
    if isinstance(offer, str):
        yield ("kind",), f'dialect = "{dialect}" does not offer kind = "{kind}": {offer}'
        return
    for feature in features:
        if feature not in offer:
            yield ("features",), f"found {str(feature)!r}, allowed here are: {', '.join(sorted(offer)) or 'none'}"
    if dialect is Dialect.SHELLY and {Feature.COLOR, Feature.COLOR_TEMPERATURE} <= {*features}:
        yield ("features",), "a Shelly light is set by color or by color_temperature: leave one of the two out"


def _foreign_keys(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield the keys that the device's dialect, or its kind, does not take."""
    takes = keys.takes(device.dialect, device.kind)
    speaks = f'dialect = "{device.dialect}"' if device.dialect else "a device without dialect"
    allowed = ", ".join(sorted(takes)) or "none of the keys that belong to a dialect"
    for key in keys.OF_DIALECTS:
        if key not in device.model_fields_set or key in takes:
            continue
        if key in keys.DIMMING and device.dialect is Dialect.PLAIN:
            yield (key,), "brightness is for lights"
        else:
            yield (key,), f"{speaks} does not take {key}, it takes {allowed}"


def _clashes(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield topics and payloads that can't be told apart."""
    if own := keys.topic_wanted(device.dialect, device.topic or ""):
        yield ("topic",), f"found topic {device.topic!r}, allowed is {own}"
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
    yield from _echoes(device)


def _echoes(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield topics on which the hub would hear itself."""
    commands = {device.command_topic, device.brightness_command_topic}
    commands |= {channel.command_topic for channel in device.channels.values()}
    reports: dict[Place, str | None] = {
        ("state_topic",): device.state_topic,
        ("brightness_state_topic",): device.brightness_state_topic,
        ("availability_topic",): device.availability_topic,
        **{("channels", name, "state_topic"): channel.state_topic for name, channel in device.channels.items()},
    }
    for place, topic in reports.items():
        if topic is not None and topic in commands:
            yield place, f"{topic!r} is a topic of commands as well as of state: the hub would hear its own message"


def _unknown_words(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield words, channels that devices of the kind don't have."""
    if device.kind is None or device.dialect is None or isinstance(offer := OFFERS[device.dialect][device.kind], str):
        return
    further = {Property.CURRENT_TEMPERATURE} if device.kind is Kind.CLIMATE else set()
    tables: tuple[tuple[str, Collection[str], Collection[str]], ...] = (
        ("payloads", device.payloads, ACTIONS.get(device.kind, ())),
        ("states", device.states, STATES.get(device.kind, ())),
        ("channels", device.channels, offer | further),
    )
    for key, given, known in tables:
        for word in given:
            if word not in known:
                yield (key, word), f"found {word!r}, allowed are: {', '.join(sorted(known)) or 'none'}"
    if device.minimum is not None and device.maximum is not None and device.minimum > device.maximum:
        yield ("minimum",), f"the minimum {device.minimum:g} is above the maximum {device.maximum:g}"


def _second_answers(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield first answers where the conversation waits for the one answer that there is."""
    if device.behavior is not Behavior.BLOCKING:
        return
    if device.first_answer_after is not None:
        yield ("first_answer_after",), ONE_ANSWER
    for position, function in enumerate(device.functions):
        if function.first_answer_after is not None and function.behavior is None:
            yield ("function", position, "first_answer_after"), ONE_ANSWER


def _unknown_hubs(device: Device) -> Iterator[tuple[Place, str]]:
    """Yield what is no id of a hub."""
    for position, hub in enumerate(device.only_in):
        if not HUB_ID.fullmatch(hub):
            problem = f"found {hub[:64]!r}, allowed is the id of a hub: 1 to 64 of the characters a-z, 0-9, _ and -"
            yield ("only_in", position), problem
    if "only_in" in device.model_fields_set and not device.only_in:
        yield ("only_in",), "found an empty list: name the ids of hubs, or leave only_in out"


def _given(device: Device, *names: str) -> Place:
    """Return the place of the first key that the configuration holds."""
    return next(((name,) for name in names if name in device.model_fields_set), ())


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

    @property
    def needs_yes(self) -> bool:
        """Whether a person has to say yes to it: by the function's word, else by the device's."""
        own = self.function.confirm if self.function is not None else None
        return self.device.confirm if own is None else own


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device last said about itself; received is monotonic, s.

    stored: at least one value is one that the broker had kept: its age is unknown, received is when it reached the hub.
    """

    values: Mapping[str, JsonValue]
    received: float
    stored: bool = False
