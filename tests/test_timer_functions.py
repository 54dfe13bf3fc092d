from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.devices.catalog import Catalog
from hubd.events import Behavior, Call, CallStatus
from hubd.outcomes import Outcome
from hubd.own_functions import OwnCall
from hubd.requests import Refusal
from hubd.timer_functions import FUNCTIONS, carry_out
from hubd.timers import Timers
from hubd.tools import Toolbox

WALL = 1_795_000_000.0
TOOLBOX = Toolbox(Catalog([]), own=FUNCTIONS)


class Kitchen:
    """Timers that are asked for."""

    def __init__(self, most: int = 5) -> None:
        self.timers = Timers(most)
        self.now = 0.0
        self._calls = 0

    def call(self, name: str, call_id: str = "", /, **arguments: JsonValue) -> Outcome | Refusal:
        """Call a function as the model does; return what comes of it."""
        self._calls += 1
        found = TOOLBOX.resolve(Call(call_id or f"c{self._calls}", name, arguments))
        if isinstance(found, Refusal):
            return found
        assert isinstance(found, OwnCall)
        return carry_out(self.timers, found, self.now, WALL + self.now)

    def says(self, name: str, /, **arguments: JsonValue) -> str:
        """Return the sentence about a call that is carried out."""
        outcome = self.call(name, **arguments)
        assert isinstance(outcome, Outcome)
        assert outcome.status is CallStatus.DONE, outcome
        return outcome.message

    def refuses(self, name: str, /, **arguments: JsonValue) -> str:
        """Return the sentence about a call that is not."""
        outcome = self.call(name, **arguments)
        assert isinstance(outcome, Refusal) or outcome.status is CallStatus.REFUSED, outcome
        return outcome.message

    def ring(self) -> None:
        """Let everything ring that is due."""
        self.timers.expire(self.now, WALL + self.now)


def test_they_are_declared_with_units_and_wait_for_nothing() -> None:
    """The model needs no other unit than the person's, and talks on meanwhile."""
    declared = {each.name: each for each in TOOLBOX.declarations()}
    assert list(declared)[:3] == ["set_timer", "cancel_timer", "list_timers"]
    assert {declared[function.name].behavior for function in FUNCTIONS} == {Behavior.NON_BLOCKING}
    parameters = declared["set_timer"].parameters
    assert parameters is not None
    assert {name: schema.description for name, schema in parameters.properties.items() if name != "name"} == {
        "hours": "Whole hours.",
        "minutes": "Whole minutes.",
        "seconds": "Whole seconds.",
    }
    assert parameters.required == ()


def test_ten_minutes_for_the_eggs() -> None:
    """What is set, told and cancelled is called as the person calls it."""
    kitchen = Kitchen()
    assert kitchen.says("set_timer", minutes=10, name="the eggs") == "The eggs timer rings in 10 minutes."
    assert kitchen.says("set_timer", hours=1, minutes=30) == "A timer rings in 1 hour and 30 minutes."
    kitchen.now = 350.0
    assert kitchen.says("list_timers") == (
        "The eggs timer has 4 minutes and 10 seconds left. The 1 hour 30 minute timer has 1 hour and 24 minutes left."
    )
    assert kitchen.says("cancel_timer", name="Eggs") == "The eggs timer is cancelled."
    assert kitchen.says("cancel_timer") == "The 1 hour 30 minute timer is cancelled."
    assert kitchen.says("list_timers") == "There is no timer."
    assert kitchen.refuses("cancel_timer") == "There is no timer."


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({}, "A timer takes from 1 second to 1 day, not 0 seconds"),
        ({"minutes": 0}, "not 0 seconds"),
        ({"hours": 24, "seconds": 1}, "not 86401 seconds"),
        ({"minutes": -1}, "Minutes has to be a whole number from 0 to 1440, found -1"),
        ({"minutes": 2.5}, "found 2.5"),
        ({"minutes": "10"}, 'found "10"'),
        ({"minutes": True}, "found true"),
        ({"days": 1}, 'There is no argument "days"'),
        ({"minutes": 10, "name": "x" * 41}, "at most 40 characters, found 41"),
        ({"minutes": 10, "name": "a\x07b"}, "without control characters"),
    ],
)
def test_what_makes_no_timer_is_refused_in_words(arguments: dict[str, JsonValue], problem: str) -> None:
    """The model reads what was wrong, and can mend it; no timer is set."""
    kitchen = Kitchen()
    assert problem in kitchen.refuses("set_timer", **arguments)
    assert kitchen.timers.running == ()


def test_a_name_is_taken_once() -> None:
    """Else nobody could say which one is meant."""
    kitchen = Kitchen()
    kitchen.says("set_timer", minutes=10, name="eggs")
    refused = kitchen.refuses("set_timer", minutes=3, name="Eggs timer")
    assert refused.startswith("The eggs timer has 10 minutes left.")
    assert len(kitchen.timers.running) == 1


def test_a_call_that_comes_again_sets_nothing() -> None:
    """The same call is answered with the same timer."""
    kitchen = Kitchen()
    first = kitchen.call("set_timer", "c1", minutes=10, name="eggs")
    kitchen.now = 60.0
    again = kitchen.call("set_timer", "c1", minutes=10, name="eggs")
    assert isinstance(first, Outcome)
    assert isinstance(again, Outcome)
    assert again.message == "The eggs timer rings in 9 minutes."
    assert len(kitchen.timers.running) == 1


def test_no_more_than_there_may_be() -> None:
    """One too many is refused, with what to do."""
    kitchen = Kitchen(most=2)
    kitchen.says("set_timer", minutes=1)
    kitchen.says("set_timer", minutes=2)
    assert kitchen.refuses("set_timer", minutes=3) == (
        "There are 2 timers already, which is as many as there may be: cancel one before."
    )


def test_several_timers_are_told_apart() -> None:
    """A question that fits two is answered with the choices; a length, or "all", settles it."""
    kitchen = Kitchen()
    kitchen.says("set_timer", minutes=10, name="eggs")
    kitchen.says("set_timer", minutes=3)
    kitchen.says("set_timer", minutes=5)
    outcome = kitchen.call("cancel_timer")
    assert isinstance(outcome, Outcome)
    assert outcome.choices == ("eggs timer", "3 minute timer", "5 minute timer")
    assert outcome.message == "Which one is meant: eggs timer, 3 minute timer, 5 minute timer?"
    assert kitchen.refuses("cancel_timer", name="pizza").startswith('There is no timer called "pizza".')
    assert kitchen.says("cancel_timer", name="3 minutes") == "The 3 minute timer is cancelled."
    assert kitchen.says("cancel_timer", name="all") == "2 timers are cancelled."


def test_of_two_alike_the_last_one_goes() -> None:
    """Nobody can say which of them is meant, and it was probably set by mistake."""
    kitchen = Kitchen()
    kitchen.says("set_timer", minutes=5)
    kitchen.now = 10.0
    kitchen.says("set_timer", minutes=5)
    assert kitchen.says("cancel_timer") == "The 5 minute timer is cancelled."
    assert [timer.ends for timer in kitchen.timers.running] == [300]


def test_what_rings_is_meant_before_all_others() -> None:
    """While something rings, "cancel the timer" can only mean that."""
    kitchen = Kitchen()
    kitchen.says("set_timer", minutes=1, name="tea")
    kitchen.says("set_timer", minutes=10, name="eggs")
    kitchen.now = 60.0
    kitchen.ring()
    assert kitchen.says("list_timers") == "The tea timer rings. The eggs timer has 9 minutes left."
    assert kitchen.says("cancel_timer") == "The tea timer is cancelled."
    assert [timer.name for timer in kitchen.timers.running] == ["eggs"]


JSON: st.SearchStrategy[JsonValue] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=50) | st.just([]) | st.just({})
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([function.name for function in FUNCTIONS]),
            st.dictionaries(st.sampled_from(["hours", "minutes", "seconds", "name", "else"]), JSON, max_size=4),
        ),
        max_size=10,
    )
)
def test_whatever_is_called_is_answered(calls: list[tuple[str, dict[str, JsonValue]]]) -> None:
    """Every call has a sentence for an answer; there are never too many timers, and all can be kept."""
    kitchen = Kitchen()
    for name, arguments in calls:
        outcome = kitchen.call(name, **arguments)
        assert outcome.message.endswith((".", "?"))
        assert len(kitchen.timers.running) <= 5
    assert Timers().restore(kitchen.timers.dump(0, WALL), 0, WALL)
