from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.live.history import Role
from hubd.live.setup import ContextWindowCompression, SlidingWindow
from hubd.offline.memory import Conversation, Handles, Memory, Refusal, Resumed, tokens_of_sound, tokens_of_text

RULE = ContextWindowCompression(trigger_tokens=1000, sliding_window=SlidingWindow(target_tokens=300))


def ended(*, broken: bool = False) -> Conversation:
    """Return a conversation without a connection."""
    conversation = Conversation(lambda: True)
    conversation.end(0.0, broken=broken)
    return conversation


@given(st.lists(st.tuples(st.sampled_from(Role), st.integers(0, 400))))
def test_compression_cuts_at_a_user_turn(turns: list[tuple[Role, int]]) -> None:
    """Beyond the trigger the oldest goes, until the target is met, and what is left begins with the user."""
    memory = Memory()
    for role, tokens in turns:
        memory = memory.with_turn(role, tokens)
    left = memory.compressed(RULE)
    if memory.tokens <= 1000:
        assert left == memory
    else:
        assert left.tokens <= 300
        assert not left.turns or left.turns[0].role is Role.USER
        assert left.turns == memory.turns[len(memory.turns) - len(left.turns) :]


def test_without_a_rule_nothing_is_cut() -> None:
    """Compression is off unless the set-up switches it on."""
    memory = Memory().with_turn(Role.USER, 10**6)
    assert memory.compressed(None) == memory
    assert memory.compressed(ContextWindowCompression(sliding_window=SlidingWindow())).tokens == 0


def test_a_handle_resumes_what_it_was_issued_for() -> None:
    """Older handles stay usable; unknown ones resume nothing."""
    handles = Handles(iter(["one", "two"]).__next__)
    conversation = ended()
    first, second = Memory(), Memory().with_turn(Role.USER, 5)
    assert (handles.issue(conversation, first), handles.issue(conversation, second)) == ("one", "two")
    assert handles.resume("one", 0.0) == Resumed(conversation, first)
    assert handles.resume("two", 0.0) == Resumed(conversation, second)
    assert handles.resume("three", 0.0) is Refusal.UNKNOWN


def test_a_handle_is_refused_while_its_conversation_goes_on() -> None:
    """A second connection to one conversation is refused until the first is gone (``live-protocol.md`` 8.5)."""
    handles = Handles()
    conversation = Conversation(lambda: True)
    handle = handles.issue(conversation, Memory())
    assert handles.resume(handle, 0.0) is Refusal.IN_USE
    conversation.end(0.0, broken=False)
    assert isinstance(handles.resume(handle, 0.0), Resumed)


def test_a_handle_dies() -> None:
    """Two hours after the last connection ended, when told to, or when the conversation ended with 1007."""
    handles = Handles()
    handle = handles.issue(ended(), Memory())
    assert isinstance(handles.resume(handle, 7200.0), Resumed)
    assert handles.resume(handle, 7200.1) is Refusal.EXPIRED
    handles.expire()
    assert handles.resume(handle, 0.0) is Refusal.EXPIRED
    assert isinstance(handles.resume(handles.issue(ended(), Memory()), 0.0), Resumed)
    handles.forget()
    assert handles.resume(handle, 0.0) is Refusal.UNKNOWN
    assert handles.resume(handles.issue(ended(broken=True), Memory()), 0.0) is Refusal.BROKEN


def test_handles_do_not_pile_up() -> None:
    """The oldest of very many is forgotten."""
    handles = Handles()
    issued = [handles.issue(ended(), Memory()) for _ in range(1000)]
    assert handles.resume(issued[0], 0.0) is Refusal.UNKNOWN
    assert isinstance(handles.resume(issued[-1], 0.0), Resumed)


def test_tokens_are_counted_as_the_service_does() -> None:
    """25 a second of sound, one for four letters."""
    assert tokens_of_sound(2.0) == 50
    assert tokens_of_text("abcde") == 2
    assert tokens_of_text("") == 0
