"""What one side says: text or media, in parts."""

from __future__ import annotations

from pydantic import Field

from hubd.live.wire import Bool, Bytes, Wire


class Blob(Wire):
    """Bytes with their type, such as ``audio/pcm;rate=16000``."""

    mime_type: str = ""
    data: Bytes = Field(default=b"", repr=False)


class Part(Wire):
    """A piece of text or of media."""

    text: str = ""
    thought: Bool = False
    inline_data: Blob | None = None


class Content(Wire):
    """What one side says: role is ``user`` or ``model``."""

    role: str = ""
    parts: tuple[Part, ...] = ()
