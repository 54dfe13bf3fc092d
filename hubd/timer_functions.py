"""What the model may ask of the timers, with the answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from hubd.devices.parameters import Parameter, ParameterType, shown
from hubd.events import CallStatus
from hubd.outcomes import Outcome
from hubd.own_functions import OwnCall, OwnFunction
from hubd.spans import span
from hubd.timers import LONGEST, LONGEST_NAME, Timer, Timers, tidy

SET_TIMER: Final = "set_timer"
CANCEL_TIMER: Final = "cancel_timer"
LIST_TIMERS: Final = "list_timers"

_NAME: Final = "name"
_ALL: Final = frozenset({"all", "all timers", "all of them", "every", "every timer", "both"})
# Parameter → its unit in seconds.
_LENGTHS: Final[Mapping[str, int]] = {"hours": 3600, "minutes": 60, "seconds": 1}


def _amount(unit: str, maximum: int) -> Parameter:
    return Parameter(type=ParameterType.INTEGER, description=f"Whole {unit}.", minimum=0, maximum=maximum)


def _text(description: str) -> Parameter:
    return Parameter(type=ParameterType.STRING, description=description)


FUNCTIONS: Final = (
    OwnFunction(
        SET_TIMER,
        "Set a timer, which rings on this speaker when its time is over, with or without internet. "
        "Hours, minutes, seconds are added up; give at least one of them.",
        {
            "hours": _amount("hours", 24),
            "minutes": _amount("minutes", 1440),
            "seconds": _amount("seconds", 3600),
            _NAME: _text(f'What it is for, as in "eggs", if the user says so; at most {LONGEST_NAME} characters.'),
        },
    ),
    OwnFunction(
        CANCEL_TIMER,
        "Cancel a timer, or silence one that rings.",
        {_NAME: _text('Which one: its name, its length as in "10 minutes", or "all"; left out if there is only one.')},
    ),
    OwnFunction(LIST_TIMERS, "Tell which timers run, and how much time each has left.", {}),
)


def carry_out(timers: Timers, call: OwnCall, now: float, wall: float) -> Outcome:
    """Do what a call of FUNCTIONS asks, and return what the model hears; now: monotonic, s. wall: s since 1970."""
    match call.name:
        case "set_timer":
            return _set(timers, call, now, wall)
        case "cancel_timer":
            return _cancel(timers, str(call.arguments.get(_NAME, "")), now)
        case _:
            return _list(timers, now)


def _set(timers: Timers, call: OwnCall, now: float, wall: float) -> Outcome:
    length = sum(_whole(call.arguments.get(unit)) * size for unit, size in _LENGTHS.items())
    name = str(call.arguments.get(_NAME, ""))
    if not 0 < length <= LONGEST:
        return _refused(f"A timer takes from 1 second to {span(LONGEST)}, not {length} seconds: give hours, minutes.")
    if len(name) > LONGEST_NAME:
        return _refused(f"The name has to have at most {LONGEST_NAME} characters, found {len(name)}.")
    known = [timer for timer in timers.running if _folded(timer.name) == _folded(tidy(name)) != ""]
    if known and timers.of(call.id) is None:
        return _refused(f"{_left(known[0], now)} Cancel it before, or give the new one another name.")
    timer = timers.start(call.id, name, length, now, wall)
    if timer is None:
        many = len(timers.running) + len(timers.ringing)
        return _refused(f"There are {many} timers already, which is as many as there may be: cancel one before.")
    if timer.name:
        return Outcome(CallStatus.DONE, f"The {timer.label} rings in {span(timer.ends - now)}.")
    return Outcome(CallStatus.DONE, f"A timer rings in {span(timer.ends - now)}.")


def _cancel(timers: Timers, name: str, now: float) -> Outcome:
    every = (*timers.ringing, *timers.running)
    if not every:
        return _refused("There is no timer.")
    found = _meant(timers, name)
    if not found:
        which = " ".join(_left(timer, now) for timer in timers.running)
        return _refused(f"There is no timer called {shown(name)}. {which}".strip(), _labels(every))
    if _folded(name) not in _ALL and found[0] not in timers.ringing:
        if len(set(_labels(found))) > 1:
            return _refused(f"Which one is meant: {', '.join(_labels(found))}?", _labels(found))
        found = found[-1:]  # of several that are called alike, the last one was the mistake
    timers.cancel(found)
    if len(found) > 1:
        return Outcome(CallStatus.DONE, f"{len(found)} timers are cancelled.")
    return Outcome(CallStatus.DONE, f"The {found[0].label} is cancelled.")


def _list(timers: Timers, now: float) -> Outcome:
    rings = [f"The {timer.label} rings." for timer in timers.ringing]
    runs = [_left(timer, now) for timer in timers.running]
    return Outcome(CallStatus.DONE, " ".join([*rings, *runs]) or "There is no timer.")


def _meant(timers: Timers, name: str) -> tuple[Timer, ...]:
    """Return the timers that may be meant, in the order of their setting: those that ring, if there are any."""
    if _folded(name) in _ALL:
        return (*timers.ringing, *timers.running)
    wanted = _folded(tidy(name))
    for timers_of_a_kind in (timers.ringing, timers.as_set):
        if found := tuple(timer for timer in timers_of_a_kind if not wanted or wanted in _names(timer)):
            return found
    return ()


def _names(timer: Timer) -> frozenset[str]:
    lengths = (span(timer.length), span(timer.length, counted=False))
    return frozenset(map(_folded, (timer.name, timer.label, *lengths)))


def _left(timer: Timer, now: float) -> str:
    return f"The {timer.label} has {span(timer.ends - now)} left."


def _labels(timers: Sequence[Timer]) -> tuple[str, ...]:
    return tuple(timer.label for timer in timers)


def _refused(message: str, choices: tuple[str, ...] = ()) -> Outcome:
    return Outcome(CallStatus.REFUSED, message, retryable=True, choices=choices)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _whole(value: JsonValue) -> int:
    return value if isinstance(value, int) else 0
