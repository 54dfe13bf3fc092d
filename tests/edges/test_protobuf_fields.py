from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubd.edges.protobuf_fields import Field, MessageError, field, fields_of, message

NUMBERS = st.integers(1, 2**29 - 1)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
FIELDS = st.builds(field, NUMBERS, st.one_of(INTEGERS, st.text(), st.binary()))


@given(st.lists(FIELDS))
def test_what_is_written_is_read(fields: list[Field]) -> None:
    """Every message is read as the fields that it was made of, to the byte."""
    assert list(fields_of(message(fields))) == fields


@given(st.lists(INTEGERS, min_size=1))
def test_packed_numbers(numbers: list[int]) -> None:
    """Repeated numbers are read alike, packed into one field or written one by one."""
    alone = [field(8, number) for number in numbers]
    packed = field(8, b"".join(each.written[1:] for each in alone))
    assert packed.integers == tuple(number for each in alone for number in each.integers) == tuple(numbers)


def test_numbers_of_fixed_length_are_kept() -> None:
    """Fields of four and of eight bytes are kept as they are written."""
    written = bytes([1 << 3 | 5, 1, 2, 3, 4, 2 << 3 | 1, 1, 2, 3, 4, 5, 6, 7, 8, 3 << 3, 7])
    read = list(fields_of(written))
    assert [(each.number, each.value) for each in read] == [(1, b"\1\2\3\4"), (2, b"\1\2\3\4\5\6\7\x08"), (3, 7)]
    assert message(read) == written


@given(FIELDS, st.data())
def test_cut_short(one: Field, data: st.DataObject) -> None:
    """A field of which the end is missing is an error, wherever it is cut."""
    length = data.draw(st.integers(1, len(one.written) - 1))
    with pytest.raises(MessageError, match="cut short"):
        list(fields_of(one.written[:length]))


@given(st.binary())
def test_any_bytes(content: bytes) -> None:
    """Whatever the bytes are, they are fields or a MessageError."""
    with contextlib.suppress(MessageError):
        assert message(fields_of(content)) == content


def test_no_such_type() -> None:
    """A field of a type that there is not is an error."""
    with pytest.raises(MessageError, match="of type 3"):
        list(fields_of(b"\x0b"))


def test_of_another_kind() -> None:
    """A field asked for what it does not hold says so."""
    for ask in (lambda: field(1, 2).content, lambda: field(1, b"2").integer, lambda: field(1, b"\xff").text):
        with pytest.raises(MessageError, match="field 1 holds"):
            ask()
