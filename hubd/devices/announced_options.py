"""Options of an announced component, checked one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from hubd.devices.announced_keys import expanded
from hubd.devices.fields import topic_problem
from hubd.devices.value_templates import Flaw, TemplateFlawError, template
from hubd.mqtt.filters import filter_problem

_NEEDED: Mapping[str, tuple[str, ...]] = {
    "alarm_control_panel": ("command_topic", "state_topic"),
    "binary_sensor": ("state_topic",),
    "button": ("command_topic",),
    "camera": ("topic",),
    "event": ("state_topic",),
    "fan": ("command_topic",),
    "humidifier": ("command_topic",),
    "light": ("command_topic",),
    "lock": ("command_topic",),
    "notify": ("command_topic",),
    "number": ("command_topic",),
    "scene": ("command_topic",),
    "select": ("command_topic",),
    "sensor": ("state_topic",),
    "siren": ("command_topic",),
    "switch": ("command_topic",),
    "text": ("command_topic",),
}
_ONE_OF: Mapping[str, tuple[str, ...]] = {
    "climate": (
        "mode_command_topic",
        "temperature_command_topic",
        "temperature_low_command_topic",
        "power_command_topic",
        "preset_mode_command_topic",
        "fan_mode_command_topic",
    ),
    "cover": ("command_topic", "set_position_topic"),
    "device_tracker": ("state_topic", "json_attributes_topic"),
    "image": ("image_topic", "url_topic"),
    "lawn_mower": ("start_mowing_command_topic", "dock_command_topic", "pause_command_topic"),
    "update": ("state_topic", "command_topic"),
    "vacuum": ("command_topic", "send_command_topic"),
    "valve": ("command_topic",),
    "water_heater": ("mode_command_topic", "temperature_command_topic"),
}
# What makes an entity.
COMPONENTS = frozenset(_NEEDED.keys() | _ONE_OF.keys())
# What Home Assistant makes something else of.
TRIGGERS = frozenset({"device_automation", "tag"})
_SENT_TO = frozenset({"set_position_topic", "set_fan_speed_topic"})
_CHOICES: Mapping[str, tuple[JsonValue, ...]] = {
    "qos": (0, 1, 2),
    "schema": ("basic", "json", "template"),
    "on_command_type": ("last", "first", "brightness"),
    "availability_mode": ("all", "any", "latest"),
}
_FLAGS = frozenset(
    {"brightness", "code_arm_required", "code_disarm_required", "color_temp", "color_temp_kelvin"}
) | frozenset({"enabled_by_default", "hs", "reports_position", "rgb", "xy"})
# Words for true and false, in any case, as Home Assistant takes them.
_TRUE = frozenset({"1", "true", "yes", "on", "enable"})
_FALSE = frozenset({"0", "false", "no", "off", "disable"})


@dataclass(frozen=True, slots=True)
class Checked:
    """The options that can be used, by their long names.

    flaws: why a template can't be used, by its key. problems: what can't be used, in words.
    """

    options: Mapping[str, JsonValue]
    flaws: Mapping[str, Flaw]
    problems: tuple[str, ...]


class UnusableError(ValueError):
    """A component can't be registered; the text says why."""


def check(component: str, given: Mapping[str, JsonValue], prefix: str) -> Checked:
    """Return the component's options; raises UnusableError.

    given: as announced, short keys or long ones. prefix: of the discovery topics, which no command is sent to.
    """
    options = expanded(given)
    flaws: dict[str, Flaw] = {}
    problems: list[str] = []
    for key, value in list(options.items()):
        if key == "schema" and component != "light":
            continue  # vacuums once had schemas of other names
        try:
            options[key] = _usable(key, value, prefix)
        except TemplateFlawError as flaw:
            flaws[key] = flaw.flaw
            problems.append(f"{key}: {flaw}")
            # One that reports come through stays: without it they would be read as they are.
            useless = (*_useless_without(key),)
        except UnusableError:
            raise
        except ValueError as error:
            problems.append(f"{key}: {error}")
            useless = (key, *_useless_without(key))
        else:
            continue
        for each in useless:
            options.pop(each, None)
    needed, one_of = _NEEDED.get(component, ()), _ONE_OF.get(component, ())
    if missing := [key for key in needed if key not in options]:
        raise UnusableError("; ".join(problems) or f"{missing[0]} is missing")
    if one_of and not any(key in options for key in one_of):
        raise UnusableError("; ".join(problems) or f"{one_of[0]} is missing")
    return Checked(options, flaws, tuple(problems))


def is_sent_to(key: str) -> bool:
    """Return whether an option is a topic of commands."""
    return key.endswith("command_topic") or key in _SENT_TO


def command_topics(options: Mapping[str, JsonValue]) -> Iterator[str]:
    """Yield every topic that the options have commands sent to."""
    yield from (value for key, value in options.items() if is_sent_to(key) and isinstance(value, str))


def _usable(key: str, value: JsonValue, prefix: str) -> JsonValue:
    """Return an option as it is used.

    Raises UnusableError for a topic of commands that is not allowed, ValueError for an option to leave out.
    """
    if is_sent_to(key):
        _check_command_topic(key, value, prefix)
    elif key == "topic" or key.endswith("_topic"):
        if not isinstance(value, str):
            raise ValueError("it is no text")
        if problem := filter_problem(value):
            raise ValueError(problem)
    elif key.endswith("template"):
        if not isinstance(value, str):
            raise ValueError("it is no text")
        template(value)
    elif key in _CHOICES and str(value) not in map(str, _CHOICES[key]):
        # Some send their numbers as text, which Home Assistant takes too.
        raise ValueError(f"allowed are {', '.join(map(str, _CHOICES[key]))}")
    return _flag(value) if key in _FLAGS else value


def _check_command_topic(key: str, value: JsonValue, prefix: str) -> None:
    if not isinstance(value, str):
        raise UnusableError(f"{key}: it is no text")
    if problem := topic_problem(value):
        raise UnusableError(f"{key}: {problem}")
    if value.startswith("~") or value.endswith("~"):
        raise UnusableError(f"{key}: found {value!r}, without a base topic for the ~")
    if re.fullmatch(f"{re.escape(prefix)}/.+/config", value):
        raise UnusableError(f"{key}: found {value!r}, which is itself a topic of discovery")


def _flag(value: JsonValue) -> bool:
    word = str(value).strip().casefold()
    if word not in _TRUE | _FALSE:
        raise ValueError("it is neither true nor false")
    return word in _TRUE


def _useless_without(key: str) -> Iterator[str]:
    """Yield what means nothing if a command's template can't be used: that, the topic its rendering is sent to."""
    if key.endswith("command_template") or key == "set_position_template":
        yield from (key, key.removesuffix("template") + "topic")
    if key in {"command_on_template", "command_off_template"}:
        yield from (key, "command_topic")
