from __future__ import annotations

import pytest

from hubd.pace import Pace
from hubd.patience import Awaiting, Patience

PACE = Pace(follow_up=8, max_listening=15, answer_timeout=20, silence_timeout=30)


@pytest.mark.parametrize(
    ("awaiting", "seconds"),
    [(Awaiting.SPEECH, 15), (Awaiting.ITS_END, 15), (Awaiting.ANSWER, 20), (Awaiting.NUDGED, 20)],
)
def test_listening(awaiting: Awaiting, seconds: float) -> None:
    """Who waits for a person waits for max_listening, who waits for the model for answer_timeout."""
    patience = Patience(PACE)
    patience.awaiting = awaiting
    patience.listen(100.0, turn_running=False)
    assert patience.deadline == 100.0 + seconds


@pytest.mark.parametrize("awaiting", Awaiting)
def test_listening_within_a_turn(awaiting: Awaiting) -> None:
    """Once the model has begun, it may be silent for silence_timeout."""
    patience = Patience(PACE)
    patience.awaiting = awaiting
    patience.listen(100.0, turn_running=True)
    assert patience.deadline == 130.0


def test_acting() -> None:
    """Blocking calls have deadlines of their own; the conversation's is far behind."""
    patience = Patience(PACE)
    patience.act(100.0)
    assert patience.deadline == 160.0


@pytest.mark.parametrize(("generated", "seconds"), [(True, 3), (False, 30)])
def test_speaking(*, generated: bool, seconds: float) -> None:
    """After the last sound a turn that is generated ends within 3 s; another may go on."""
    patience = Patience(PACE)
    patience.speak(100.0, generated=generated)
    assert patience.deadline == 100.0 + seconds


@pytest.mark.parametrize(
    ("follow_up", "ending", "seconds"), [(8, False, 8), (8, True, 2), (0, False, 2), (0, True, 2), (1, False, 2)]
)
def test_following_up(follow_up: float, *, ending: bool, seconds: float) -> None:
    """The follow-up leaves time for a last word, and is no longer than that if the conversation is to end."""
    patience = Patience(Pace(follow_up=follow_up))
    patience.follow_up(100.0, calls_open=False, ending=ending)
    assert patience.deadline == 100.0 + seconds


def test_following_up_with_calls() -> None:
    """An open call is waited for, but the microphone is not left open for a device that takes minutes."""
    patience = Patience(PACE)
    patience.follow_up(100.0, calls_open=True, ending=True)
    assert patience.deadline == 160.0


def test_forever() -> None:
    """A deadline can be taken back."""
    patience = Patience(PACE)
    patience.act(100.0)
    patience.forever()
    assert patience.deadline is None


def test_answer_to_a_follow_up() -> None:
    """What was said after an answer gets the time of an answer, however short the follow-up is."""
    patience = Patience(Pace(follow_up=1))
    patience.awaiting = Awaiting.ANSWER
    patience.follow_up(100.0, calls_open=False, ending=False)
    assert patience.deadline == 108.0


@pytest.mark.parametrize(("calls_open", "deadline"), [(False, 115.0), (True, 160.0)])
def test_person_is_heard_out(*, calls_open: bool, deadline: float) -> None:
    """Speech after an answer has the time of a request; an open call has more."""
    patience = Patience(PACE)
    patience.hear_out(100.0, calls_open=calls_open)
    assert patience.deadline == deadline
