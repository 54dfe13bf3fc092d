"""Messages of Protocol Buffers as the list of their fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_VARINT, _LENGTH = 0, 2
# Ten bytes of seven bits hold 64.
_LONGEST_VARINT: Final = 10
_MORE: Final = 1 << 7
_SIGN: Final = 1 << 63


class MessageError(ValueError):
    """The bytes are no message, or one that is cut short."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: its number, what it holds, all its bytes as they are written.

    value: an int (signed, 64 bits) if it is written as a varint, else bytes: a text, a message, packed numbers.
    """

    number: int
    value: int | bytes
    written: bytes

    @property
    def content(self) -> bytes:
        """What it holds; raises MessageError for a number."""
        if isinstance(self.value, int):
            raise MessageError(f"field {self.number} holds a number")
        return self.value

    @property
    def integer(self) -> int:
        """The number it holds; raises MessageError for anything else."""
        if isinstance(self.value, bytes):
            raise MessageError(f"field {self.number} holds no number")
        return self.value

    @property
    def text(self) -> str:
        """The text it holds; raises MessageError for anything else."""
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise MessageError(f"field {self.number} holds no text") from error

    @property
    def integers(self) -> tuple[int, ...]:
        """The numbers that it holds, packed or alone: repeated numbers come in either form."""
        return tuple(_varints(self.value)) if isinstance(self.value, bytes) else (self.value,)


def field(number: int, value: int | str | bytes) -> Field:
    """Return a new field; value: a number, a text, or a message."""
    if isinstance(value, int):
        return Field(number, value, _written(number << 3 | _VARINT) + _written(value))
    content = value.encode() if isinstance(value, str) else value
    return Field(number, content, _written(number << 3 | _LENGTH) + _written(len(content)) + content)


def message(fields: Iterable[Field]) -> bytes:
    """Return the message with these fields."""
    return b"".join(each.written for each in fields)


def fields_of(content: bytes) -> Iterator[Field]:
    """Yield the fields of a message in their order; raises MessageError for what is none."""
    start = 0
    while start < len(content):
        key, at = _varint(content, start)
        match key & 7:
            case 0:
                value, end = _varint(content, at)
                yield Field(key >> 3, value - (value & _SIGN) * 2, content[start:end])
                start = end
                continue
            case 1:
                length = 8
            case 2:
                length, at = _varint(content, at)
            case 5:
                length = 4
            case other:
                raise MessageError(f"there are no fields of type {other}")
        end = at + length
        if end > len(content):
            raise MessageError("it is cut short")
        yield Field(key >> 3, content[at:end], content[start:end])
        start = end


def _varint(content: bytes, at: int) -> tuple[int, int]:
    """Return the unsigned number that starts there, with where it ends."""
    value = 0
    for place, byte in enumerate(content[at : at + _LONGEST_VARINT]):
        value |= byte % _MORE << 7 * place
        if byte < _MORE:
            return value, at + place + 1
    raise MessageError("it is cut short")


def _varints(content: bytes) -> Iterator[int]:
    at = 0
    while at < len(content):
        value, at = _varint(content, at)
        yield value - (value & _SIGN) * 2


def _written(value: int) -> bytes:
    """Return a number as a varint, a negative one as its two's complement."""
    rest = value % (1 << 64)
    written = bytearray()
    while rest >= _MORE:
        written.append(rest % _MORE | _MORE)
        rest >>= 7
    written.append(rest)
    return bytes(written)
