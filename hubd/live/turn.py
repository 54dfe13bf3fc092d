"""The model's turn: serverContent into events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from hubd.audio.pcm import DOWNLINK_RATE, SAMPLE_BYTES
from hubd.errors import RemoteProtocolError
from hubd.events import (
    Event,
    GenerationComplete,
    HeardText,
    Interrupted,
    ModelAudio,
    Next,
    SaidText,
    Shown,
    TurnComplete,
)
from hubd.exhibits import Program, ProgramResult, Source, Sources
from hubd.live.content import Blob, Content, Part
from hubd.live.messages import GroundingMetadata, ServerContent, UrlContextMetadata

# Without a rate it is what the service sends today (``live-protocol.md`` 10).
_PCM: Final = re.compile(r"audio/(?:pcm|l16)(?:\s*;\s*[a-z]+=[\w.+-]*)*", re.IGNORECASE | re.ASCII)
_RATE: Final = re.compile(r";\s*rate=([0-9]{1,9})", re.IGNORECASE)
_RATES: Final = range(8_000, 48_001)
# What a program has drawn: a voice hub has no screen.
_PICTURE: Final = "image/"
_WORKS_ON: Final = "IN_PROGRESS"
_OK: Final = "OUTCOME_OK"
_RETRIEVED: Final = "URL_RETRIEVAL_STATUS_SUCCESS"


class Phase(Enum):
    """Where the model's turn is: between two turns, running, or cut with its rest still to come."""

    IDLE = auto()
    RUNNING = auto()
    CUT = auto()


class Turn:
    """Follows the model's turns over one connection.

    as_text: the model answers in text, not in sound (``live-protocol.md`` 3.1).
    """

    def __init__(self, *, as_text: bool = False) -> None:
        self._as_text = as_text
        self._phase = Phase.IDLE
        self._half_sample = b""

    def events(self, content: ServerContent, interaction_status: str = "") -> Iterator[Event]:
        """Yield what the content says: interruption, transcripts, sound, what is to be read, ends.

        The order is that of ``live-protocol.md`` 7.1. From an interruption to its turnComplete what the model says is
        void, so it is left out. Thoughts and pictures are left out too, and so is text beside sound: what is spoken
        comes as transcript. interaction_status: of the frame itself, where some models have it.
        Raises RemoteProtocolError for sound that is not PCM.
        """
        if content.interrupted:
            # After turnComplete it is about sound still being played, and no turn is left to cut (section 8.3).
            self._phase = Phase.CUT if self._phase is Phase.RUNNING else self._phase
            self._half_sample = b""
            yield Interrupted()
        if (heard := content.input_transcription) is not None and (heard.text or heard.finished):
            yield HeardText(heard.text, heard.finished)
        if not content.interrupted and self._phase is not Phase.CUT:
            yield from self._spoken(content)
        if content.generation_complete:
            yield GenerationComplete()
        if content.turn_complete:
            self._phase = Phase.IDLE
            self._half_sample = b""
            works_on = _WORKS_ON in (content.interaction_status, interaction_status)
            yield TurnComplete(Next.MODEL if works_on else Next.PERSON)

    def _spoken(self, content: ServerContent) -> Iterator[Event]:
        said, turn = content.output_transcription, content.model_turn
        if said is not None or turn is not None:
            self._phase = Phase.RUNNING
        if said is not None and said.text:
            yield SaidText(said.text)
        if turn is not None:
            yield from self._parts(turn)
        if sources := _sources(content.grounding_metadata, content.url_context_metadata):
            yield Shown(Sources(sources))

    def _parts(self, turn: Content) -> Iterator[Event]:
        for part in turn.parts:
            if part.thought:
                continue
            if self._as_text and part.text:
                yield SaidText(part.text)
            if part.inline_data is not None and (sound := self._sound(part.inline_data)) is not None:
                yield sound
            yield from _program(part)

    def _sound(self, blob: Blob) -> ModelAudio | None:
        if blob.mime_type.startswith(_PICTURE):
            return None
        rate = _rate(blob.mime_type)
        pcm = self._half_sample + blob.data
        whole = len(pcm) - len(pcm) % SAMPLE_BYTES
        self._half_sample = pcm[whole:]
        return ModelAudio(pcm[:whole], rate) if whole else None


def _program(part: Part) -> Iterator[Event]:
    if (code := part.executable_code) is not None and code.code:
        yield Shown(Program(code.language.lower(), code.code))
    if (result := part.code_execution_result) is not None:
        yield Shown(ProgramResult(ok=result.outcome == _OK, output=result.output))


def _sources(found: GroundingMetadata | None, fetched: UrlContextMetadata | None) -> tuple[Source, ...]:
    """Return the pages that were used, each once."""
    if found is None and fetched is None:
        return ()
    chunks = found.grounding_chunks if found is not None else ()
    pages = fetched.url_metadata if fetched is not None else ()
    sources = [Source(chunk.web.title, chunk.web.uri) for chunk in chunks if chunk.web is not None and chunk.web.uri]
    sources += [
        Source("", page.retrieved_url)
        for page in pages
        if page.retrieved_url and page.url_retrieval_status in {"", _RETRIEVED}
    ]
    return tuple(dict.fromkeys(sources))


@lru_cache(maxsize=4)
def _rate(mime_type: str) -> int:
    if _PCM.fullmatch(mime_type) is None:
        raise RemoteProtocolError("the server sent sound that is not PCM")
    match = _RATE.search(mime_type)
    rate = int(match[1]) if match else DOWNLINK_RATE
    if rate not in _RATES:
        raise RemoteProtocolError(f"the server sent sound at {rate} Hz")
    return rate
