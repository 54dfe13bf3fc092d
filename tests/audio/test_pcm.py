from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hubd.audio.pcm import Chunker


@given(st.lists(st.binary(max_size=30)), st.integers(1, 9))
def test_chunks_are_whole_and_in_order(pieces: list[bytes], size: int) -> None:
    """However bytes come, chunks come out as soon as they are complete; one by one or in one piece."""
    one_by_one, in_one_piece = Chunker(size), Chunker(size)
    came, out = b"", b""
    for piece in pieces:
        chunks = list(one_by_one.push(piece))
        assert {len(chunk) for chunk in chunks} <= {size}
        assert in_one_piece.push_all(piece) == b"".join(chunks)
        came += piece
        out += b"".join(chunks)
        assert out == came[: len(came) - len(came) % size]
