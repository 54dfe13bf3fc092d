"""Message ↔ JSON text, for either end."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Sequence
from typing import Any, Final, TypeVar

import pydantic_core
from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from hubd.audio.pcm import UPLINK_RATE
from hubd.errors import RemoteProtocolError
from hubd.live.messages import ClientMessage, ServerMessage

_Message = TypeVar("_Message", ClientMessage, ServerMessage)

_SOUND_BEGINS: Final = f'{{"realtimeInput":{{"audio":{{"mimeType":"audio/pcm;rate={UPLINK_RATE}","data":"'
_SOUND_ENDS: Final = '"}}}'


def encode(message: ClientMessage | ServerMessage) -> str:
    """Return the message as one line of JSON: camelCase, without what is at its default (``live-protocol.md`` 2).

    Half a surrogate pair, which JSON can't hold, is replaced by U+FFFD.
    """
    try:
        return message.model_dump_json(by_alias=True, exclude_defaults=True)
    except pydantic_core.PydanticSerializationError:
        body = message.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        return _replace_surrogates(json.dumps(body, ensure_ascii=False, separators=(",", ":")))


def encode_sound(pcm: bytes) -> str:
    """Return what encode() makes of sound at 16 kHz, in a fifth of the time: of these frames there are 25 a second."""
    return f"{_SOUND_BEGINS}{base64.b64encode(pcm).decode('ascii')}{_SOUND_ENDS}"


def _replace_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decode_server(frame: str | bytes) -> ServerMessage:
    """Return what a server frame says; names that are not known are ignored.

    Raises RemoteProtocolError, and nothing else, for a frame that can't be read. Its text quotes no value of the frame.
    """
    return _decode(ServerMessage, frame, lenient=True)


def decode_client(frame: str | bytes) -> ClientMessage:
    """Return what a client frame says, as strictly as the service reads it (``live-protocol.md`` 2, rules 3 to 9).

    Raises RemoteProtocolError, and nothing else; its text is the reason that the service closes with (code 1007).
    """
    return _decode(ClientMessage, frame, lenient=False)


def _decode(kind: type[_Message], frame: str | bytes, *, lenient: bool) -> _Message:
    try:
        data: Any = pydantic_core.from_json(frame.encode() if isinstance(frame, str) else frame, allow_inf_nan=False)
    except ValueError:
        # The parser's own words may quote the frame.
        raise RemoteProtocolError("Invalid JSON payload received.") from None
    try:
        return kind.model_validate(data, extra="ignore" if lenient else "forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        raise RemoteProtocolError(_wording(first)) from None


_WORDS: Final = {
    "tuple_type": "a list is wanted",
    "dict_type": "an object is wanted",
    "model_type": "an object is wanted",
    "missing": "this field is required",
}


def _wording(fault: ErrorDetails) -> str:
    problem = _WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    match fault:
        case {"type": "extra_forbidden", "loc": (*parents, name)}:
            where = f" at '{_path(parents)}'" if parents else ""
            return f'Invalid JSON payload received. Unknown name "{_printable(name)}"{where}: Cannot find field.'
        case {"loc": ()}:
            return f"Invalid JSON payload received. {problem}"
        case _:
            return f"Invalid value at '{_path(fault['loc'])}': {problem}"


def _path(location: Sequence[int | str]) -> str:
    """Write a place as the service does: ``setup.tools[0].function_declarations[1]``."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{to_snake(_printable(part))}" for part in location]
    return "".join(parts).removeprefix(".")


def _printable(name: int | str) -> str:
    """Return a name from the frame cut to what may stand in a log line."""
    return re.sub("[^ -~]", "?", str(name)[:64])
