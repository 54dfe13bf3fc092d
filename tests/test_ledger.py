from __future__ import annotations

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from hubd.errors import LocalProtocolError
from hubd.events import Answer, AnswerKind, Call, CallStatus, Scheduling
from hubd.ledger import DUPLICATE_WITHIN, MAX_ENTRIES, REMEMBERED_FOR, Ledger, Verdict


def call(call_id: str = "1", **arguments: JsonValue) -> Call:
    """Return a call of one function."""
    return Call(call_id, "set_light", arguments)


def answer(of: Call, status: CallStatus = CallStatus.DONE) -> Answer:
    """Return an answer to the call."""
    return Answer(of, status, Scheduling.SILENT, {"status": status.value})


def test_a_call_id_is_new_once() -> None:
    """The same id is running until it is answered, and answered ever after, on whichever connection it comes."""
    ledger = Ledger()
    assert ledger.enter(call(), 0.0) is Verdict.NEW
    assert ledger.enter(call(), 1.0) is Verdict.RUNNING
    ledger.acted("1", 1.0)
    ledger.answered(answer(call()))
    assert ledger.enter(call(on=True), 3600.0) is Verdict.ANSWERED
    assert ledger.answer("1") == answer(call())


def test_a_call_of_an_earlier_hub_is_not_carried_out_again() -> None:
    """Its id is known, with what was told of it; an equal one is another wish, even at once."""
    ledger = Ledger()
    ledger.recall(call("1", on=True), "It is on.", 0.0)
    assert ledger.enter(call("1", on=True), 1.0) is Verdict.ANSWERED
    remembered = ledger.answer("1")
    assert remembered is not None
    assert remembered.response == {"message": "It is on."}
    assert ledger.enter(call("2", on=True), 1.0) is Verdict.NEW


def test_an_equal_call_within_two_seconds_is_a_duplicate() -> None:
    """The order of arguments and 30 or 30.0 make no difference; other arguments, or later, is a new wish."""
    ledger = Ledger()
    assert ledger.enter(call("1", device="lamp", brightness=30), 0.0) is Verdict.NEW
    ledger.acted("1", 0.1)
    assert ledger.enter(call("2", brightness=30.0, device="lamp"), DUPLICATE_WITHIN) is Verdict.DUPLICATE
    assert ledger.enter(call("3", brightness=31, device="lamp"), 1.0) is Verdict.NEW
    assert ledger.enter(call("4", brightness=30, device="lamp"), DUPLICATE_WITHIN + 0.1) is Verdict.NEW


def test_a_number_is_not_its_text_nor_a_boolean() -> None:
    """1, "1" and true are different wishes."""
    ledger = Ledger()
    values: tuple[JsonValue, ...] = (1, "1", True)
    for index, value in enumerate(values):
        assert ledger.enter(call(str(index), value=value), 0.0) is Verdict.NEW


@pytest.mark.parametrize("status", [CallStatus.REFUSED, CallStatus.FAILED, CallStatus.CANCELLED])
def test_what_came_to_nothing_may_be_asked_again(status: CallStatus) -> None:
    """An equal of a call for which nothing was published is no duplicate."""
    ledger = Ledger()
    ledger.enter(call("1"), 0.0)
    ledger.answered(answer(call("1"), status))
    assert ledger.enter(call("2"), 0.1) is Verdict.NEW


def test_what_was_published_is_not_repeated_even_if_it_failed() -> None:
    """Once something went out, an equal call within two seconds is a duplicate, also after it was taken back."""
    ledger = Ledger()
    ledger.enter(call("1"), 0.0)
    ledger.answered(answer(call("1"), CallStatus.CANCELLED))
    ledger.acted("1", 0.1)
    assert ledger.enter(call("2"), 0.2) is Verdict.DUPLICATE


def test_a_call_is_answered_once() -> None:
    """A second answer, or one for a call that was never asked, is a fault of ours."""
    ledger = Ledger()
    ledger.enter(call(), 0.0)
    ledger.answered(answer(call()))
    with pytest.raises(LocalProtocolError):
        ledger.answered(answer(call()))
    with pytest.raises(LocalProtocolError):
        ledger.answered(answer(call("2")))
    with pytest.raises(LocalProtocolError):
        ledger.acted("2", 0.0)


def test_a_first_answer_leaves_the_call_open() -> None:
    """The call has no answer yet: it is running, and its outcome may follow."""
    ledger = Ledger()
    ledger.enter(call(), 0.0)
    ledger.answered(Answer(call(), CallStatus.ON_ITS_WAY, Scheduling.SILENT, {}, AnswerKind.FIRST))
    assert ledger.enter(call(), 1.0) is Verdict.RUNNING
    assert ledger.answer("1") is None
    ledger.answered(answer(call()))
    assert ledger.answer("1") == answer(call())


@pytest.mark.parametrize("status", [CallStatus.CANCELLED, CallStatus.FAILED])
def test_an_afterword_takes_the_place_of_the_answer(status: CallStatus) -> None:
    """What became known after a call was answered, or taken back, is what its duplicates hear."""
    ledger = Ledger()
    ledger.enter(call(), 0.0)
    ledger.acted("1", 0.1)
    ledger.answered(answer(call(), status))
    for message in ("It is on.", "It is off."):
        afterword = replace(answer(call()), response={"message": message}, kind=AnswerKind.AFTERWORD)
        ledger.answered(afterword)
        assert ledger.answer("1") == afterword


def test_an_afterword_needs_a_call() -> None:
    """One to a call that was forgotten is passed over; one to a call without an answer is a fault of ours."""
    ledger = Ledger()
    afterword = replace(answer(call()), kind=AnswerKind.AFTERWORD)
    ledger.answered(afterword)
    assert ledger.answer("1") is None
    ledger.enter(call(), 0.0)
    with pytest.raises(LocalProtocolError):
        ledger.answered(afterword)


def test_a_duplicate_knows_its_equal() -> None:
    """The answer of the call that was carried out can be looked up by the call that was not."""
    ledger = Ledger()
    ledger.enter(call("1", on=True), 0.0)
    ledger.enter(call("2", on=True), 0.1)
    assert ledger.earlier(call("2", on=True)) is None
    ledger.answered(answer(call("1", on=True)))
    assert ledger.earlier(call("2", on=True)) == answer(call("1", on=True))
    assert ledger.earlier(call("3", on=False)) is None


def test_old_entries_are_forgotten() -> None:
    """After two hours a call id may come anew; a call that is still running is never forgotten."""
    ledger = Ledger()
    ledger.enter(call("1"), 0.0)
    ledger.answered(answer(call("1")))
    ledger.enter(call("2", on=True), 1.0)
    later = REMEMBERED_FOR + 2.0
    assert ledger.enter(call("1"), later) is Verdict.NEW
    assert ledger.enter(call("2", on=True), later) is Verdict.RUNNING


def test_the_book_is_bounded() -> None:
    """The oldest settled entries make room."""
    ledger = Ledger()
    for index in range(MAX_ENTRIES + 10):
        asked = call(str(index), index=index)
        assert ledger.enter(asked, 0.0) is Verdict.NEW
        ledger.answered(answer(asked))
    assert sum(ledger.answer(str(index)) is not None for index in range(MAX_ENTRIES + 10)) == MAX_ENTRIES
    assert ledger.answer("0") is None


def test_bottomless_arguments_do_no_harm() -> None:
    """Arguments nested beyond any function's are compared without following them."""
    deep: JsonValue = 1
    for _ in range(100_000):
        deep = [deep]
    assert Ledger().enter(call(deep=deep), 0.0) is Verdict.NEW


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.floats(0, 3)), max_size=30))
def test_each_wish_is_new_at_most_once_in_two_seconds(asked: list[tuple[int, int, float]]) -> None:
    """Whatever comes in whatever order, no id and no wish is carried out twice within the span."""
    ledger = Ledger()
    now = 0.0
    carried_out: list[tuple[str, str, float]] = []
    for call_id, wish, pause in asked:
        now += pause
        each = call(str(call_id), wish=wish)
        if ledger.enter(each, now) is Verdict.NEW:
            ledger.acted(each.id, now)
            ledger.answered(answer(each))
            carried_out.append((each.id, json.dumps(wish), now))
    assert len({call_id for call_id, _, _ in carried_out}) == len(carried_out)
    for one in {wish for _, wish, _ in carried_out}:
        times = [at for _, wish, at in carried_out if wish == one]
        assert all(later - at > DUPLICATE_WITHIN for at, later in itertools.pairwise(times))
