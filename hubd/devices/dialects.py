"""How devices are spoken to over MQTT: one table row per dialect, one per kind in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.expectations import Source, Want, number_of
from hubd.devices.kinds import BRIGHTNESS, ON, Arguments
from hubd.devices.model import Device, Dialect, Kind
from hubd.devices.payloads import object_in, text_in

# ``mqtt-devices.md`` 1, availability, echo, latency.
_ZIGBEE_WITHIN = 4.0
_WIFI_WITHIN = 2.0
_ZIGBEE_LEVELS = 254
_LEVEL_TOLERANCE = 2.0


Words = Callable[[Device], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One property of a device.

    name: at the front, a parameter of the kind's function. key: at the device.
    write: front value → device value. read: device value → front value, None if it is unknown.
    tolerance: how far a confirmed number may be from the wanted one, in the front's unit.
    """

    name: str
    key: str
    write: Callable[[Device, JsonValue], JsonValue]
    read: Callable[[Device, JsonValue], JsonValue]
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class Message:
    """What a dialect sends: an object is sent as JSON, text as it is."""

    topic: str
    payload: JsonValue


@dataclass(frozen=True, slots=True)
class Manner:
    """How a dialect packs attributes into messages.

    compose: (device, settings, attributes) → messages in order. sources: where the device reports.
    reports: whether it reports an attribute at all. poll: the message that makes it report, or None.
    within: seconds in which it usually does.
    """

    compose: Callable[[Device, Arguments, tuple[Attribute, ...]], tuple[Message, ...]]
    sources: Callable[[Device, tuple[Attribute, ...]], tuple[Source, ...]]
    reports: Callable[[Device, Attribute], bool]
    poll: Callable[[Device], Message | None]
    within: float


def _switched(key: str, words: Words, reported: Words) -> Attribute:
    """Return the attribute of a thing that is on or off; words: device → its texts for (on, off)."""

    def write(device: Device, on: JsonValue) -> JsonValue:
        word_on, word_off = words(device)
        return word_on if on else word_off

    def read(device: Device, value: JsonValue) -> JsonValue:
        word_on, word_off = reported(device)
        return True if value == word_on else False if value == word_off else None

    return Attribute(name=ON, key=key, write=write, read=read)


def _level(key: str, scale: Callable[[Device], int]) -> Attribute:
    """Return the attribute of a level: percent at the front, a whole number from 1 to scale at the device."""

    def write(device: Device, percent: JsonValue) -> JsonValue:
        # A little light must not become none.
        return max(1, round((number_of(percent) or 0.0) / 100 * scale(device)))

    def read(device: Device, level: JsonValue) -> JsonValue:
        number = number_of(level)
        return None if number is None else number / scale(device) * 100

    return Attribute(name=BRIGHTNESS, key=key, write=write, read=read, tolerance=_LEVEL_TOLERANCE)


def _one_object(device: Device, settings: Arguments, attributes: tuple[Attribute, ...]) -> tuple[Message, ...]:
    """Compose one message with everything: as two quick ones a lamp loses the level (Koenkk/zigbee2mqtt#13277)."""
    payload = {each.key: each.write(device, settings[each.name]) for each in attributes if each.name in settings}
    return (Message(f"{device.topic}/set", payload),)


def _object_sources(device: Device, attributes: tuple[Attribute, ...]) -> tuple[Source, ...]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        members = object_in(payload)
        return {each.name: each.read(device, members[each.key]) for each in attributes if each.key in members}

    return (Source(device.topic or "", read),)


def _command_topic(device: Device, attribute: Attribute) -> str | None:
    return device.brightness_command_topic if attribute.name == BRIGHTNESS else device.command_topic


def _state_topic(device: Device, attribute: Attribute) -> str | None:
    return device.brightness_state_topic if attribute.name == BRIGHTNESS else device.state_topic


def _topic_each(device: Device, settings: Arguments, attributes: tuple[Attribute, ...]) -> tuple[Message, ...]:
    """Compose one message per attribute, on or off last, as Home Assistant does by default (``on_command_type``)."""
    last = sorted(attributes, key=lambda each: each.name == ON)
    return tuple(
        Message(topic, each.write(device, settings[each.name]))
        for each in last
        if each.name in settings and (topic := _command_topic(device, each))
    )


def _topic_sources(device: Device, attributes: tuple[Attribute, ...]) -> tuple[Source, ...]:
    def reader(attribute: Attribute) -> Callable[[bytes], dict[str, JsonValue]]:
        def read(payload: bytes) -> dict[str, JsonValue]:
            text = text_in(payload)
            return {} if text is None else {attribute.name: attribute.read(device, text)}

        return read

    return tuple(Source(topic, reader(each)) for each in attributes if (topic := _state_topic(device, each)))


def _poll_state(device: Device) -> Message:
    return Message(f"{device.topic}/get", {"state": ""})


MANNERS: Mapping[Dialect, Manner] = {
    Dialect.ZIGBEE2MQTT: Manner(
        _one_object, _object_sources, lambda _device, _attribute: True, _poll_state, _ZIGBEE_WITHIN
    ),
    Dialect.PLAIN: Manner(
        _topic_each,
        _topic_sources,
        lambda device, attribute: _state_topic(device, attribute) is not None,
        lambda _device: None,
        _WIFI_WITHIN,
    ),
}

_ZIGBEE_STATE = _switched("state", lambda _: ("ON", "OFF"), lambda _: ("ON", "OFF"))
_PLAIN_STATE = _switched(
    "", lambda device: (device.payload_on, device.payload_off), lambda device: (device.reported_on, device.reported_off)
)

ATTRIBUTES: Mapping[tuple[Dialect, Kind], tuple[Attribute, ...]] = {
    (Dialect.ZIGBEE2MQTT, Kind.LIGHT): (_ZIGBEE_STATE, _level("brightness", scale=lambda _: _ZIGBEE_LEVELS)),
    (Dialect.ZIGBEE2MQTT, Kind.SWITCH): (_ZIGBEE_STATE,),
    (Dialect.PLAIN, Kind.LIGHT): (_PLAIN_STATE, _level("", scale=lambda device: device.brightness_scale)),
    (Dialect.PLAIN, Kind.SWITCH): (_PLAIN_STATE,),
}


def compose(device: Device, settings: Arguments) -> tuple[Message, ...]:
    """Return the messages that set a device of a kind; settings: front values by the kind's parameter names."""
    if device.dialect is None or device.kind is None:
        return ()
    return MANNERS[device.dialect].compose(device, settings, ATTRIBUTES[device.dialect, device.kind])


def wants(device: Device, settings: Arguments) -> tuple[Want, ...]:
    """Return what the device has to report to confirm the settings; empty if it can't."""
    if device.dialect is None or device.kind is None or not device.reports_state:
        return ()
    manner = MANNERS[device.dialect]
    return tuple(
        Want(each.name, settings[each.name], each.tolerance)
        for each in ATTRIBUTES[device.dialect, device.kind]
        if each.name in settings and manner.reports(device, each)
    )


def sources(device: Device) -> tuple[Source, ...]:
    """Return where the device reports its kind's attributes; values come in the front's units."""
    if device.dialect is None or device.kind is None:
        return ()
    return MANNERS[device.dialect].sources(device, ATTRIBUTES[device.dialect, device.kind])


def poll(device: Device) -> Message | None:
    """Return the message that makes the device report, if it has one."""
    return MANNERS[device.dialect].poll(device) if device.dialect is not None else None


def within(device: Device) -> float:
    """Return how long to wait for the device's report, s."""
    if device.within is not None:
        return device.within
    return MANNERS[device.dialect].within if device.dialect is not None else _WIFI_WITHIN
