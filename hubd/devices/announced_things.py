"""Switches, scenes, fans, thermostats, sensors that announced themselves."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from hubd.devices.announced_reports import (
    Options,
    Report,
    Settings,
    Unchanged,
    list_option,
    number,
    number_option,
    rendered,
    reported,
    sources,
    text_option,
    words,
)
from hubd.devices.discovered import Sent, Speech
from hubd.devices.expectations import number_of
from hubd.devices.payloads import object_in
from hubd.devices.vocabulary import Property

_SPEED_TOLERANCE: Final = 2.0
_TEMPERATURE_TOLERANCE: Final = 0.1
_MOST_PLACES: Final = 9


def switch(options: Options) -> Speech:
    """Return how the switch is spoken to."""
    on, off = text_option(options, "payload_on", "ON"), text_option(options, "payload_off", "OFF")
    topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        word = on if settings.get(Property.ON, True) else off
        payload = rendered(options, "command_template", {"value": word}, word)
        return () if payload is None else (Sent(topic, payload),)

    states = {text_option(options, "state_on", on): True, text_option(options, "state_off", off): False}
    reports = (Report(Property.ON, "state_topic", "value_template", words({**states}, otherwise_unknown=False)),)
    return Speech(compose, sources(options, reports), reported(options, reports, {}))


def siren(options: Options) -> Speech:
    """Return how the siren is spoken to, in JSON without a template; its tone, its volume are its own choice."""
    on, off = text_option(options, "payload_on", "ON"), text_option(options, "payload_off", "OFF")
    topic = str(options["command_topic"])

    def compose(settings: Settings) -> tuple[Sent, ...]:
        is_on = bool(settings.get(Property.ON, True))
        word = on if is_on else off
        own = "command_template" if is_on or "command_off_template" not in options else "command_off_template"
        payload = rendered(options, own, {"value": word, "state": word}, json.dumps({"state": word}))
        return () if payload is None else (Sent(topic, payload),)

    states = {text_option(options, "state_on", on): True, text_option(options, "state_off", off): False}
    known = words({**states}, otherwise_unknown=False)

    def told(text: str) -> JsonValue:
        return known(str(object_in(text.encode()).get("state", text)))

    reports = (Report(Property.ON, "state_topic", "state_value_template", told),)
    return Speech(compose, sources(options, reports), reported(options, reports, {}))


def scene(options: Options) -> Speech:
    """Return how the scene is called up; nothing tells whether it was."""
    return _pressed(options, "payload_on", "ON")


def button(options: Options) -> Speech:
    """Return how the button is pressed; nothing tells whether it was."""
    return _pressed(options, "payload_press", "PRESS")


def _pressed(options: Options, key: str, usual: str) -> Speech:
    topic, word = str(options["command_topic"]), text_option(options, key, usual)

    def compose(_settings: Settings) -> tuple[Sent, ...]:
        # An empty payload is one if it was announced so.
        payload = rendered(options, "command_template", {"value": word}, word) or ("" if word == "" else None)
        return () if payload is None else (Sent(topic, payload),)

    return Speech(compose)


def fan(options: Options) -> Speech:
    """Return how the fan is spoken to; a speed is sent alone, it turns the fan on."""
    on, off = text_option(options, "payload_on", "ON"), text_option(options, "payload_off", "OFF")
    low = number_option(options, "speed_range_min", 1)
    steps = max(1.0, number_option(options, "speed_range_max", 100) - low + 1)

    def compose(settings: Settings) -> tuple[Sent, ...]:
        if settings.get(Property.ON, True) and Property.SPEED in settings and "percentage_command_topic" in options:
            level = math.ceil((number_of(settings[Property.SPEED]) or 0.0) / 100 * steps) + round(low) - 1
            topic, template, usual = "percentage_command_topic", "percentage_command_template", str(level)
            payload = rendered(options, template, {"value": level}, usual)
        else:
            topic, word = "command_topic", on if settings.get(Property.ON, True) else off
            payload = rendered(options, "command_template", {"value": word}, word)
        return () if payload is None else (Sent(str(options[topic]), payload),)

    def percent(text: str) -> JsonValue:
        raw = number_of(text)
        return None if raw is None else min(100.0, max(0.0, (raw - low + 1) / steps * 100))

    switched = words({on: True, off: False}, otherwise_unknown=False)
    reports = (
        Report(Property.ON, "state_topic", "state_value_template", switched),
        Report(Property.SPEED, "percentage_state_topic", "percentage_value_template", percent),
    )
    # A fan of few speeds reports the nearest one.
    confirms = reported(options, reports, {Property.SPEED: max(_SPEED_TOLERANCE, 100 / steps)})
    features = frozenset({Property.SPEED} if "percentage_command_topic" in options else ())
    return Speech(compose, sources(options, reports), confirms, features)


def climate(options: Options) -> Speech:
    """Return how the thermostat is spoken to; of two targets the lower one, at which it heats, is meant."""
    target = "temperature" if "temperature_command_topic" in options else "temperature_low"
    modes = list_option(options, "modes")

    def messages(settings: Settings) -> Iterator[Sent]:
        for name, key in ((Property.MODE, "mode"), (Property.TEMPERATURE, target)):
            topic = options.get(f"{key}_command_topic")
            if name in settings and isinstance(topic, str):
                value = settings[name]
                payload = rendered(options, f"{key}_command_template", {"value": value}, _written(value))
                if payload is not None:
                    yield Sent(topic, payload)

    def mode(text: str) -> JsonValue:
        return text if not modes or text in modes else None

    reports = (
        Report(Property.MODE, "mode_state_topic", "mode_state_template", mode),
        Report(Property.TEMPERATURE, f"{target}_state_topic", f"{target}_state_template", number),
        Report(Property.CURRENT_TEMPERATURE, "current_temperature_topic", "current_temperature_template", number),
    )
    confirms = reported(options, reports, {Property.TEMPERATURE: _TEMPERATURE_TOLERANCE})
    features = frozenset({Property.MODE} if "mode_command_topic" in options else ())
    return Speech(lambda settings: tuple(messages(settings)), sources(options, reports), confirms, features)


def _written(value: JsonValue) -> str:
    """Return a number as people write it: 21, not 21.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sensor(options: Options) -> Speech:
    """Return where the sensor reports what it measures."""
    places = options.get("suggested_display_precision")

    def value(text: str) -> JsonValue:
        found = number(text)
        if found is None:
            return None if text.casefold() in {"nan", "inf", "-inf", "", "none", "unknown", "unavailable"} else text
        if isinstance(found, float) and isinstance(places, int) and 0 <= places <= _MOST_PLACES:
            return round(found, places)
        return found

    return Speech(_nothing, sources(options, (Report(Property.VALUE, "state_topic", "value_template", value),)))


def binary_sensor(options: Options) -> Speech:
    """Return where the sensor reports on or off."""
    on, off = text_option(options, "payload_on", "ON"), text_option(options, "payload_off", "OFF")

    def value(text: str) -> JsonValue:
        if text not in {on, off}:
            raise Unchanged
        return text == on

    return Speech(_nothing, sources(options, (Report(Property.ON, "state_topic", "value_template", value),)))


def _nothing(_settings: Settings) -> tuple[Sent, ...]:
    return ()
