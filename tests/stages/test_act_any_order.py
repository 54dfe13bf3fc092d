from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubd.events import Answer, AnswerKind, Behavior, Call, CallStatus
from hubd.live.models import COMMON_SUBSET, Capabilities
from hubd.tools import BLOCKING_TIMEOUT
from tests.stages.act_fakes import DEVICES, House, in_virtual_time
from tests.stages.test_act_answers import BLINDS, LOCK
from tests.virtual_time import pass_time

HOUSE = [*DEVICES, BLINDS, LOCK]
WISHES: list[tuple[str, dict[str, bool | str | int]]] = [
    ("set_light", {"device": "kitchen lights", "on": True}),
    ("set_light", {"device": "kitchen lights", "brightness": 30}),
    ("set_switch", {"device": "coffee machine", "on": True}),
    ("set_switch", {"device": "fan", "on": False}),
    ("open_garage_door", {}),
    ("close_the_blinds", {}),
    ("lock_the_door", {}),
    ("end_conversation", {}),
    ("no_such_function", {}),
]
REPORTS = [
    ("zigbee2mqtt/kitchen_lights", '{"state":"ON"}'),
    ("zigbee2mqtt/kitchen_lights", '{"state":"ON","brightness":76}'),
    ("coffee/state", "ON"),
    ("garage", '{"state":"open"}'),
    ("blinds", "closed"),
    ("door", "locked"),
    ("garage", "[" * 100),
]
# Enough for the slowest device: valid_for and twice within.
LONGEST = 60.0 + 2 * 30.0 + 1.0
MODELS = [COMMON_SUBSET, *(Capabilities(behaviors=frozenset({behavior})) for behavior in Behavior)]

steps = st.one_of(
    st.tuples(st.just("ask"), st.lists(st.sampled_from(WISHES), min_size=1, max_size=3)),
    st.tuples(st.just("again"), st.integers(0, 20)),
    st.tuples(st.just("cancel"), st.integers(0, 20)),
    st.tuples(st.just("report"), st.sampled_from(REPORTS)),
    st.tuples(st.just("wait"), st.sampled_from([0.0, 0.01, 0.3, 1.0, 3.0, 20.0])),
    st.tuples(st.just("broker"), st.sampled_from(["up", "down", "deaf"])),
)


class Watch:
    """A house with what was asked of it, checked as it goes."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.asked: dict[str, float] = {}
        self.calls: list[Call] = []
        self.void: set[str] = set()

    async def step(self, kind: str, detail: object) -> None:
        """Let one thing happen."""
        match kind, detail:
            case "ask", list(wishes):
                calls = [Call(f"{len(self.calls) + number}", *wish) for number, wish in enumerate(wishes)]
                self.calls += calls
                self.asked |= {call.id: self.house.now for call in calls}
                self.house.ask_for(*calls)
            case "again", int(number) if number < len(self.calls):
                self.house.ask_for(self.calls[number])
            case "cancel", int(number) if number < len(self.calls):
                answered = {answer.call.id for answer in self.outcomes()}
                self.void |= {f"{number}"} - answered
                self.house.act.cancel((f"{number}",))
            case "report", (str(topic), str(text)):
                self.house.broker.say(topic, text)
            case "wait", float(seconds):
                await pass_time(seconds)
            case "broker", str(mood):
                self.house.broker.connected = mood != "down"
                self.house.broker.refuses = mood == "deaf"
        await self.house.settle()

    def outcomes(self) -> list[Answer]:
        """Return the answers that close a call."""
        return [answer for answer in self.house.given() if answer.kind is AnswerKind.OUTCOME]

    def check(self) -> None:
        """Check what holds when all is done."""
        published = Counter(report.call for report in self.house.published() if report.call is not None)
        assert all(count == 1 for count in published.values()), "a command was published twice"
        kinds: dict[str, list[AnswerKind]] = {call.id: [] for call in self.calls}
        for answer in self.house.given():
            if answer.status is not CallStatus.DUPLICATE:
                kinds[answer.call.id].append(answer.kind)
        duplicates = {answer.call.id for answer in self.house.given() if answer.status is CallStatus.DUPLICATE}
        for call_id, found in kinds.items():
            assert found == sorted(found, key=lambda kind: kind.value), "out of order"
            assert all(count == 1 for count in Counter(found).values()), "told twice"
            answered = AnswerKind.OUTCOME in found or call_id in duplicates
            assert answered or call_id in self.void, "a call was never answered"
            if AnswerKind.AFTERWORD in found:
                assert call_id in published, "an afterword about nothing"


@pytest.mark.parametrize("takes", MODELS, ids=["both", "BLOCKING", "NON_BLOCKING"])
@pytest.mark.parametrize("together", [False, True])
@settings(max_examples=60, deadline=None)
@given(script=st.lists(steps, max_size=25))
def test_any_order(takes: Capabilities, script: list[tuple[str, object]], *, together: bool) -> None:
    """Whatever happens in whatever order: published once, answered once, in order, or taken back."""

    async def scenario(house: House) -> None:
        watch = Watch(house)
        for kind, detail in script:
            await watch.step(kind, detail)
        await pass_time(LONGEST)
        await house.settle()
        watch.check()

    in_virtual_time(scenario, partial(House, HOUSE, takes, together=together))


@settings(max_examples=100, deadline=None)
@given(script=st.lists(steps, max_size=25))
def test_pitfall_4_a_blocking_call_is_answered_in_time_whatever_happens(script: list[tuple[str, object]]) -> None:
    """The session never hangs longer than the deadline."""

    async def scenario(house: House) -> None:
        watch = Watch(house)
        for kind, detail in script:
            await watch.step(kind, detail)
            for call in watch.calls:
                overdue = house.now > watch.asked[call.id] + BLOCKING_TIMEOUT + 0.02
                if call.name == "lock_the_door" and overdue and call.id not in watch.void:
                    assert any(answer.call.id == call.id for answer in house.given())

    in_virtual_time(scenario, partial(House, HOUSE))
