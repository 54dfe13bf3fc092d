"""The messages that the hub exchanges with a sound process, as bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import ClassVar

from hubd.errors import LocalProtocolError

_HEADER = struct.Struct("<BI")
_STAMP = struct.Struct("<dI")
_POSITION = struct.Struct("<Q")
# 60 s of 24 kHz mono: no message is longer, so a longer one is a stream that lost its beat.
_LONGEST = 60 * 24_000 * 2


# From the hub


@dataclass(frozen=True, slots=True)
class Open:
    """Open the device; always the first message. rate, channels: the only ones to try, or None for the best."""

    kind: ClassVar[int] = 1
    name: str
    rate: int | None = None
    channels: int | None = None


@dataclass(frozen=True, slots=True)
class Play:
    """Samples for the speaker: 24 kHz signed 16-bit mono."""

    kind: ClassVar[int] = 2
    pcm: bytes


@dataclass(frozen=True, slots=True)
class Flush:
    """Drop what has not been played yet."""

    kind: ClassVar[int] = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """Say when all that was sent before this has been played; position is the hub's own count."""

    kind: ClassVar[int] = 4
    position: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Bring sound as ``ports.Microphone.gather`` says."""

    kind: ClassVar[int] = 5
    first_ms: int


# From a sound process


@dataclass(frozen=True, slots=True)
class Opened:
    """The device is open; rate and channels are the card's."""

    kind: ClassVar[int] = 16
    name: str
    rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The device can't be opened, or was lost; always the last message."""

    kind: ClassVar[int] = 17
    problem: str
    advice: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Sound of the microphone, as ``ports.MicrophoneFrame`` describes it."""

    kind: ClassVar[int] = 18
    pcm: bytes
    captured: float
    lost_ms: int


@dataclass(frozen=True, slots=True)
class Alive:
    """The speaker's card still asks for samples."""

    kind: ClassVar[int] = 19


@dataclass(frozen=True, slots=True)
class Played:
    """All that was sent before the mark of this position has been played or flushed."""

    kind: ClassVar[int] = 20
    position: int


Message = Open | Play | Flush | Mark | Gather | Opened | Failed | Frame | Alive | Played


def encode(message: Message) -> bytes:
    """Return a message as it goes over the socket."""
    match message:
        case Play(pcm=pcm):
            body = pcm
        case Frame(pcm=pcm, captured=captured, lost_ms=lost_ms):
            body = _STAMP.pack(captured, min(lost_ms, 0xFFFF_FFFF)) + pcm
        case Mark(position=position) | Played(position=position):
            body = _POSITION.pack(position)
        case Gather(first_ms=first_ms):
            body = _POSITION.pack(first_ms)
        case Flush() | Alive():
            body = b""
        case Open() | Opened() | Failed():
            body = json.dumps(asdict(message)).encode()
    if len(body) > _LONGEST:
        raise LocalProtocolError(f"a message of {len(body)} bytes is too long for a sound process")
    return _HEADER.pack(message.kind, len(body)) + body


class Decoder:
    """Cuts the bytes of one direction into messages; raises LocalProtocolError for what encode() never wrote."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Take the next bytes; yield every message that is complete now."""
        self._rest += data
        at = 0
        try:
            while len(self._rest) - at >= _HEADER.size:
                kind, size = _HEADER.unpack_from(self._rest, at)
                if size > _LONGEST:
                    raise LocalProtocolError(f"a message of {size} bytes from a sound process")
                end = at + _HEADER.size + size
                if len(self._rest) < end:
                    return
                body = bytes(memoryview(self._rest)[at + _HEADER.size : end])
                at = end
                yield _decode(kind, body)
        finally:
            del self._rest[:at]


def _frame(body: bytes) -> Frame:
    captured, lost_ms = _STAMP.unpack_from(body)
    return Frame(body[_STAMP.size :], captured, lost_ms)


_DECODERS: Mapping[int, Callable[[bytes], Message]] = MappingProxyType(
    {
        Open.kind: lambda body: Open(**json.loads(body)),
        Play.kind: Play,
        Flush.kind: lambda _body: Flush(),
        Mark.kind: lambda body: Mark(*_POSITION.unpack(body)),
        Gather.kind: lambda body: Gather(*_POSITION.unpack(body)),
        Opened.kind: lambda body: Opened(**json.loads(body)),
        Failed.kind: lambda body: Failed(**json.loads(body)),
        Frame.kind: _frame,
        Alive.kind: lambda _body: Alive(),
        Played.kind: lambda body: Played(*_POSITION.unpack(body)),
    }
)


def _decode(kind: int, body: bytes) -> Message:
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise LocalProtocolError(f"an unknown message of kind {kind} from a sound process")
    try:
        return decoder(body)
    except (struct.error, ValueError, TypeError) as error:
        raise LocalProtocolError(f"a broken message of kind {kind} from a sound process") from error
