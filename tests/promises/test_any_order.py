"""Server messages, speech, outcomes, disconnections in any order: nothing twice, nothing unanswered, no dead end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hubd.bridge import Bridge
from hubd.events import Answer, CallStatus
from hubd.ledger import Ledger
from hubd.news import News
from hubd.notices import Notices
from hubd.open_calls import OpenCalls
from hubd.patience import Patience
from hubd.stages.line import Line
from hubd.states import State
from tests.promises.blank import Blank
from tests.promises.chaos import WAKE, Move, What
from tests.promises.trial import MANNERS, Manner, play

RUNS = 2000
PLANTED_RUNS = 2000
PAUSES = (0.0, 0.0, 0.0, 0.05, 0.3, 0.3, 1.0, 1.0, 2.5, 6.0, 15.0, 40.0)
# What leads somewhere is to come more often than what puts an end to it.
OFTEN = (
    *(What.CALL, What.PARALLEL_CALLS, What.CALL, What.REPORT, What.AUDIO, What.COMPLETE, What.CANCEL, What.HANDLE),
    *(What.WAKE, What.SPEECH_BEGINS, What.SPEECH_ENDS, What.END, What.GO_AWAY),
)
MOVES = st.builds(
    Move,
    st.sampled_from(PAUSES),
    st.sampled_from((*What, *OFTEN, *OFTEN, *OFTEN)),
    st.integers(min_value=0, max_value=6),
)
LISTS = st.lists(MOVES, min_size=8, max_size=24).map(lambda moves: [WAKE, *moves])


def in_any_order(check: Callable[[list[Move], Manner], None], runs: int, *, planted: bool = False) -> None:
    """Let check() look at so many lists of moves; a list that fails is made as short as it can be, and shown.

    planted: whether a list that fails is what is wanted, the first one, the same each time.
    """
    setting = settings(
        max_examples=runs,
        phases=[Phase.generate] if planted else [Phase.reuse, Phase.generate, Phase.shrink],
        derandomize=planted,
        database=None if planted else settings().database,
        suppress_health_check=list(HealthCheck),
        print_blob=not planted,
    )
    setting(given(LISTS, st.sampled_from(MANNERS))(check))()


@pytest.mark.timeout(600)
def test_in_any_order(tell: Callable[[str], None]) -> None:
    """No call is published twice or left without an answer, no state is without an exit, no outcome goes untold."""
    runs, kinds = Counter[Manner](), Counter[What]()

    def check(moves: list[Move], manner: Manner) -> None:
        runs[manner] += 1
        kinds.update(move.what for move in moves)
        assert play(moves, manner) == []

    in_any_order(check, RUNS)
    tell(f"any order: {runs.total()} runs of {kinds.total()} moves, 0 violations")
    assert runs.total() >= RUNS
    assert set(kinds) == set(What)
    assert set(runs) == set(MANNERS)


def complaints(because: str, ledger: Callable[[], Ledger] = Ledger) -> list[str]:
    """Return the first complaint of this kind that some runs lead to."""
    found: list[str] = []

    def check(moves: list[Move], manner: Manner) -> None:
        found[:] = [each for each in play(moves, manner, ledger()) if because in each]
        assert not found

    with contextlib.suppress(AssertionError):  # what was found is returned
        in_any_order(check, PLANTED_RUNS, planted=True)
    return found


def test_without_a_ledger() -> None:
    """With the ledger switched off a command is published twice."""
    assert complaints("was published 2 times", Blank)


def test_without_answers_about_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a line that keeps failures to itself a call is left without an answer."""
    respond = Line.respond

    def respond_if_done(line: Line, answers: Sequence[Answer]) -> None:
        respond(line, [answer for answer in answers if answer.status is not CallStatus.FAILED])

    monkeypatch.setattr(Line, "respond", respond_if_done)
    assert complaints("left without an answer")


def test_without_news(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing carried over to the next connection an outcome goes untold."""
    monkeypatch.setattr(News, "waiting", ())
    assert complaints("nobody was told")


def test_without_a_word_about_the_past(monkeypatch: pytest.MonkeyPatch) -> None:
    """With outcomes of calls that are void or of the past left for another day, one is kept back."""
    moves = [Move(0.0, What.CALL, 0), Move(0.3, What.CANCEL), Move(0.3, What.COMPLETE), Move(1.0, What.REPORT, 0)]
    in_the_pause = [WAKE, *moves, Move(0.3, What.NO_HANDLE), Move(2.5, What.NO_HANDLE)]
    assert play(in_the_pause, MANNERS[0]) == []
    monkeypatch.setattr(OpenCalls, "strange", lambda _calls, _answers: False)
    assert any("is kept back" in complaint for complaint in play(in_the_pause, MANNERS[0]))


def test_without_knowledge(monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing learned from automations the model never knows what they told."""
    moves = [Move(0.3, What.TOLD, which) for which in range(3)]
    assert play(moves, MANNERS[0]) == []
    monkeypatch.setattr(News, "learn", lambda _news, _facts, _now, sent: None)
    assert any("was never told" in complaint for complaint in play(moves, MANNERS[0]))


def test_without_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a question forgotten that nobody answers, who asked waits for ever."""
    moves = [Move(0.3, What.ASK), Move(40.0, What.LISTEN)]
    assert play(moves, MANNERS[0]) == []
    monkeypatch.setattr(Notices, "closed", lambda _notices, _status, _reason: ())
    assert any("wishes were" in complaint for complaint in play(moves, MANNERS[0]))


def test_without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no deadline for the model's answer the hub listens for ever."""
    monkeypatch.setattr(Patience, "listen", lambda _patience, _now, turn_running: None)
    assert complaints(f"stays {State.LISTENING}")


def test_without_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """With no bound to the connections that a conversation may try, or to its patience, it dials on and on."""
    monkeypatch.setattr(Bridge, "passable", lambda _bridge, _state: True)
    monkeypatch.setattr(Bridge, "despair", lambda _bridge: True)
    assert complaints("it dialled")
