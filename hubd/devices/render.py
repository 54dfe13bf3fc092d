"""Command → Publish: topic, payload, qos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices import dialects
from hubd.devices.expectations import VALUE, Expectation, Want
from hubd.devices.functions import Expect, Function
from hubd.devices.model import Command, Device
from hubd.devices.templates import render as render_value
from hubd.devices.templates import render_payload, text_of

# ``mqtt-devices.md`` 4, QoS and retain: a command that the broker could not deliver for so long is dropped, s.
COMMAND_EXPIRY = 10


@dataclass(frozen=True, slots=True)
class Publish:
    """One MQTT message to send. A device command is never retained (``mqtt-devices.md``, rule 1).

    qos: 0 or 1. expiry: seconds after which the broker drops it undelivered (MQTT 5), or None.
    correlation: what an answer carries so that who asked can tell what it answers (MQTT 5, 4.10), or None.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    expiry: int | None = None
    correlation: bytes | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """A command, ready to be carried out.

    publishes: to be handed over in this order. expectation: what confirms it, or None where nothing can.
    poll: a message that makes the device report, or None. within: seconds to wait for the report.
    valid_for: seconds in which the broker has to take everything.
    """

    publishes: tuple[Publish, ...]
    expectation: Expectation | None
    poll: Publish | None
    within: float
    valid_for: float


def render(command: Command) -> Order:
    """Return the command as messages with what confirms them; raises TemplateError if a template fails."""
    device = command.device
    if command.function is not None:
        return _render_function(device, command.function, command.arguments)
    wants = dialects.wants(device, command.arguments)
    poll = dialects.poll(device)
    return Order(
        publishes=tuple(_publish(message, device.qos) for message in dialects.compose(device, command.arguments)),
        expectation=Expectation(wants) if wants else None,
        poll=_publish(poll, device.qos) if poll is not None else None,
        within=dialects.within(device),
        valid_for=device.valid_for,
    )


def _publish(message: dialects.Message, qos: int) -> Publish:
    return Publish(message.topic, text_of(message.payload).encode(), qos, expiry=COMMAND_EXPIRY)


def _render_function(device: Device, function: Function, arguments: Mapping[str, JsonValue]) -> Order:
    payload = render_payload(function.publish.payload, arguments)
    expect = function.expect if device.reports_state else None
    return Order(
        publishes=(Publish(function.publish.topic, payload, function.publish.qos, expiry=COMMAND_EXPIRY),),
        expectation=_expectation(expect, arguments) if expect is not None else None,
        poll=None,
        within=expect.within if expect is not None and expect.within is not None else dialects.within(device),
        valid_for=function.valid_for if function.valid_for is not None else device.valid_for,
    )


def _expectation(expect: Expect, arguments: Mapping[str, JsonValue]) -> Expectation:
    if expect.json_ is None:
        return Expectation((Want(VALUE, render_value(expect.payload, arguments)),), expect.topic)
    return Expectation(
        tuple(Want(key, render_value(value, arguments)) for key, value in expect.json_.items()), expect.topic
    )
