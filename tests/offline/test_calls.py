from __future__ import annotations

import pytest

from hubd.events import Behavior
from hubd.live.messages import FunctionCall, FunctionResponse
from hubd.offline.calls import Calls, undeclared_behavior
from hubd.offline.steps import Cancel

LAMP = FunctionCall(id="1", name="lamp")
LOCK = FunctionCall(id="2", name="lock")


def calls() -> Calls:
    """Return the calls of a connection where the lock blocks."""
    return Calls({"lamp": Behavior.NON_BLOCKING, "lock": Behavior.BLOCKING})


def answer(call_id: str, *, more: bool = False) -> FunctionResponse:
    """Return an answer."""
    return FunctionResponse(id=call_id, name="x", response={}, will_continue=more)


def test_a_call_is_open_until_it_is_answered() -> None:
    """One that blocks blocks so long; one that nobody declared does not."""
    open_calls = calls()
    assert not open_calls.make([LAMP, FunctionCall(id="3", name="other")])
    assert [open_calls.make([LOCK]), open_calls.blocking] == [True, True]
    assert [open_calls.answer(answer("2")), open_calls.blocking] == [Behavior.BLOCKING, False]
    assert open_calls.answer(answer("2")) is None
    assert open_calls.answer(answer("1", more=True)) is Behavior.NON_BLOCKING
    assert open_calls.answer(answer("1")) is Behavior.NON_BLOCKING
    assert open_calls.answer(answer("1")) is None
    assert [bool(open_calls), open_calls.cancel(Cancel()), bool(open_calls)] == [True, ("3",), False]


@pytest.mark.parametrize(
    ("model", "behavior"),
    [
        ("gemini-3.8-live", Behavior.NON_BLOCKING),
        ("gemini-3.8-live-extended-thinking", Behavior.NON_BLOCKING),
        ("gemini-3.10-live", Behavior.NON_BLOCKING),
        ("gemini-3.1-flash-live-preview", Behavior.BLOCKING),
        ("gemini-2.5-flash-native-audio-preview-12-2025", Behavior.BLOCKING),
    ],
)
def test_pitfall_5_without_a_behavior_it_depends_on_the_model(model: str, behavior: Behavior) -> None:
    """The default changed with 3.8."""
    assert undeclared_behavior(f"models/{model}") is behavior


def test_calls_are_cancelled_by_what_became_of_them() -> None:
    """Open ones, answered ones, those of one function; each once."""
    open_calls = calls()
    open_calls.make([LAMP, LOCK, FunctionCall(id="3", name="lamp")])
    open_calls.answer(answer("1"))
    assert open_calls.cancel(Cancel(function="lamp")) == ("3",)
    assert open_calls.cancel(Cancel(answered=True)) == ("1",)
    assert open_calls.cancel(Cancel(answered=True)) == ()
    assert open_calls.cancel(Cancel()) == ("2",)
    assert open_calls.answer(answer("2")) is None


def test_what_is_long_ago_is_forgotten() -> None:
    """A session of many calls remembers the last 64 that were answered."""
    open_calls = calls()
    for number in range(200):
        open_calls.make([FunctionCall(id=str(number), name="lamp")])
        open_calls.answer(answer(str(number)))
    assert open_calls.cancel(Cancel(answered=True)) == tuple(str(number) for number in range(136, 200))
