"""How a device of the configuration would behave, seen from the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.functions import Function
from hubd.devices.model import Device, Dialect


@dataclass(frozen=True, slots=True)
class Report:
    """What a device publishes about itself, retained as Zigbee2MQTT does."""

    device: str
    topic: str
    payload: str


class StandIn:
    """Plays every device that was given: takes its commands, says what it would report.

    Zigbee2MQTT devices report their whole state, plain ones the text of their state; for functions spelled out the
    report is what ``expect`` wants, filled in from the command.
    """

    def __init__(self, devices: Sequence[Device]) -> None:
        self._devices = tuple(devices)
        self._states: dict[str, dict[str, JsonValue]] = {
            device.id: {"state": "OFF"} for device in devices if device.dialect is Dialect.ZIGBEE2MQTT
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics on which commands come, each once."""
        return tuple(dict.fromkeys(topic for device in self._devices for topic in _command_topics(device)))

    def beginning(self) -> tuple[Report, ...]:
        """Return what the devices have reported before anybody asked."""
        return tuple(self._zigbee_report(device) for device in self._devices if device.dialect is Dialect.ZIGBEE2MQTT)

    def take(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """Return what follows from a message; nothing for one that no device understands."""
        text = payload.decode("utf-8", "replace")
        return tuple(report for device in self._devices for report in self._reports(device, topic, text))

    def _reports(self, device: Device, topic: str, text: str) -> Iterator[Report]:
        match device.dialect:
            case Dialect.ZIGBEE2MQTT if topic == f"{device.topic}/set":
                self._states[device.id] |= _table(text)
                yield self._zigbee_report(device)
            case Dialect.ZIGBEE2MQTT if topic == f"{device.topic}/get":
                yield self._zigbee_report(device)
            case Dialect.PLAIN if topic == device.command_topic and device.state_topic:
                on = text == device.payload_on
                yield Report(device.id, device.state_topic, device.reported_on if on else device.reported_off)
            case Dialect.PLAIN if topic == device.brightness_command_topic and device.brightness_state_topic:
                yield Report(device.id, device.brightness_state_topic, text)
        for function in device.functions:
            if function.publish.topic == topic and _is_command(function.publish.payload, text):
                yield from _spelled_out(device, function, text)

    def _zigbee_report(self, device: Device) -> Report:
        return Report(device.id, str(device.topic), json.dumps(self._states[device.id]))


def _command_topics(device: Device) -> Iterator[str]:
    if device.dialect is Dialect.ZIGBEE2MQTT:
        yield from (f"{device.topic}/set", f"{device.topic}/get")
    yield from (topic for topic in (device.command_topic, device.brightness_command_topic) if topic is not None)
    yield from (function.publish.topic for function in device.functions)


def _spelled_out(device: Device, function: Function, text: str) -> Iterator[Report]:
    expect = function.expect
    if expect is None:
        return
    if expect.json_ is not None:
        yield Report(device.id, expect.topic, json.dumps(_table(text) | _filled_in(expect.json_, function, text)))
    elif expect.payload is not None:
        filled = _filled_in({"payload": expect.payload}, function, text)["payload"]
        yield Report(device.id, expect.topic, filled if isinstance(filled, str) else json.dumps(filled))


def _is_command(template: JsonValue, text: str) -> bool:
    """Return whether the text can have come from the payload template: what is not a template has to be equal."""
    if isinstance(template, dict):
        sent = _table(text)
        return sent.keys() == template.keys() and all(
            _is_template(value) or sent[key] == value for key, value in template.items()
        )
    return _is_template(template) or text == (template if isinstance(template, str) else json.dumps(template))


def _filled_in(expected: Mapping[str, JsonValue], function: Function, text: str) -> dict[str, JsonValue]:
    """Return what is expected, with ``{{ name }}`` taken from where the command's payload has the same template."""
    payload = function.publish.payload
    sent = _table(text) if isinstance(payload, dict) else {"payload": text}
    templates = payload if isinstance(payload, dict) else {"payload": payload}
    values = {template: sent.get(key) for key, template in templates.items() if isinstance(template, str)}
    return {
        key: values.get(value, value) if isinstance(value, str) and _is_template(value) else value
        for key, value in expected.items()
    }


def _is_template(value: JsonValue) -> bool:
    return isinstance(value, str) and "{{" in value


def _table(text: str) -> dict[str, JsonValue]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
