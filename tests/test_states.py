from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, get_args

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd import effects, events
from hubd.conversation import Conversation
from hubd.effects import Source
from hubd.errors import LocalProtocolError
from hubd.events import Event
from hubd.exhibits import Program
from hubd.pace import BargeIn, Pace
from hubd.states import STALE, TRANSITIONS, State
from hubd.wishes import Announced, AskAsked, Ending, ListenAsked, SayAsked, Scheduling, Told

EVENTS: Final = frozenset(get_args(Event))
SILENT: Final = frozenset({State.IDLE, State.MUTED})
# With a session that is not set up, what a model does is a breach of the protocol that the session itself reports.
NEVER_WHILE_OPENING: Final = frozenset(
    {
        events.ModelAudio,
        events.HeardText,
        events.SaidText,
        events.ToolsAsked,
        events.CallsCancelled,
        events.Interrupted,
        events.GenerationComplete,
        events.TurnComplete,
    }
)
NAMES: Final = ("set_light", "lock_door")
# Connections in a row without an answer, but for the first.
MOST_CROSSINGS: Final = 3


@pytest.mark.parametrize("state", State)
class TestTable:
    def test_every_event_has_its_place(self, state: State) -> None:
        """Every event has a row, is listed as late, or can't come; only an opening line has such."""
        impossible = NEVER_WHILE_OPENING if state is State.OPENING else frozenset()
        assert TRANSITIONS[state].keys() | STALE[state] == EVENTS - impossible

    def test_nothing_is_both_expected_and_late(self, state: State) -> None:
        """An event that has a row is not passed over."""
        assert TRANSITIONS[state].keys() & STALE[state] == set()

    def test_every_row_leads_somewhere(self, state: State) -> None:
        """A row names at least one state, none twice."""
        for targets in TRANSITIONS[state].values():
            assert targets
            assert len(targets) == len(set(targets))

    def test_reachable(self, state: State) -> None:
        """Every state can be reached from where the hub starts."""
        seen, left = set[State](), {State.IDLE}
        while left:
            here = left.pop()
            seen.add(here)
            left |= {target for targets in TRANSITIONS[here].values() for target in targets} - seen
        assert state in seen

    def test_a_person_ends_it(self, state: State) -> None:
        """Muting leads from every state to MUTED; stop leads from every conversation to IDLE, a lost line may."""
        assert State.MUTED in TRANSITIONS[state][events.MuteChanged]
        assert TRANSITIONS[state][events.StopAsked] == (State.MUTED if state is State.MUTED else State.IDLE,)
        if state not in SILENT:
            assert TRANSITIONS[state][events.LinkLost][-1] is State.IDLE


call_numbers = st.integers(0, 30)


@st.composite
def answers(draw: st.DrawFn) -> events.Answer:
    """Draw the outcome of some call."""
    number = draw(call_numbers)
    call = events.Call(f"c{number}", NAMES[number % 2])
    return events.Answer(call, events.CallStatus.DONE, draw(st.sampled_from(events.Scheduling)), {})


calls = st.lists(call_numbers, min_size=1, max_size=3, unique=True).map(
    lambda numbers: events.ToolsAsked(tuple(events.Call(f"c{number}", NAMES[number % 2]) for number in numbers))
)
positions = st.integers(0, 100_000)
_numbers = itertools.count()


def _requests(kind: str) -> st.SearchStrategy[str]:
    """Draw a name for a request that no other one has."""
    return st.builds(lambda: f"{kind} {next(_numbers)}")


SOME: Final[Mapping[type[Event], st.SearchStrategy[Event]]] = {
    events.Woke: st.builds(events.Woke, st.just("hey_jarvis"), st.just(0.9), positions, st.integers(0, 800)),
    events.SpeechBegan: st.builds(events.SpeechBegan, positions),
    events.SpeechEnded: st.builds(events.SpeechEnded, positions),
    events.LinkReady: st.builds(events.LinkReady, st.just(events.Backend.GEMINI), st.booleans()),
    events.LinkLost: st.builds(
        events.LinkLost,
        st.just(events.Backend.GEMINI),
        st.just("gone"),
        st.sampled_from([False, False, False, True]),
        st.sampled_from([0.0, 0.0, 0.0, 60.0]),
    ),
    events.ModelAudio: st.just(events.ModelAudio(b"\0\0", 24_000)),
    events.HeardText: st.builds(events.HeardText, st.sampled_from(["", "lights"]), st.booleans()),
    events.SaidText: st.builds(events.SaidText, st.sampled_from(["", "noon"])),
    events.Shown: st.just(events.Shown(Program("python", "print(1)"))),
    events.ToolsAsked: calls,
    events.CallsCancelled: st.builds(events.CallsCancelled, call_numbers.map(lambda number: (f"c{number}",))),
    events.Interrupted: st.just(events.Interrupted()),
    events.GenerationComplete: st.just(events.GenerationComplete()),
    events.TurnComplete: st.just(events.TurnComplete()),
    events.HandleIssued: st.just(events.HandleIssued("h")),
    events.GoingAway: st.builds(events.GoingAway, st.sampled_from([0.0, 2.0, 50.0, 300.0])),
    events.TokensUsed: st.just(events.TokensUsed(3, 2, 1)),
    events.ToolsDone: st.builds(events.ToolsDone, st.tuples(answers())),
    events.Drained: st.builds(events.Drained, st.integers(-2, 0)),
    events.MuteChanged: st.builds(events.MuteChanged, st.booleans()),
    events.StopAsked: st.just(events.StopAsked()),
    events.EndAsked: st.just(events.EndAsked()),
    Told: st.builds(Told, st.sampled_from(["washer", "door"]), st.just("It is done."), st.sampled_from(Scheduling)),
    SayAsked: st.builds(
        SayAsked, _requests("say"), st.just("Dinner!"), st.sampled_from([Scheduling.WHEN_IDLE, Scheduling.INTERRUPT])
    ),
    AskAsked: st.builds(AskAsked, _requests("ask"), st.just("Shall I?")),
    ListenAsked: st.builds(ListenAsked, _requests("listen")),
    Announced: st.builds(
        Announced, st.integers(-1, 0), st.sampled_from([Ending.PLAYED, Ending.PLAYED, *Ending]), st.integers(0, 100_000)
    ),
    events.DeadlinePassed: st.just(events.DeadlinePassed()),
}
# What ends a conversation, or soon would, is drawn less often: a random one is to get somewhere.
RARE: Final = frozenset({events.LinkLost, events.StopAsked, events.MuteChanged, events.EndAsked, events.DeadlinePassed})
paces = st.builds(
    Pace,
    follow_up=st.sampled_from([0.0, 8.0]),
    barge_in=st.sampled_from(BargeIn),
    chime=st.booleans(),
    manual_activity=st.booleans(),
    blocking=st.sampled_from([frozenset(), frozenset({"lock_door"})]),
    hold_while_acting=st.booleans(),
)


class Herald:
    """Follows what the hub says of its own accord, and the word that others get of their wishes."""

    def __init__(self) -> None:
        self.number = 0
        self.playing = False
        self.wishes = Counter[str]()
        self.replies = Counter[str]()

    def take(self, event: Event) -> None:
        """Note an event before it is taken."""
        match event:
            case SayAsked(request) | AskAsked(request) | ListenAsked(request):
                self.wishes[request] += 1
            case Announced(number) if number == self.number:
                self.playing = False
            case _:
                pass

    def look_at(self, effect: effects.Effect) -> None:
        """Check one effect."""
        match effect:
            case effects.Announce(number):
                assert not self.playing
                assert number == self.number + 1
                self.number, self.playing = number, True
            case effects.Silence():
                assert self.playing
                self.playing = False
            case effects.Reply(request):
                self.replies[request] += 1
            case effects.Learn(facts):
                assert facts
            case _:
                pass

    def look(self, *, at_rest: bool, covered: bool) -> None:
        """Check what holds after every step."""
        assert self.replies <= self.wishes
        if at_rest and not self.playing:
            assert self.replies == self.wishes
        # A hub that is silent is not deaf.
        assert self.playing or not covered


class Watch:
    """Drives a conversation, and looks at it after every step."""

    def __init__(self, pace: Pace) -> None:
        self.conversation = Conversation(pace)
        self.now = 100.0
        self.source = Source.NOTHING
        self.line_open = False
        self.plays = 0
        self.drained = 0
        self.marked = False
        self.asked: set[str] = set()
        self.herald = Herald()
        self.crossings = 0
        self.refused = False
        self.pace = pace

    def step(self, event: Event, later: float) -> None:
        """Take one event, so many seconds after the one before."""
        then = self.now + later
        while (deadline := self.conversation.deadline) is not None and deadline <= then:
            self.now = deadline
            self.take(events.DeadlinePassed())
        self.now = then
        if not isinstance(event, events.DeadlinePassed):
            self.take(event)
        elif deadline is not None:
            self.now = deadline
            self.take(event)

    def take(self, event: Event) -> None:
        """Take one event now."""
        before = self.conversation.state
        if isinstance(event, events.Drained):
            event = events.Drained(max(0, self.plays + event.plays))
        if isinstance(event, Announced):
            event = replace(event, number=self.herald.number + event.number)
        self.herald.take(event)
        if isinstance(event, events.ToolsAsked) and (fresh := self.fresh(event)) is not None:
            event = fresh
        if type(event) not in TRANSITIONS[before] and type(event) not in STALE[before]:
            with pytest.raises(LocalProtocolError):
                self.conversation.step(event, self.now)
            return
        follow = self.conversation.step(event, self.now)
        self.note_before(event, before)
        for effect in follow:
            self.look_at(effect)
        self.note_after(event)
        self.look()
        note(f"{before} -> {self.conversation.state}")

    def fresh(self, event: events.ToolsAsked) -> events.ToolsAsked | None:
        """Return the calls that were not asked for before on this connection: a session passes no other on."""
        left = tuple(call for call in event.calls if call.id not in self.asked)
        return events.ToolsAsked(left) if left else None

    def note_before(self, event: Event, before: State) -> None:
        """Follow what the event says about turn and sound."""
        match event:
            case events.Drained(plays):
                self.drained = max(self.drained, plays)
            case events.ModelAudio():
                assert not self.refused or self.conversation.state is before
            case events.Interrupted() | events.TurnComplete():
                self.refused = False
            case events.Woke():
                self.crossings = 0
            case events.LinkLost():
                self.source, self.marked = Source.NOTHING, False
            case _:
                pass

    def look_at(self, effect: effects.Effect) -> None:  # noqa: C901 -- one case an effect
        """Check one effect against all before."""
        match effect:
            case effects.OpenLine():
                if self.line_open:
                    self.crossings += 1
                    assert self.crossings <= MOST_CROSSINGS
                assert self.conversation.state is State.OPENING
                self.line_open, self.marked, self.asked, self.refused = True, False, set(), False
                self.source = Source.NOTHING
            case effects.CloseLine():
                assert self.line_open
                self.line_open = False
            case effects.Feed(source):
                assert self.line_open
                self.source = source
            case effects.BeginActivity():
                assert self.pace.manual_activity
                assert not self.marked
                self.marked = True
            case effects.EndActivity():
                assert self.marked
                self.marked = False
            case effects.Nudge():
                self.marked = False
            case effects.Play():
                assert self.line_open
                assert not self.refused
                self.plays += 1
            case effects.Flush():
                self.drained = self.plays
            case effects.Act(calls):
                assert self.line_open
                self.asked |= {call.id for call in calls}
            case effects.Brief():
                assert self.line_open
                assert self.conversation.state is not State.OPENING
            case _:
                self.herald.look_at(effect)

    def note_after(self, event: Event) -> None:
        """Follow what the event led to."""
        barged_in = isinstance(event, events.Woke | events.SpeechBegan | Told | SayAsked | ListenAsked | Announced)
        if barged_in and self.conversation.floor.turn.name == "REFUSED":
            self.refused = True
        if not self.line_open:
            self.refused = False
        if isinstance(event, events.TurnComplete) or self.conversation.bridge._crossings == 0:
            self.crossings = 0

    def look(self) -> None:
        """Check what holds after every step."""
        state, deadline = self.conversation.state, self.conversation.deadline
        assert self.line_open is (state not in SILENT)
        if state in SILENT:
            assert self.source is Source.NOTHING
        # Who waits for sound that is sure to end, for a line that is sure to be open or lost, needs no deadline. Who
        # waits for a server, for a person, for a device does.
        match state:
            case State.LISTENING | State.ACTING:
                assert deadline is not None
            case State.FOLLOWING_UP:
                assert deadline is not None
                assert not self.marked
            case State.SPEAKING:
                assert deadline is not None or self.drained < self.plays
            case State.IDLE | State.MUTED | State.OPENING:
                assert deadline is None
        assert deadline is None or deadline >= self.now
        self.herald.look(at_rest=state in SILENT, covered=self.conversation.ear.covered)


def drive(data: st.DataObject, steps: int) -> Watch:
    """Let so many random things happen; one in ten is of any kind, the others are expected where they come."""
    watch = Watch(data.draw(paces))
    for _ in range(steps):
        expected = TRANSITIONS[watch.conversation.state].keys()
        kinds = data.draw(st.sampled_from([expected - RARE or expected] * 8 + [expected, SOME.keys()]))
        kind = data.draw(st.sampled_from(sorted(kinds, key=lambda each: each.__name__)))
        watch.step(data.draw(SOME[kind]), data.draw(st.sampled_from([0.0, 0.5, 3.0, 3.0, 40.0])))
    return watch


@settings(max_examples=300, deadline=None)
@given(data=st.data(), steps=st.integers(5, 60))
def test_any_conversation(data: st.DataObject, steps: int) -> None:
    """Whatever happens in whatever order: no other error, no missing deadline, no sound let out by a hub at rest."""
    drive(data, steps)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), steps=st.integers(0, 20))
def test_loss_and_mute(data: st.DataObject, steps: int) -> None:
    """From wherever it got: a lost line that can't be had again leads to IDLE, muting to MUTED."""
    watch = drive(data, steps)
    rest = State.MUTED if watch.conversation.state is State.MUTED else State.IDLE
    watch.step(events.LinkLost(events.Backend.GEMINI, "gone", fatal=True), 0.0)
    assert watch.conversation.state is rest
    watch.step(events.MuteChanged(muted=True), 0.0)
    assert watch.conversation.state.value == "muted"
