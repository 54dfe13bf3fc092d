from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.live.setup import ContextWindowCompression, SlidingWindow
from hubd.offline.memory import Handles, Memory, tokens_of_sound, tokens_of_text

RULE = ContextWindowCompression(trigger_tokens=1000, sliding_window=SlidingWindow(target_tokens=300))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 400))))
def test_compression_cuts_at_a_user_turn(turns: list[tuple[bool, int]]) -> None:
    """Beyond the trigger the oldest goes, until the target is met, and what is left begins with the user."""
    memory = Memory()
    for user, tokens in turns:
        memory = memory.with_turn(user=user, tokens=tokens)
    left = memory.compressed(RULE)
    if memory.tokens <= 1000:
        assert left == memory
    else:
        assert left.tokens <= 300
        assert not left.turns or left.turns[0].user
        assert left.turns == memory.turns[len(memory.turns) - len(left.turns) :]


def test_without_a_rule_nothing_is_cut() -> None:
    """Compression is off unless the set-up switches it on."""
    memory = Memory().with_turn(user=True, tokens=10**6)
    assert memory.compressed(None) == memory
    assert memory.compressed(ContextWindowCompression(sliding_window=SlidingWindow())).tokens == 0


def test_a_handle_resumes_what_it_was_issued_for() -> None:
    """Older handles stay usable; unknown ones resume nothing."""
    handles = Handles(iter(["one", "two"]).__next__)
    first, second = Memory(), Memory().with_turn(user=True, tokens=5)
    assert (handles.issue(first), handles.issue(second)) == ("one", "two")
    assert handles.resume("one") == first
    assert handles.resume("two") == second
    assert handles.resume("three") is None


def test_handles_do_not_pile_up() -> None:
    """The oldest of very many is forgotten."""
    handles = Handles()
    issued = [handles.issue(Memory()) for _ in range(1000)]
    assert handles.resume(issued[0]) is None
    assert handles.resume(issued[-1]) is not None


def test_tokens_are_counted_as_the_service_does() -> None:
    """25 a second of sound, one for four letters."""
    assert tokens_of_sound(2.0) == 50
    assert tokens_of_text("abcde") == 2
    assert tokens_of_text("") == 0
