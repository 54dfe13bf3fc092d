from __future__ import annotations

from hubd.choice import Choice
from hubd.events import Backend

GEMINI, OFFLINE = Backend.GEMINI, Backend.OFFLINE


def fail(choice: Choice, now: float, *, wait: float = 0.0, fatal: bool = False) -> None:
    """Let Gemini fail."""
    choice.failed(GEMINI, now, wait=wait, fatal=fatal)


def test_preferred_first() -> None:
    """Both are there, Gemini first."""
    assert Choice((GEMINI, OFFLINE)).order(0.0) == (GEMINI, OFFLINE)


def test_one_that_failed_rests() -> None:
    """With another at hand it is left alone, longer each time up to 5 minutes, and then tried again."""
    choice, now, rests = Choice((GEMINI, OFFLINE)), 100.0, []
    for _ in range(6):
        fail(choice, now)
        rests.append(choice.rest(now))
        assert choice.order(now + rests[-1] - 0.1) == (OFFLINE,)
        now += rests[-1]
        assert choice.order(now) == (GEMINI, OFFLINE)
    assert rests == [30, 60, 120, 240, 300, 300]


def test_success_ends_it() -> None:
    """Once it was reached it is preferred at once, and the next failure is a first one."""
    choice = Choice((GEMINI, OFFLINE))
    fail(choice, 0.0)
    fail(choice, 30.0)
    choice.opened(GEMINI, 31.0)
    assert choice.order(31.0) == (GEMINI, OFFLINE)
    fail(choice, 100.0)
    assert choice.rest(100.0) == 30


def test_fatal_and_quota() -> None:
    """What a further attempt can't help, or not yet, keeps it away longer."""
    choice = Choice((GEMINI, OFFLINE))
    fail(choice, 0.0, fatal=True)
    assert choice.rest(0.0) == 300
    fail(choice, 0.0, wait=960.0)
    assert choice.rest(0.0) == 960


def test_quota_doubles() -> None:
    """Each refusal in a row doubles the time that it asks for, up to an hour; a session in between begins anew."""
    choice = Choice((GEMINI,))
    waits = [choice.failed(GEMINI, 0.0, wait=60.0, fatal=False) for _ in range(8)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3840, 3840]
    choice.opened(GEMINI, 0.0)
    assert choice.failed(GEMINI, 30.0, wait=60.0, fatal=False) == 60


def test_refused_after_the_beginning() -> None:
    """A session that is refused as soon as it is open makes the next refusal no first one; one that ended well does."""
    choice, waits = Choice((GEMINI,)), []
    for now in (0.0, 100.0, 300.0):
        choice.opened(GEMINI, now)
        waits.append(choice.failed(GEMINI, now + 1.0, wait=60.0, fatal=False))
    choice.opened(GEMINI, 1000.0)
    choice.opened(GEMINI, 1010.0)
    waits.append(choice.failed(GEMINI, 1011.0, wait=60.0, fatal=False))
    assert waits == [60, 120, 240, 60]


def test_only_one() -> None:
    """Who is alone is dialled whenever somebody talks, but for a time that it named itself."""
    choice = Choice((GEMINI,))
    fail(choice, 0.0, fatal=True)
    assert choice.order(0.0) == (GEMINI,)
    fail(choice, 0.0, wait=60.0)
    assert (choice.order(59.0), choice.order(60.0)) == ((), (GEMINI,))


def test_last_one_never_rests() -> None:
    """Where the last one fails, it is tried again the next time."""
    choice = Choice((GEMINI, OFFLINE))
    choice.failed(OFFLINE, 0.0, wait=0.0, fatal=True)
    assert choice.order(0.0) == (GEMINI, OFFLINE)


def test_barren_sessions() -> None:
    """Two sessions in a row that come to nothing are a refusal; one is not, nor any of the last server at hand."""
    choice = Choice((Backend.GEMINI, Backend.OFFLINE))
    assert not choice.ended(Backend.GEMINI, barren=True)
    assert not choice.ended(Backend.GEMINI, barren=False)
    assert not choice.ended(Backend.GEMINI, barren=True)
    assert choice.ended(Backend.GEMINI, barren=True)
    assert not any(choice.ended(Backend.OFFLINE, barren=True) for _ in range(3))
