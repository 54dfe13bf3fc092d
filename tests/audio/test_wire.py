from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.wire import (
    Alive,
    Decoder,
    Failed,
    Flush,
    Frame,
    Gather,
    Mark,
    Message,
    Open,
    Opened,
    Play,
    Played,
    encode,
)
from hubd.errors import LocalProtocolError

POSITIONS = st.integers(0, 2**64 - 1)
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.builds(Open, st.text(), st.none() | st.integers(), st.none() | st.integers()),
    st.builds(Play, st.binary()),
    st.just(Flush()),
    st.builds(Mark, POSITIONS),
    st.builds(Gather, POSITIONS),
    st.builds(Opened, st.text(), st.integers(), st.integers()),
    st.builds(Failed, st.text(), st.text()),
    st.builds(Frame, st.binary(), st.floats(allow_nan=False), st.integers(0, 2**32 - 1)),
    st.just(Alive()),
    st.builds(Played, POSITIONS),
)


@given(st.lists(MESSAGES), st.integers(1, 50))
def test_messages_survive_the_socket(messages: list[Message], size: int) -> None:
    """Every message comes out as it went in, in order, however the bytes are cut."""
    data = b"".join(map(encode, messages))
    decoder = Decoder()
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert [message for piece in pieces for message in decoder.feed(piece)] == messages


@given(st.binary(min_size=5))
def test_noise_is_one_kind_of_error(noise: bytes) -> None:
    """What was never written is a message, an incomplete one, or a LocalProtocolError; never another error."""
    try:
        list(Decoder().feed(noise))
    except LocalProtocolError:
        return


@pytest.mark.parametrize(
    ("noise", "complaint"),
    [
        (b"\x63\0\0\0\0", "unknown message of kind 99"),
        (b"\x01\0\0\0\xff", "a message of"),
        (b"\x14\x01\0\0\0x", "broken message of kind 20"),
        (b"\x11\x02\0\0\0{}", "broken message of kind 17"),
    ],
)
def test_noise_is_named(noise: bytes, complaint: str) -> None:
    """A stream that lost its beat ends with what was wrong."""
    with pytest.raises(LocalProtocolError, match=complaint):
        list(Decoder().feed(noise))


def test_too_long_a_message_is_not_written() -> None:
    """What the other end would refuse is refused here."""
    with pytest.raises(LocalProtocolError, match="too long"):
        encode(Play(bytes(3_000_000)))
