from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.timers import LONGEST_NAME, Expiry, Timer, Timers, jumped, tidy

WALL = 1_795_000_000.0
HOUR = 3600.0


def eggs(length: float = 600.0, *, now: float = 0.0, wall: float = WALL) -> Timers:
    """Return timers of which one, for the eggs, runs."""
    timers = Timers()
    assert timers.start("c1", "eggs", length, now, wall) is not None
    return timers


def again(timers: Timers, *, saved: float, now: float, wall: float) -> Timers:
    """Return what the next hub has, which starts at now: the one before wrote at saved, by a clock that was right."""
    restored = Timers()
    assert restored.restore(timers.dump(saved, WALL + saved), now, wall)
    return restored


def rung(expiry: Expiry) -> list[str]:
    """Return what is said of those that ring."""
    return [due.sentence for due in expiry.rings]


def test_a_timer_rings_when_its_time_is_over() -> None:
    """Not a moment before; then it rings until it is silenced, and is forgotten."""
    timers = eggs()
    assert timers.deadline is not None
    assert rung(timers.expire(599.9, WALL + 599.9)) == []
    assert rung(timers.expire(600.0, WALL + 600)) == ["The eggs timer is done."]
    assert [timer.name for timer in timers.ringing] == ["eggs"]
    assert timers.expire(601.0, WALL + 601) == Expiry()
    assert [timer.name for timer in timers.silence()] == ["eggs"]
    assert not timers.running
    assert not timers.ringing
    assert timers.deadline is None


@pytest.mark.parametrize("jump", [-50 * HOUR, -30.0, 30.0, 50 * HOUR])
def test_a_clock_that_is_put_right_moves_no_timer(jump: float) -> None:
    """A timer that was set since the start goes by the monotonic clock; on disk its end is the new clock's."""
    timers = eggs()
    before = timers.dump(0, WALL)
    assert rung(timers.expire(599.0, WALL + jump + 599)) == []
    (timer,) = timers.running
    assert timer.wall_end == pytest.approx(WALL + jump + 600)
    assert jumped(before, timers.dump(599, WALL + jump + 599))
    assert rung(timers.expire(600.0, WALL + jump + 600)) == ["The eggs timer is done."]


def test_time_alone_is_no_reason_to_write() -> None:
    """A flash card wears out: only another timer, or another time of day, has to be written."""
    timers = eggs()
    before = timers.dump(0, WALL)
    assert not jumped(before, timers.dump(300, WALL + 300.5))
    timers.start("c2", "tea", 60, 300, WALL + 300)
    assert jumped(before, timers.dump(300, WALL + 300))


@pytest.mark.parametrize(
    ("off", "rings", "missed"),
    [
        (100.0, [], []),
        (630.0, ["The eggs timer is done."], []),
        (600.0 + 720, ["The eggs timer was done 12 minutes ago."], []),
        (600.0 + HOUR, ["The eggs timer was done 1 hour ago."], []),
        (600.0 + 3 * HOUR, [], ["The eggs timer was done 3 hours ago."]),
    ],
)
def test_a_timer_survives_a_restart(off: float, rings: list[str], missed: list[str]) -> None:
    """What ran out while the hub was off rings at its start, if that was within the hour; else it is told as missed."""
    timers = again(eggs(), saved=0, now=7, wall=WALL + off)
    expiry = timers.expire(7, WALL + off)
    assert rung(expiry) == rings
    assert [due.sentence for due in expiry.missed] == missed
    assert len(timers.running) == (not rings and not missed)


def test_a_clock_that_is_right_only_later_is_followed() -> None:
    """A computer without a clock of its own comes back with the time at which it went; the network knows better."""
    timers = again(eggs(), saved=100, now=5, wall=WALL + 100)
    assert rung(timers.expire(20, WALL + 115)) == []
    (timer,) = timers.running
    assert timer.ends == pytest.approx(505)
    assert timers.deadline == 50, "the clock is looked at, though nothing is due"
    # It was off for five minutes.
    assert rung(timers.expire(50, WALL + 145 + 300)) == []
    assert timers.running[0].ends == pytest.approx(205)
    assert rung(timers.expire(205, WALL + 600)) == ["The eggs timer is done."]


def test_a_clock_that_went_back_lengthens_no_timer() -> None:
    """A timer from before the start has never more left than when it was written down."""
    timers = again(eggs(), saved=100, now=5, wall=WALL - 90 * HOUR)
    (timer,) = timers.running
    assert timer.ends == pytest.approx(505)
    assert rung(timers.expire(505, WALL - 90 * HOUR)) == ["The eggs timer is done."]


def test_what_rings_while_the_hub_ends_rings_again() -> None:
    """A ring that nobody stopped was perhaps heard by nobody."""
    timers = eggs()
    timers.expire(600, WALL + 600)
    timers = again(timers, saved=610, now=3, wall=WALL + 620)
    assert rung(timers.expire(3, WALL + 620)) == ["The eggs timer is done."]


def test_there_are_at_most_so_many() -> None:
    """Ringing ones count; one more is not taken."""
    timers = Timers(most=2)
    for number in range(2):
        assert timers.start(str(number), "", 60, 0, WALL) is not None
    assert timers.start("2", "", 60, 0, WALL) is None
    timers.expire(60, WALL + 60)
    assert timers.start("2", "", 60, 60, WALL + 60) is None
    timers.silence()
    assert timers.start("2", "", 60, 60, WALL + 60) is not None


def test_one_call_sets_one_timer() -> None:
    """A call that comes again, on the next connection or to the next hub, finds its timer."""
    timers = eggs()
    first = timers.running
    timers.start("c1", "eggs", 600, 50, WALL + 50)
    assert timers.running == first
    restored = again(timers, saved=60, now=0, wall=WALL + 60)
    restored.start("c1", "eggs", 600, 10, WALL + 70)
    assert len(restored.running) == 1


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("eggs", "eggs"),
        ("the  eggs\ntimer", "eggs"),
        ("for the Pizza", "Pizza"),
        ("Timer", ""),
        ("ä" * 100, "ä" * LONGEST_NAME),
    ],
)
def test_a_name_is_kept_without_what_goes_without_saying(given_name: str, kept: str) -> None:
    """It is spoken as "the eggs timer"."""
    assert tidy(given_name) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no JSON",
        "{}",
        "[1]",
        '[{"id": "a", "name": "x", "length": 1e999, "wall_end": 0, "left": 0}]',
        '[{"id": "a", "name": "x", "length": 60, "wall_end": 0, "left": -1}]',
        '[{"id": "a", "name": "x", "length": 60, "wall_end": 0}]',
        '[{"id": "a", "name": "' + "x" * 99 + '", "length": 60.0, "wall_end": 0.0, "left": 0.0}]',
    ],
)
def test_a_file_that_is_no_file_of_ours_holds_no_timers(text: str) -> None:
    """It is said so, and nothing is raised."""
    timers = Timers()
    assert not timers.restore(text, 0, WALL)
    assert timers.running == ()


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")))
def test_any_text_may_stand_in_the_file(text: str) -> None:
    """Whatever is read, the timers stay usable."""
    timers = Timers()
    timers.restore(text, 0, WALL)
    timers.expire(0, WALL)
    assert jumped(timers.dump(0, WALL), timers.dump(0, WALL)) is False


@given(st.text(max_size=30), st.text(max_size=300), st.floats(min_value=1, max_value=86_400))
def test_every_timer_can_be_kept(timer_id: str, name: str, length: float) -> None:
    """What was set is what comes back, whatever it is called."""
    timers = Timers()
    name = name.encode(errors="ignore").decode()
    timer = timers.start(timer_id, name, length, 0, WALL)
    assert timer is not None
    (kept,) = again(timers, saved=0, now=0, wall=WALL).running
    assert (kept.id, kept.name, kept.length) == (timer.id, timer.name, timer.length)


@dataclass
class World:
    """What really happens: the true time goes on, the hub's clocks know what they know."""

    timers: Timers = field(default_factory=lambda: Timers(most=5))
    now: float = 0.0
    started: float = 0.0
    wrong: float = 0.0
    ends: dict[str, tuple[float, float]] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    number: int = 0

    @property
    def true(self) -> float:
        """The true time; now, the monotonic clock, begins anew with the hub."""
        return self.now + self.started

    @property
    def wall(self) -> float:
        """The time of day as the hub has it."""
        return WALL + self.true + self.wrong

    def set(self, length: float) -> None:
        """Set a timer."""
        self.number += 1
        timer = self.timers.start(f"c{self.number}", f"n{self.number}", length, self.now, self.wall)
        if timer is not None:
            self.ends[timer.name] = (self.true + length, 0.0)

    def wait(self, seconds: float) -> None:
        """Let time go by, with the hub awake at each of its deadlines."""
        end = self.now + seconds
        while (deadline := self.timers.deadline) is not None and deadline <= end:
            # A microsecond later, as time goes on between a look at the clock and the next.
            self.now = max(self.now, deadline) + 1e-6
            self.look()
        self.now = max(self.now, end)
        self.look()

    def look(self) -> None:
        """Let the hub do what is due."""
        expiry = self.timers.expire(self.now, self.wall)
        for due in (*expiry.rings, *expiry.missed):
            end, off = self.ends.pop(due.timer.name)
            self.told.append(due.timer.name)
            # Never too early; too late only by the time that the hub was off, or learned it late.
            assert self.true >= end - 0.01
            assert due in expiry.missed or self.true <= end + off + 30.01
        self.timers.silence()

    def restart(self, off: float) -> None:
        """End the hub, and start it so much later, by a clock that is right."""
        text = self.timers.dump(self.now, self.wall)
        self.now, self.started = 3.0, self.true + off - 3
        self.ends = {name: (end, late + off) for name, (end, late) in self.ends.items()}
        self.timers = Timers(most=5)
        assert self.timers.restore(text, self.now, self.wall)
        self.look()

    def correct(self, wrong: float) -> None:
        """Put the clock to another time, as long as only timers run that don't go by it."""
        if all(timer.clock.name == "MONOTONIC" for timer in self.timers.running):
            self.wrong = wrong
            self.look()


STEPS = st.lists(
    st.tuples(st.just("set"), st.floats(min_value=1, max_value=7200))
    | st.tuples(st.just("wait"), st.floats(min_value=0, max_value=4000))
    | st.tuples(st.just("restart"), st.floats(min_value=0, max_value=4000))
    | st.tuples(st.just("correct"), st.floats(min_value=-1e6, max_value=1e6)),
    max_size=25,
)


@given(STEPS)
def test_every_timer_is_told_once_and_not_too_early(steps: list[tuple[str, float]]) -> None:
    """Restarts and clocks that are put right change neither."""
    world = World()
    for name, value in steps:
        getattr(world, name)(value)
    world.wait(3 * HOUR)
    assert world.ends == {}
    assert len(set(world.told)) == len(world.told)


def test_a_timer_is_named_after_its_length_if_it_has_no_name() -> None:
    """It is told from the others as "the 10 minute timer"."""
    timers = Timers()
    timer = timers.start("c1", "", 600, 0, WALL)
    assert isinstance(timer, Timer)
    assert timer.label == "10 minute timer"
