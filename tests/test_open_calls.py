from __future__ import annotations

from dataclasses import replace

from hubd.events import Answer, AnswerKind, Call, CallStatus, Scheduling
from hubd.open_calls import OpenCalls, closed_by

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
    calls.close(("c1", "c1", "c9"))
    assert calls
    calls.close(("c2",))
    assert not calls


def test_answers_that_no_session_listens_to() -> None:
    """Strange are afterwords, with answers to calls that are closed, void or of another conversation."""
    calls = OpenCalls(frozenset())
    calls.ask((LAMP,))
    afterword = replace(answer(LAMP), kind=AnswerKind.AFTERWORD)
    found = [calls.strange(answers) for answers in ((answer(LAMP),), (answer(LAMP), answer(LOCK)), (afterword,), ())]
    calls.close(("c1",))
    assert [*found, calls.strange((answer(LAMP),))] == [False, True, True, False, True]


def test_calls_of_an_earlier_connection() -> None:
    """The next connection does not listen to answers to them, unless it asks for them by their ids."""
    calls = OpenCalls(frozenset())
    calls.ask((LAMP, LOCK))
    calls.leave()
    assert calls
    calls.ask((LAMP,))
    assert [calls.strange((answer(each),)) for each in (LAMP, LOCK)] == [False, True]


def test_a_cancellation_that_an_answer_crossed() -> None:
    """The call that is taken back is closed already."""
    calls = OpenCalls(frozenset())
    calls.ask((LAMP, LOCK))
    calls.close(("c1",))
    assert [calls.crossed((each.id,)) for each in (LAMP, LOCK)] == [True, False]


def test_a_first_answer_closes_nothing() -> None:
    """Only an outcome closes a call; an afterword comes when it is closed."""
    kinds = [replace(answer(Call(kind.name, "f")), kind=kind) for kind in AnswerKind]
    assert closed_by(kinds) == ("OUTCOME",)


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
    assert calls.strange((answer(LOCK),))
