"""How a device of the configuration would behave, seen from the broker."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from hubd.demo.pretender import Pretender
from hubd.devices.dialects import command_topics
from hubd.devices.functions import Function
from hubd.devices.model import Device

# Zigbee answers within 50 to 300 ms (``mqtt-devices.md`` 1), s.
ANSWER_AFTER: Final = 0.08
# What has a motor takes its time; in the demo not that of a real one.
_MOVES_FOR: Final = 0.8


@dataclass(frozen=True, slots=True)
class Report:
    """What a device publishes about itself, retained as Zigbee2MQTT does, so many seconds after it was told."""

    device: str
    topic: str
    payload: str
    after: float = ANSWER_AFTER


class StandIn:
    """Plays every device that was given: takes its commands, says what it would report.

    A device of a kind reports its whole state, on each of its topics; for functions spelled out the report is what
    ``expect`` wants, filled in from the command. at_first: what devices are before anybody asked, by id, where that is
    not what is usual for their kind.
    """

    def __init__(
        self, devices: Sequence[Device], at_first: Mapping[str, Mapping[str, JsonValue]] | None = None
    ) -> None:
        self._devices = tuple(devices)
        self._pretenders = {
            device.id: Pretender(device, (at_first or {}).get(device.id, {}))
            for device in devices
            if device.kind is not None
        }

    @property
    def topics(self) -> tuple[str, ...]:
        """The topics on which commands come, each once."""
        return tuple(sorted({topic for device in self._devices for topic in command_topics(device)}))

    def beginning(self) -> tuple[Report, ...]:
        """Return what the devices have reported before anybody asked.

        A device of functions spelled out is as the last of them leaves it, if that is the same whatever it is told.
        """
        of_kinds = (
            Report(device, topic, payload, 0.0)
            for device, pretender in self._pretenders.items()
            for topic, payload in pretender.reports()
        )
        others = (
            Report(device.id, expect.topic, expect.payload, 0.0)
            for device in self._devices
            for function in device.functions[-1:]
            if (expect := function.expect) is not None and expect.payload is not None and "{{" not in expect.payload
        )
        return (*of_kinds, *others)

    def take(self, topic: str, payload: bytes) -> tuple[Report, ...]:
        """Return what follows from a message; nothing for one that no device understands."""
        text = payload.decode("utf-8", "replace")
        return tuple(report for device in self._devices for report in self._reports(device, topic, text))

    def _reports(self, device: Device, topic: str, text: str) -> Iterator[Report]:
        pretender = self._pretenders.get(device.id)
        if pretender is not None:
            moving, settled = pretender.take(topic, text)
            yield from (Report(device.id, *report) for report in moving)
            after = ANSWER_AFTER + (_MOVES_FOR if moving else 0.0)
            yield from (Report(device.id, *report, after) for report in settled)
        for function in device.functions:
            if function.publish.topic == topic and _is_command(function.publish.payload, text):
                yield from _spelled_out(device, function, text)


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
