from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.control import MOST_COMPLAINTS, Reply, Request, Wish, refused
from hubd.errors import Complaint, HubdError


def test_what_is_written_can_be_read() -> None:
    """A request and a reply are one line each, and come back as they were, whatever their texts hold."""
    reply = refused([Complaint("hubd.toml", "hub.name", "a\nb", 3), Complaint("x", "", "y")])
    reply = reply.model_copy(update={"waiting": ("mqtt.host",)})
    for message in (Request(wish=Wish.RELOAD), Reply(), reply):
        line = message.to_line()
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert type(message).read(line) == message


@given(st.binary(max_size=200).filter(lambda line: not line.strip().startswith(b"{")))
def test_anything_else_is_an_error_of_ours(line: bytes) -> None:
    """Random bytes are not understood, and not repeated."""
    for kind in (Request, Reply):
        with pytest.raises(HubdError, match="what came over the control socket can't be understood"):
            kind.read(line)


@pytest.mark.parametrize("line", [b"{}", b'{"wish": "stop"}', b'{"wish": "reload", "more": 1}', b"[]", b"\xff"])
def test_an_unknown_wish_is_refused(line: bytes) -> None:
    """There is one wish, and it takes nothing."""
    with pytest.raises(HubdError):
        Request.read(line)


def test_a_thousand_mistakes_are_told_in_part() -> None:
    """The first mistakes come whole, all are counted, and the sentence names the first."""
    reply = refused([Complaint("f", "k", "wrong", number) for number in range(1, 1001)])
    assert len(reply.complaints) == MOST_COMPLAINTS
    assert reply.count == 1000
    assert reply.problem == "f:1: k: wrong, and 999 more"
    assert refused([Complaint("f", "", "wrong")]).problem == "f: wrong"
