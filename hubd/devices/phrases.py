"""Sentences about what became of a command, fit to be spoken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from hubd.devices.expectations import VALUE, Expectation
from hubd.devices.kinds import presentable
from hubd.devices.model import Command, Device, Reading
from hubd.devices.wording import phrase

_DETERMINER = re.compile(r"(the|my|our|your|his|her|their|all|both)\s|\S+'s\s", re.IGNORECASE)
_SINGULAR_ENDINGS = ("ss", "us", "is", "as", "os")
_SPOKEN_VALUES = 3
# A report is not called old before so many minutes.
_OLD_MINUTES = 2
_HOUR = 60


def the(name: str) -> str:
    """Return the name as it stands within a sentence: "kitchen lights" → "the kitchen lights"."""
    return name if _DETERMINER.match(name) else f"the {name}"


def is_plural(name: str) -> bool:
    """Return whether the name asks for "are": the kitchen lights are, the coffee machine is."""
    last = name.casefold().split()[-1]
    return last.endswith("s") and not last.endswith(_SINGULAR_ENDINGS) and not last.endswith("'s")


def values_in_words(values: Iterable[tuple[str, JsonValue]]) -> str:
    """Return reported values as words: "state open, position 40"; at most three of them."""
    said = [_value_in_words(key, value) for key, value in values if not isinstance(value, dict | list)]
    return " and ".join(said[:_SPOKEN_VALUES])


def _value_in_words(key: str, value: JsonValue) -> str:
    match value:
        case str():
            text = value.lower() if value.isupper() else value
        case bool():
            text = "yes" if value else "no"
        case None:
            text = "unknown"
        case _:
            text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if key == VALUE else f"{key.replace('_', ' ')} {text}"


def done(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a confirmed command: "The kitchen lights are on at 30 percent."."""
    return _sentence(f"{the(label)} {_now(command, label, expectation, state)}")


def to_confirm(command: Command, label: str) -> str:
    """Return the question whether a command is meant: "Shall the front door be unlocked?"."""
    if command.function is not None:
        return f"Is this really meant: {command.function.description.rstrip('.')}?"
    be = phrase(command.device, command.arguments)
    return f"Shall {the(label)} be {be}?" if be else f"Shall {the(label)} really be set?"


def late(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a command that was confirmed late."""
    they = "they" if is_plural(label) else "it"
    return _sentence(f"{the(label)} took a while, but {they} {_now(command, label, expectation, state)} now")


def unconfirmable(label: str) -> str:
    """Return the sentence about a command that nothing can confirm."""
    does = "do" if is_plural(label) else "does"
    return _sentence(f"the command was sent to {the(label)}, which {does} not report back")


def unconfirmed(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a command that was sent, but not confirmed; state is what was reported instead."""
    if command.function is None and command.device.kind is not None:
        said = phrase(command.device, command.arguments)
        wanted = f"that {'they are' if is_plural(label) else 'it is'} {said}"
    else:
        wanted = values_in_words((want.key, want.value) for want in expectation.wants) or "as expected"
    reported = {want.key: state[want.key] for want in expectation.wants if want.key in state}
    if command.function is not None and (instead := values_in_words(reported.items())):
        return _sentence(f"{the(label)} did not report {wanted}, but {instead}")
    return _sentence(f"the command was sent, but {the(label)} did not report {wanted}")


def contradicted(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a command after which the device reported the contrary."""
    if command.function is not None or not (said := _found(command, state)):
        return unconfirmed(command, label, expectation, state)
    they = "they are" if is_plural(label) else "it is"
    return _sentence(
        f"the command was sent, but {the(label)} {'report' if is_plural(label) else 'reports'} that {they} {said}"
    )


def went_back(command: Command, label: str, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a device that did not stay as it had reported to be; state: what it reports since."""
    said, plural = _found(command, state), is_plural(label)
    now = f": {'they are' if plural else 'it is'} {said} now" if said else ""
    return _sentence(f"{the(label)} did not stay as {'they were' if plural else 'it was'} set{now}")


def after_all(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return the sentence about a device that reports what was wanted, after it had reported the contrary."""
    return _sentence(f"{the(label)} {_now(command, label, expectation, state)} after all")


def _found(command: Command, state: Mapping[str, JsonValue]) -> str:
    """Return what a device was found to be, as it follows "is"; empty where that can't be said so."""
    if command.function is not None or command.device.kind is None:
        return ""
    return phrase(command.device, presentable(command.device.kind, state))


def standing(device: Device, label: str, reading: Reading | None, now: float, *, offline: bool) -> str:
    """Return the sentence about how a device is, with the age of what is known; now: monotonic, s."""
    verb = "are" if is_plural(label) else "is"
    said = known(device, reading) if reading is not None else ""
    if device.kind is None and said:
        verb = "report" if is_plural(label) else "reports"
    since = _age(reading, now) if reading is not None and said else ""
    if offline:
        last = f"; last reported: {said}{since}" if said else ""
        return _sentence(f"{the(label)} {'are' if is_plural(label) else 'is'} offline{last}")
    if not said:
        return _sentence(f"nothing is known yet of {the(label)}")
    return _sentence(f"{the(label)} {verb} {said}{since}")


def known(device: Device, reading: Reading) -> str:
    """Return what a device last said, as it follows "is", or "reports" for one without a kind; empty for nothing."""
    if device.kind is None:
        return values_in_words(reading.values.items())
    return phrase(device, presentable(device.kind, reading.values))


def _age(reading: Reading, now: float) -> str:
    """Return how old a report is, if that is worth saying."""
    if reading.stored:
        return ", by a report of unknown age"
    minutes = round((now - reading.received) / 60)
    if minutes < _OLD_MINUTES:
        return ""
    if minutes < 2 * _HOUR:
        return f", as of {minutes} minutes ago"
    return f", as of {round(minutes / _HOUR)} hours ago"


def not_sent(label: str, reason: str) -> str:
    """Return the sentence about a command that was not sent."""
    return _sentence(f"the command for {the(label)} was not sent: {reason}")


def on_its_way(label: str) -> str:
    """Return the sentence about a command that was sent, while its device is still at it."""
    return _sentence(f"the command is on its way to {the(label)}; what comes of it follows")


def waited_in_vain(label: str, seconds: float) -> str:
    """Return the sentence about a device that was waited for, as long as the conversation can wait."""
    has = "have" if is_plural(label) else "has"
    return _sentence(f"{the(label)} {has} not reported within {seconds:g} seconds, so it is not known what happened")


def lost_sight_of(label: str) -> str:
    """Return the sentence about a command that was on its way when the hub ended."""
    return _sentence(f"the hub was started anew before {the(label)} had reported, so it is not known what happened")


def cut_short(label: str, reason: str) -> str:
    """Return the sentence about a command of which only a part was sent; reason: empty where it goes without saying."""
    return _sentence(": ".join(filter(None, (f"only a part of the command was sent to {the(label)}", reason))))


def _now(command: Command, label: str, expectation: Expectation, state: Mapping[str, JsonValue]) -> str:
    """Return what the device is now: "are on at 30 percent", "reports state open"."""
    if command.function is None and command.device.kind is not None:
        kind = command.device.kind
        # A level that was confirmed within its tolerance is said as it was asked for.
        said = phrase(command.device, presentable(kind, {**state, **command.arguments}))
        return f"{'are' if is_plural(label) else 'is'} {said or 'set'}"
    reported = {want.key: state.get(want.key, want.value) for want in expectation.wants}
    return f"{'report' if is_plural(label) else 'reports'} {values_in_words(reported.items()) or 'that it is done'}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
