"""Covers, valves, locks, vacuums, alarm panels that announced themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pydantic import JsonValue

from hubd.devices.announced_reports import (
    Options,
    Report,
    Settings,
    Unchanged,
    list_option,
    number_option,
    rendered,
    reported,
    sources,
    text_option,
    words,
)
from hubd.devices.discovered import Sent, Speech
from hubd.devices.expectations import Source, number_of
from hubd.devices.payloads import object_in, text_in
from hubd.devices.templates import TemplateError
from hubd.devices.vocabulary import Property

_LEVEL_TOLERANCE: Final = 2.0
_STOPPED: Final = "stopped"


def _payloads(options: Options, table: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """Return word → payload; table: words with option and usual payload. A payload of null means: not offered."""
    return {word: text_option(options, key, usual) for word, key, usual in table if options.get(key, usual) is not None}


def _supported(options: Options, payloads: Mapping[str, str]) -> Mapping[str, str]:
    """Return the payloads of what the entity says that it supports, all if it does not say."""
    if "supported_features" not in options:
        return payloads
    # What can be armed can be disarmed.
    supported = {*list_option(options, "supported_features"), "disarm"}
    names = {"return": "return_home"}
    return {word: text for word, text in payloads.items() if names.get(word, word.replace(" ", "_")) in supported}


def _send(topic: JsonValue, payload: str | None) -> tuple[Sent, ...]:
    return (Sent(topic, payload),) if isinstance(topic, str) and payload is not None else ()


def cover(options: Options) -> Speech:
    """Return how the cover is spoken to."""
    payloads = _payloads(
        options,
        (("open", "payload_open", "OPEN"), ("close", "payload_close", "CLOSE"), ("stop", "payload_stop", "STOP")),
    )
    low, high = number_option(options, "position_closed", 0), number_option(options, "position_open", 100)

    def position(percent: JsonValue) -> tuple[Sent, ...]:
        wanted = number_of(percent) or 0.0
        rescaled = round(low + wanted / 100 * (high - low))
        # Home Assistant gives a template the plain percentage as position, the rescaled one as value.
        names: dict[str, JsonValue] = {"position": round(wanted), "value": rescaled}
        names |= {"position_open": round(high), "position_closed": round(low)}
        payload = rendered(options, "set_position_template", names, str(rescaled))
        return _send(options.get("set_position_topic"), payload)

    def compose(settings: Settings) -> tuple[Sent, ...]:
        if Property.POSITION in settings:
            return position(settings[Property.POSITION])
        action = str(settings.get(Property.ACTION))
        if "command_topic" in options:
            return _send(options["command_topic"], payloads.get(action))
        return position({"open": 100, "close": 0}[action]) if action in {"open", "close"} else ()

    states = {
        text_option(options, f"state_{word}", usual): word
        for word, usual in (
            *(("open", "open"), ("opening", "opening"), ("closed", "closed")),
            *(("closing", "closing"), (_STOPPED, _STOPPED)),
        )
    }
    reports = (
        Report(Property.STATE, "state_topic", "value_template", words({**states}, otherwise_unknown=False)),
        Report(Property.POSITION, "position_topic", "position_template", _percent(low, high)),
    )
    unsaid = None if "state_topic" in options else _STOPPED
    found = _together(sources(options, reports), unsaid)
    confirms = reported(options, reports, {Property.POSITION: _LEVEL_TOLERANCE})
    if Property.POSITION in confirms:
        confirms[Property.STATE] = 0.0
    features = frozenset({Property.POSITION} if "set_position_topic" in options else ())
    return Speech(compose, found, confirms, features)


def _percent(low: float, high: float) -> Callable[[str], JsonValue]:
    def convert(text: str) -> JsonValue:
        raw = number_of(text)
        if raw is None or low == high:
            raise Unchanged
        return min(100.0, max(0.0, (raw - low) / (high - low) * 100))

    return convert


def _together(found: tuple[Source, ...], unsaid: str | None) -> tuple[Source, ...]:
    """Return one source a topic; of one that stopped the position says whether it is open.

    unsaid: the state of a report that holds none.
    """
    topics = list(dict.fromkeys(source.topic for source in found))
    return tuple(Source(topic, _merged([each for each in found if each.topic == topic], unsaid)) for topic in topics)


def _merged(parts: list[Source], unsaid: str | None) -> Callable[[bytes], dict[str, JsonValue]]:
    def read(payload: bytes) -> dict[str, JsonValue]:
        values = {name: value for part in parts for name, value in part.read(payload).items()}
        position = number_of(values.get(Property.POSITION))
        if position is not None and values.get(Property.STATE, unsaid) == _STOPPED:
            values[Property.STATE] = "closed" if position == 0 else "open"
        return values

    return read


def valve(options: Options) -> Speech:
    """Return how the valve is spoken to; one that reports its position takes numbers only."""
    low, high = number_option(options, "position_closed", 0), number_option(options, "position_open", 100)
    by_number = options.get("reports_position") is True
    payloads = _payloads(
        options,
        (("open", "payload_open", "OPEN"), ("close", "payload_close", "CLOSE"), ("stop", "payload_stop", "STOP")),
    )
    if by_number:
        payloads |= {"open": str(round(high)), "close": str(round(low))}
        if "payload_stop" not in options:
            del payloads["stop"]

    def compose(settings: Settings) -> tuple[Sent, ...]:
        if Property.POSITION in settings:
            percent = number_of(settings[Property.POSITION]) or 0.0
            value = round(low + percent / 100 * (high - low))
            payload = rendered(options, "command_template", {"value": value}, str(value))
        else:
            word = payloads.get(str(settings.get(Property.ACTION)))
            payload = None if word is None else rendered(options, "command_template", {"value": word}, word)
        return _send(options["command_topic"], payload)

    usual = {word: text_option(options, f"state_{word}", word) for word in ("open", "opening", "closed", "closing")}
    states = {text: word for word, text in usual.items()}
    report = Report(Property.STATE, "state_topic", "value_template", lambda text: text)
    found = tuple(
        Source(source.topic, _valve_reader(source, states, _percent(low, high)))
        for source in sources(options, [report])
    )
    confirms: dict[str, float] = {Property.STATE: 0.0} if found else {}
    if found and by_number:
        confirms[Property.POSITION] = _LEVEL_TOLERANCE
    return Speech(compose, found, confirms, frozenset({Property.POSITION} if by_number else ()))


def _valve_reader(
    source: Source, states: Mapping[str, str], percent: Callable[[str], JsonValue]
) -> Callable[[bytes], dict[str, JsonValue]]:
    """Return what reads a word, a number, or an object with both."""

    def read(payload: bytes) -> dict[str, JsonValue]:
        text = source.read(payload).get(Property.STATE)
        members = object_in(text.encode()) if isinstance(text, str) else {}
        state, position = (members.get("state"), members.get("position")) if members else (text, text)
        values: dict[str, JsonValue] = {}
        if isinstance(state, str) and state in states:
            values[Property.STATE] = states[state]
        try:
            values[Property.POSITION] = percent(str(position))
        except Unchanged:
            return values
        return {Property.STATE: "closed" if values[Property.POSITION] == 0 else "open", **values}

    return read


def lock(options: Options) -> Speech:
    """Return how the lock is spoken to; a state that it did not announce is unknown, never the last one."""
    payloads = _payloads(options, (("lock", "payload_lock", "LOCK"), ("unlock", "payload_unlock", "UNLOCK")))

    def compose(settings: Settings) -> tuple[Sent, ...]:
        word = payloads.get(str(settings.get(Property.ACTION)))
        names: dict[str, JsonValue] = {"value": word, "code": ""}
        return _send(
            options["command_topic"], None if word is None else rendered(options, "command_template", names, word)
        )

    states: dict[str, JsonValue] = {
        text_option(options, f"state_{word}", word.upper()): word
        for word in ("jammed", "unlocking", "locking", "unlocked", "locked")
    }
    reports = (Report(Property.STATE, "state_topic", "value_template", words(states)),)
    return Speech(compose, sources(options, reports), reported(options, reports, {}))


_ALARM_ACTIONS: Final = (
    ("disarm", "payload_disarm", "DISARM"),
    ("arm home", "payload_arm_home", "ARM_HOME"),
    ("arm away", "payload_arm_away", "ARM_AWAY"),
    ("arm night", "payload_arm_night", "ARM_NIGHT"),
    ("arm vacation", "payload_arm_vacation", "ARM_VACATION"),
)
_ALARM_STATES: Final = (
    *("disarmed", "armed_home", "armed_away", "armed_night", "armed_vacation", "armed_custom_bypass"),
    *("arming", "disarming", "pending", "triggered"),
)


def alarm(options: Options) -> Speech:
    """Return how the alarm panel is spoken to; what takes a code is not done by voice."""
    payloads = _supported(options, _payloads(options, _ALARM_ACTIONS))
    has_code = options.get("code") is not None

    def compose(settings: Settings) -> tuple[Sent, ...]:
        action = str(settings.get(Property.ACTION))
        word = payloads.get(action)
        if word is None:
            raise TemplateError(f"the alarm panel does not take {action}")
        if has_code and options.get(f"code_{'disarm' if action == 'disarm' else 'arm'}_required") is not False:
            raise TemplateError("the alarm panel wants a code, which is not given by voice")
        payload = rendered(options, "command_template", {"action": word, "code": ""}, word)
        return _send(options["command_topic"], payload)

    states: dict[str, JsonValue] = {state: state.replace("_", " ") for state in _ALARM_STATES}
    reports = (Report(Property.STATE, "state_topic", "value_template", words(states)),)
    return Speech(compose, sources(options, reports), reported(options, reports, {}))


_VACUUM_ACTIONS: Final = (
    ("start", "payload_start", "start"),
    ("pause", "payload_pause", "pause"),
    ("stop", "payload_stop", "stop"),
    ("return", "payload_return_to_base", "return_to_base"),
    ("clean spot", "payload_clean_spot", "clean_spot"),
    ("locate", "payload_locate", "locate"),
)
_VACUUM_STATES: Final = frozenset({"cleaning", "docked", "paused", "idle", "returning", "error"})


def vacuum(options: Options) -> Speech:
    """Return how the vacuum cleaner is spoken to."""
    payloads = _supported(options, _payloads(options, _VACUUM_ACTIONS))

    def compose(settings: Settings) -> tuple[Sent, ...]:
        return _send(options.get("command_topic"), payloads.get(str(settings.get(Property.ACTION))))

    def read(payload: bytes) -> dict[str, JsonValue]:
        members = object_in(payload)
        state = members.get("state", text_in(payload))
        if isinstance(state, str):
            return {Property.STATE: state} if state in _VACUUM_STATES else {}
        return {Property.STATE: None} if "state" in members else {}

    topic = options.get("state_topic")
    found = (Source(topic, read),) if isinstance(topic, str) else ()
    return Speech(compose, found, {Property.STATE: 0.0} if found else {})
