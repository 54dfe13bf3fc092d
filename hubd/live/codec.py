"""Message ↔ JSON text, for either end."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from typing import Final, TypeVar

from pydantic_core import from_json

from hubd.audio.pcm import UPLINK_RATE
from hubd.errors import RemoteProtocolError
from hubd.live.message import Wire
from hubd.live.messages import ClientMessage, ServerMessage
from hubd.live.wire import Strangers, UnreadableError

_Message = TypeVar("_Message", ClientMessage, ServerMessage)

_SOUND_BEGINS: Final = f'{{"realtimeInput":{{"audio":{{"mimeType":"audio/pcm;rate={UPLINK_RATE}","data":"'
_SOUND_ENDS: Final = '"}}}'


def encode(message: Wire) -> str:
    """Return the message as one line of JSON: camelCase, without what is at its default (``live-protocol.md`` 2).

    Half a surrogate pair, which JSON can't hold, is replaced by U+FFFD.
    """
    text = message.to_text()
    return text if text.isascii() else _replace_surrogates(text)


def encode_sound(pcm: bytes) -> str:
    """Return what encode() makes of sound at 16 kHz, in a fifth of the time: of these frames there are 25 a second."""
    return f"{_SOUND_BEGINS}{base64.b64encode(pcm).decode('ascii')}{_SOUND_ENDS}"


def _replace_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decode_server(frame: str | bytes) -> ServerMessage:
    """Return what a server frame says; names that are not known are ignored.

    Raises RemoteProtocolError, and nothing else, for a frame that can't be read. Its text quotes no value of the frame.
    """
    return _decode(ServerMessage, frame, Strangers.PASSED_OVER)


def decode_client(frame: str | bytes) -> ClientMessage:
    """Return what a client frame says, as strictly as the service reads it (``live-protocol.md`` 2, rules 3 to 9).

    Raises RemoteProtocolError, and nothing else; its text is the reason that the service closes with (code 1007).
    """
    return _decode(ClientMessage, frame, Strangers.REFUSED)


def _decode(kind: type[_Message], frame: str | bytes, strangers: Strangers) -> _Message:
    try:
        data: object = from_json(frame.encode() if isinstance(frame, str) else frame, allow_inf_nan=False)
    except ValueError:
        # The parser's own words may quote the frame.
        raise RemoteProtocolError("Invalid JSON payload received.") from None
    try:
        return kind.read(data, strangers)
    except UnreadableError as fault:
        raise RemoteProtocolError(_wording(fault)) from None


def _wording(fault: UnreadableError) -> str:
    where = _path(fault.place)
    if fault.stranger is not None:
        place = f" at '{where}'" if where else ""
        return f'Invalid JSON payload received. Unknown name "{_printable(fault.stranger)}"{place}: {fault.problem}'
    return (
        f"Invalid value at '{where}': {fault.problem}" if where else f"Invalid JSON payload received. {fault.problem}"
    )


def _path(place: Sequence[int | str]) -> str:
    """Write a place as the service does: ``setup.tools[0].function_declarations[1]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{_printable(part)}" for part in reversed(place)]
    return "".join(parts).removeprefix(".")


def _printable(name: int | str) -> str:
    """Return a name from the frame cut to what may stand in a log line."""
    return re.sub("[^ -~]", "?", str(name)[:64])
