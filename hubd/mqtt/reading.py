"""Payload of a command → what is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from hubd.mqtt.members import Members, UnreadableError, shown, text_of
from hubd.mqtt.orders import (
    Ask,
    Declined,
    Fault,
    Identity,
    Listen,
    Mute,
    Order,
    Quiet,
    Say,
    Stop,
    Tell,
    Turned,
    Volume,
    Wish,
)
from hubd.wishes import LONGEST_TEXT, Scheduling

LONGEST_SOURCE: Final = 64
_MOST_CHOICES: Final = 20
# What a button of Home Assistant sends (``mqtt-devices.md`` 2a).
_PRESSED: Final = frozenset({"", "PRESS"})
# Who waits longer for a first word asks once more, s.
_SHORTEST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 120.0
# Percent.
_LOUDEST: Final = 100
_WHEN: Final[Mapping[str, Scheduling]] = {
    "queue": Scheduling.WHEN_IDLE,
    "now": Scheduling.INTERRUPT,
    "replace": Scheduling.INTERRUPT,
}
_QUIET: Final[Mapping[str, Quiet]] = {"respect": Quiet.RESPECT, "ignore": Quiet.IGNORE}


def read(command: str, payload: bytes) -> Order | Declined:
    """Return what a command's payload asks for; never raises, whatever it holds.

    The payload is plain text, or a JSON object with the members of ``mqtt-devices.md`` 5 and, if the sender likes,
    ``id`` (a text or whole number that no other command of the last minutes has), ``ts`` (when it was given: s or ms
    since 1970, or ISO 8601), ``ttl_s`` (for how long it is good).
    """
    if (reader := READERS.get(command)) is None:
        known = ", ".join(READERS)
        return Declined(command, Fault.UNKNOWN_COMMAND, f"there is no command {shown(command)!r}; there are: {known}")
    name: Identity | None = None
    try:
        members = Members(payload)
        name = members.identity()
        wish = reader(members)
        return Order(command, wish, name, members.moment(), members.good_for(), members.unread)
    except UnreadableError as error:
        return Declined(command, Fault.UNREADABLE, str(error), name)


def _scheduling(members: Members, otherwise: Scheduling) -> Scheduling:
    value = members.get("scheduling")
    if value is None:
        return otherwise
    word = re.sub(r"[\s-]+", "_", value.strip()).upper() if isinstance(value, str) else ""
    if word not in Scheduling.__members__:
        raise UnreadableError(f"scheduling is none of {', '.join(Scheduling)}")
    return Scheduling[word]


def _quiet(members: Members) -> Quiet:
    return _QUIET[members.choice("quiet", tuple(_QUIET))]


def _timeout(members: Members) -> float | None:
    return members.number("timeout_s", _SHORTEST_WAIT, _LONGEST_WAIT)


def _say(members: Members) -> Wish:
    when = members.choice("when", tuple(_WHEN))
    text, scheduling, quiet = members.sentence(), _scheduling(members, _WHEN[when]), _quiet(members)
    if scheduling is Scheduling.SILENT:
        raise UnreadableError("scheduling is SILENT: use the command tell for what is not to be said")
    if members.choice("mode", ("verbatim", "model")) == "model":
        return Tell(text, scheduling, quiet=quiet)
    volume = members.number("volume", 0, _LOUDEST)
    return Say(
        text,
        scheduling,
        volume=None if volume is None else round(volume),
        chime=members.flag("chime"),
        then_listen=members.flag("then_listen"),
        replaces=when == "replace",
        quiet=quiet,
    )


def _ask(members: Members) -> Wish:
    choices = members.get("choices")
    choices = [] if choices is None else choices
    if not isinstance(choices, list) or len(choices) > _MOST_CHOICES:
        raise UnreadableError(f"choices is no list of at most {_MOST_CHOICES} texts")
    words = tuple(text_of("one of choices", each, LONGEST_SOURCE) for each in choices)
    return Ask(members.sentence(), words, _timeout(members), _quiet(members))


def _tell(members: Members) -> Wish:
    source = members.get("source")
    named = "" if source is None else text_of("source", source, LONGEST_SOURCE)
    return Tell(members.sentence(), _scheduling(members, Scheduling.SILENT), named, _quiet(members))


def _listen(members: Members) -> Wish:
    if members.bare not in _PRESSED:
        raise UnreadableError("listen takes nothing, PRESS, or a JSON object")
    context = members.get("context")
    known = "" if context is None else text_of("context", context, LONGEST_TEXT)
    return Listen(_timeout(members), members.flag("silent"), known)


def _stop(_members: Members) -> Wish:
    # Whatever else it says: who wants silence gets it.
    return Stop()


def _mute(members: Members) -> Wish:
    value = next((found for name in ("muted", "mute", "state") if (found := members.get(name)) is not None), None)
    match value if members.is_object else members.bare:
        case bool(is_on):
            return Mute(Turned.ON if is_on else Turned.OFF)
        case str(word) if word.upper() in {"ON", "TRUE"}:
            return Mute(Turned.ON)
        case str(word) if word.upper() in {"OFF", "FALSE"}:
            return Mute(Turned.OFF)
        case str(word) if word.upper() == "TOGGLE":
            return Mute(Turned.OTHER)
    raise UnreadableError("mute takes ON, OFF, TOGGLE, or a JSON object with one of them as muted")


def _volume(members: Members) -> Wish:
    bare = members.bare
    if not members.is_object and re.fullmatch(r"\d{1,3}(\.\d{1,9})?", bare, re.ASCII) and float(bare) <= _LOUDEST:
        return Volume(round(float(bare)))
    if (volume := members.number("volume", 0, _LOUDEST)) is None:
        raise UnreadableError("volume takes a number of 0 to 100, or a JSON object with it as volume")
    return Volume(round(volume))


READERS: Final[Mapping[str, Callable[[Members], Wish]]] = {
    "say": _say,
    "ask": _ask,
    "listen": _listen,
    "tell": _tell,
    "stop": _stop,
    "mute": _mute,
    "volume": _volume,
}
"""The commands, each with what reads its payload."""
