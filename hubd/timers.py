"""Timers that ring when their time is over, whatever becomes of the hub or of its clock meanwhile."""

# Two clocks are kept. A timer that was set since the hub started goes by the monotonic one, which nothing puts forward
# or back. One from before the start can only go by the time of day, which a Raspberry Pi without a battery does not
# know until it hears it from the network, minutes after the start: so it follows that clock wherever it goes, but never
# has more time left than when it was written down.

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from hubd.spans import span

LONGEST: Final = 24 * 3600.0
LONGEST_NAME: Final = 40
MOST: Final = 20
# Who comes home within the hour wants to know; later it is news, no alarm, s.
_STILL_RINGS: Final = 3600.0
# What is noticed so soon after is on time, s.
_ON_TIME: Final = 60.0
# So often the time of day is looked at while timers run; what is on disk is wrong for no longer, s.
_LOOK: Final = 30.0
# An hour's slewing of the clock is no reason to write, s.
_JUMP: Final = 1.0
_FILLERS: Final = ("the ", "my ", "a ", "an ", "for ")


class Clock(Enum):
    """Which clock a timer goes by: the monotonic one, or the time of day."""

    MONOTONIC = auto()
    WALL = auto()


@dataclass(frozen=True, slots=True)
class Timer:
    """One timer. id: whose it is. name: what it is for, or empty. length: as it was set, s.

    ends: monotonic, s. wall_end: the same in seconds since 1970. latest: what ends never lies behind.
    """

    id: str
    name: str
    length: float
    ends: float
    wall_end: float
    clock: Clock
    latest: float

    @property
    def label(self) -> str:
        """What it is called: "eggs timer", "10 minute timer"."""
        return f"{self.name or span(self.length, counted=False)} timer"


@dataclass(frozen=True, slots=True)
class Due:
    """A timer whose time is over, since so many seconds."""

    timer: Timer
    late: float

    @property
    def sentence(self) -> str:
        """What is said of it."""
        if self.late < _ON_TIME:
            return f"The {self.timer.label} is done."
        return f"The {self.timer.label} was done {span(self.late)} ago."


@dataclass(frozen=True, slots=True)
class Expiry:
    """What time has done: timers that ring from now on, others that ended too long ago to ring."""

    rings: tuple[Due, ...] = ()
    missed: tuple[Due, ...] = ()


class Timers:
    """All timers of a hub; now is monotonic, wall is the time in seconds since 1970.

    most: how many there may be at once; may be changed.
    """

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self._running: list[Timer] = []
        self._ringing: list[Timer] = []
        self._looked: float | None = None

    @property
    def running(self) -> tuple[Timer, ...]:
        """Those that count, the next one first."""
        return tuple(sorted(self._running, key=lambda timer: timer.ends))

    @property
    def as_set(self) -> tuple[Timer, ...]:
        """Those that count, in the order in which they were set."""
        return tuple(self._running)

    @property
    def ringing(self) -> tuple[Timer, ...]:
        """Those that ring."""
        return tuple(self._ringing)

    @property
    def deadline(self) -> float | None:
        """When expire() is due, monotonic; None for never."""
        if not self._running:
            return None
        look = [self._looked + _LOOK] if self._looked is not None else []
        return min([*look, *(timer.ends for timer in self._running)])

    def start(self, timer_id: str, name: str, length: float, now: float, wall: float) -> Timer | None:
        """Set a timer to ring in length seconds, above 0, at most LONGEST; None if there are as many as there may be.

        timer_id: the call that wants it; with the same one once more it is the same timer.
        """
        if (same := self.of(timer_id)) is not None:
            return same
        if len(self._running) + len(self._ringing) >= self.most:
            return None
        ends = now + length
        timer = Timer(_short(timer_id), tidy(name), length, ends, wall + length, Clock.MONOTONIC, ends)
        self._running.append(timer)
        return timer

    def of(self, timer_id: str) -> Timer | None:
        """Return the running timer that the call with this id has set."""
        return next((timer for timer in self._running if timer.id == _short(timer_id)), None)

    def cancel(self, timers: Iterable[Timer]) -> None:
        """Forget these timers."""
        gone = {timer.id for timer in timers}
        self._running = [timer for timer in self._running if timer.id not in gone]
        self._ringing = [timer for timer in self._ringing if timer.id not in gone]

    def silence(self) -> tuple[Timer, ...]:
        """Forget the timers that ring; return them."""
        silent, self._ringing = tuple(self._ringing), []
        return silent

    def expire(self, now: float, wall: float) -> Expiry:
        """Return what has come due; what rings does so until it is silenced."""
        self._look(now, wall)
        due = [Due(timer, now - timer.ends) for timer in self.running if timer.ends <= now]
        self._running = [timer for timer in self._running if timer.ends > now]
        rings = tuple(each for each in due if each.late <= _STILL_RINGS)
        self._ringing += [each.timer for each in rings]
        return Expiry(rings, tuple(each for each in due if each.late > _STILL_RINGS))

    def dump(self, now: float, wall: float) -> str:
        """Return all timers as a text; those that ring ring again, if the hub starts anew."""
        self._look(now, wall)
        kept = [
            _Kept(
                id=timer.id,
                name=timer.name,
                length=timer.length,
                wall_end=timer.wall_end,
                left=max(0.0, timer.ends - now),
            )
            for timer in (*self._ringing, *self._running)
        ]
        return json.dumps([each.model_dump() for each in kept])

    def restore(self, text: str, now: float, wall: float) -> bool:
        """Take the timers of a text; return whether it can be understood, else there are none."""
        try:
            kept = _KEPT.validate_json(text)
        except ValidationError:
            return False
        if len({each.id for each in kept}) < len(kept):
            return False
        self._running = [
            Timer(each.id, tidy(each.name), each.length, now + each.left, each.wall_end, Clock.WALL, now + each.left)
            for each in kept[: self.most]
        ]
        self._look(now, wall)
        return True

    def _look(self, now: float, wall: float) -> None:
        """Bring both clocks of each timer together."""
        self._looked = now
        self._running = [_by_its_clock(timer, wall - now) for timer in self._running]
        self._ringing = [_by_its_clock(timer, wall - now) for timer in self._ringing]


def jumped(before: str, after: str) -> bool:
    """Return whether two texts of dump() differ by more than the time that has passed."""
    old, new = (_KEPT.validate_json(text) for text in (before, after))
    same = [(each.id, each.name) for each in old] == [(each.id, each.name) for each in new]
    return not same or any(abs(one.wall_end - other.wall_end) > _JUMP for one, other in zip(old, new, strict=True))


def tidy(name: str) -> str:
    """Return a name as it is kept: one line, bounded, without "the" before it or "timer" behind it."""
    name = " ".join(name.split())
    while filler := next((each for each in _FILLERS if name.casefold().startswith(each)), ""):
        name = name[len(filler) :]
    words = name.split(" ")
    while words and words[-1].casefold() in {"timer", "timers"}:
        words.pop()
    return " ".join(words)[:LONGEST_NAME].strip()


def _short(timer_id: str) -> str:
    """Return what stands for an id on disk: whatever a server calls its calls, it is short and can be written."""
    return hashlib.blake2b(timer_id.encode(errors="surrogatepass"), digest_size=8).hexdigest()


def _by_its_clock(timer: Timer, offset: float) -> Timer:
    """Return the timer with the other clock put right; offset: the time of day less the monotonic time."""
    match timer.clock:
        case Clock.MONOTONIC:
            return replace(timer, wall_end=timer.ends + offset)
        case Clock.WALL:
            return replace(timer, ends=min(timer.wall_end - offset, timer.latest))


_Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Kept(BaseModel):
    """A timer on disk; left: what it had left when it was written, s."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(max_length=16)]
    name: Annotated[str, Field(max_length=LONGEST_NAME)]
    length: Annotated[float, Field(gt=0, le=LONGEST, allow_inf_nan=False)]
    wall_end: Annotated[_Seconds, Field(le=1e11)]
    left: Annotated[_Seconds, Field(le=LONGEST)]


_KEPT: Final = TypeAdapter(list[_Kept])
