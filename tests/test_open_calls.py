from __future__ import annotations

from hubd.events import Answer, Call, CallStatus, Scheduling
from hubd.open_calls import OpenCalls

LAMP, LOCK = Call("c1", "set_light"), Call("c2", "lock_door")


def answer(call: Call) -> Answer:
    """Return the answer to a call."""
    return Answer(call, CallStatus.DONE, Scheduling.SILENT, {})


def test_from_question_to_answer() -> None:
    """A call is open until it is closed; closing twice is no harm."""
    calls = OpenCalls(frozenset())
    assert not calls
    calls.ask((LAMP, LOCK))
    assert calls
    assert calls.known((answer(LAMP), answer(LOCK))) == (answer(LAMP), answer(LOCK))
    calls.close(("c1", "c1", "c9"))
    assert calls.known((answer(LAMP), answer(LOCK))) == (answer(LOCK),)
    calls.close(("c2",))
    assert not calls


def test_waiting_for_blocking_ones_alone() -> None:
    """The conversation waits as long as a blocking function's call is open."""
    calls = OpenCalls({"lock_door"})
    waited = []
    for asked, closed in (([LAMP], []), ([LOCK], []), ([], ["c2"])):
        calls.ask(asked)
        calls.close(closed)
        waited.append(calls.waiting)
    assert waited == [False, True, False]


def test_next_conversation_begins_without_calls() -> None:
    """What was open is forgotten."""
    calls = OpenCalls({"lock_door"})
    calls.ask((LOCK,))
    calls.clear()
    assert not calls
    assert not calls.waiting
    assert calls.known((answer(LOCK),)) == ()
