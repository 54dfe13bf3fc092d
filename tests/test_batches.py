from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.batches import LONGEST_TOGETHER, WINDOW, Batches
from hubd.events import Answer, AnswerKind, Call, CallStatus, Scheduling


def answer(call_id: str, kind: AnswerKind = AnswerKind.OUTCOME) -> Answer:
    """Return an answer to a call."""
    return Answer(Call(call_id, "f"), CallStatus.DONE, Scheduling.SILENT, {}, kind)


def test_a_single_call_waits_for_nothing() -> None:
    """Its answer is due at once, and returned once."""
    batches = Batches(together=False)
    batches.ask(("a",), 0.0)
    assert batches.take(1.0) == ()
    batches.ready(answer("a"), 1.0)
    assert batches.deadline == 1.0
    assert batches.take(1.0) == ((answer("a"),),)
    assert batches.take(1.0) == ()
    assert batches.deadline is None


def test_answers_within_the_window_go_together() -> None:
    """The first of a frame waits 20 ms for the others, and no longer."""
    batches = Batches(together=False)
    batches.ask(("a", "b", "c"), 0.0)
    batches.ready(answer("a"), 1.0)
    batches.ready(answer("b"), 1.01)
    assert batches.take(1.01) == ()
    assert batches.deadline == 1.0 + WINDOW
    assert batches.take(1.0 + WINDOW) == ((answer("a"), answer("b")),)
    batches.ready(answer("c"), 2.0)
    assert batches.take(2.0) == ((answer("c"),),)


def test_all_of_a_frame_where_the_model_hears_one_frame_only() -> None:
    """The last answer sends them all; a first answer stands for its call."""
    batches = Batches(together=True)
    batches.ask(("a", "b", "c"), 0.0)
    batches.ready(answer("a"), 0.1)
    batches.ready(answer("b", AnswerKind.FIRST), 2.0)
    assert batches.take(4.9) == ()
    batches.ready(answer("c"), 4.9)
    assert [len(batch) for batch in batches.take(4.9)] == [3]
    batches.ready(answer("b"), 60.0)
    assert batches.take(60.0) == ((answer("b"),),)


def test_it_is_kept_waiting_for_five_seconds_at_most() -> None:
    """Then what is ready goes, and the rest as it comes."""
    batches = Batches(together=True)
    batches.ask(("a", "b", "c"), 10.0)
    batches.ready(answer("a"), 11.0)
    assert batches.deadline == 10.0 + LONGEST_TOGETHER
    assert [len(batch) for batch in batches.take(15.0)] == [1]
    batches.ready(answer("b"), 20.0)
    assert [len(batch) for batch in batches.take(20.0)] == [1]


def test_frames_are_kept_apart() -> None:
    """Calls of two frames don't wait for each other."""
    batches = Batches(together=True)
    batches.ask(("a",), 0.0)
    batches.ask(("b", "c"), 0.0)
    batches.ready(answer("a"), 1.0)
    batches.ready(answer("b"), 1.0)
    assert batches.take(1.0) == ((answer("a"),),)


def test_a_call_that_will_not_be_answered_is_not_waited_for() -> None:
    """What the others have to say goes at once."""
    batches = Batches(together=True)
    batches.ask(("a", "b"), 0.0)
    batches.ready(answer("a"), 1.0)
    batches.drop("b", 1.5)
    batches.drop("unknown", 1.5)
    assert batches.take(1.5) == ((answer("a"),),)


def test_an_afterword_does_not_overtake_the_answer() -> None:
    """While the answer is held back for others of its frame, so is what became known after it."""
    batches = Batches(together=True)
    batches.ask(("a", "b"), 0.0)
    batches.ready(answer("a"), 1.0)
    batches.ready(answer("a", AnswerKind.AFTERWORD), 2.0)
    assert batches.take(2.0) == ()
    batches.ready(answer("b"), 3.0)
    (batch,) = batches.take(3.0)
    assert [each.kind.name for each in batch] == ["OUTCOME", "AFTERWORD", "OUTCOME"]


def test_what_nobody_asked_here_waits_for_nothing() -> None:
    """An afterword to a call that is closed is due at once."""
    batches = Batches(together=True)
    batches.ready(answer("a", AnswerKind.AFTERWORD), 1.0)
    assert batches.take(1.0) == ((answer("a", AnswerKind.AFTERWORD),),)


@given(
    together=st.booleans(),
    frames=st.lists(st.integers(0, 4), max_size=5),
    order=st.randoms(use_true_random=False),
    pauses=st.lists(st.floats(0, 10), min_size=40, max_size=40),
)
def test_every_answer_leaves_once(*, together: bool, frames: list[int], order: object, pauses: list[float]) -> None:
    """Whatever is asked, answered, dropped in whatever order: each answer goes out once, at its deadline."""
    batches, now, steps = Batches(together=together), 0.0, iter(pauses)
    names = [[f"{frame}.{number}" for number in range(size)] for frame, size in enumerate(frames)]
    for frame in names:
        batches.ask(frame, now)
    waiting = [name for frame in names for name in frame]
    order.shuffle(waiting)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    left: list[str] = []
    for position, name in enumerate(waiting):
        now += next(steps)
        left += [each.call.id for batch in batches.take(now) for each in batch]
        if position % 5 == 4:
            batches.drop(name, now)
        else:
            batches.ready(answer(name), now)
    while (deadline := batches.deadline) is not None:
        now = max(now, deadline)
        left += [each.call.id for batch in batches.take(now) for each in batch]
    assert sorted(left) == sorted(name for position, name in enumerate(waiting) if position % 5 != 4)
