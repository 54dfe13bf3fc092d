"""What the model sends, with what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import Final

from hubd.audio.pcm import DOWNLINK_RATE, bytes_of, milliseconds_of
from hubd.live.content import Blob, Content, Part
from hubd.live.history import Role
from hubd.live.messages import (
    ModalityTokenCount,
    ServerContent,
    ServerMessage,
    SessionResumptionUpdate,
    Transcription,
    UsageMetadata,
)
from hubd.live.setup import ContextWindowCompression
from hubd.offline.effects import Effect, Send
from hubd.offline.memory import Memory, tokens_of_sound

_PIECE: Final = bytes_of(200, DOWNLINK_RATE)
_MIME_TYPE: Final = f"audio/pcm;rate={DOWNLINK_RATE}"


@dataclass(frozen=True, slots=True)
class Rules:
    """What the set-up asks for.

    issue: makes a handle of the conversation so far, or None if the client wants none. compression: when the memory is
    cut. interruptible: whether the user may cut the model short. hear, transcribe: whether what the user says, what the
    model says, goes out as text. fixed: what the system instruction costs, tokens.
    """

    issue: Callable[[Memory], str] | None = None
    compression: ContextWindowCompression | None = None
    interruptible: bool = True
    hear: bool = False
    transcribe: bool = False
    fixed: int = 0


class _Shown(Enum):
    """What of the model's turn has been shown: nothing yet, that it is at work, words as well."""

    NOTHING = auto()
    WORK = auto()
    WORDS = auto()


class Output:
    """Frames of the model's turns, into the outbox in order; memory is the conversation so far."""

    def __init__(self, outbox: list[Effect], memory: Memory, rules: Rules) -> None:
        self.memory = memory
        self._outbox = outbox
        self._rules = rules
        self._shown = _Shown.NOTHING
        self._tokens = 0  # of the speech that was sent in this turn

    def remember(self, role: Role, tokens: int, text: str = "") -> None:
        """Take that something was said."""
        if role is Role.USER:
            self.memory = self.memory.compressed(self._rules.compression, fixed=self._rules.fixed)
        self.memory = self.memory.with_turn(role, tokens, text)

    def message(self, message: ServerMessage) -> None:
        """Send a message."""
        self._outbox.append(Send(message))

    def content(self, content: ServerContent) -> None:
        """Send what the model says."""
        self.message(ServerMessage(server_content=content))

    def heard(self, text: str) -> None:
        """Send what the user said, if the client wants to know."""
        if self._rules.hear:
            self.content(ServerContent(input_transcription=Transcription(text=text, finished=True)))

    def generating(self) -> None:
        """Show that the model is at work; from here the session can't be resumed (``live-protocol.md`` 2, 9)."""
        if self._shown is _Shown.NOTHING:
            self._shown = _Shown.WORK
            self.offer_handle(resumable=False)
            self.message(ServerMessage())

    def words(self, text: str) -> None:
        """Send the words of what is spoken, if the client wants to know."""
        if text := self._fragment(text):
            self.content(ServerContent(output_transcription=Transcription(text=text)))

    def sound(self, pcm: bytes, text: str = "") -> float:
        """Send speech at once, much faster than it plays; return how long it plays, s.

        text: its words, if they have not been sent; they are spread over the sound, a piece of both in one frame.
        """
        starts = range(0, len(pcm), _PIECE)
        fragments = _fragments(self._fragment(text), len(starts))
        for start, fragment in zip(starts, fragments, strict=True):
            blob = Blob(mime_type=_MIME_TYPE, data=pcm[start : start + _PIECE])
            transcription = Transcription(text=fragment) if fragment else None
            turn = Content(role="model", parts=(Part(inline_data=blob),))
            self.content(ServerContent(model_turn=turn, output_transcription=transcription))
        seconds = milliseconds_of(len(pcm), DOWNLINK_RATE) / 1000
        self._tokens += tokens_of_sound(seconds)
        return seconds

    def complete(self, *, resumable: bool, lost: bool) -> None:
        """End the model's turn: what was sent of it is remembered, whether it was heard or not.

        resumable: whether the session can be resumed from here. lost: nothing is said about it, only remembered.
        """
        prompt = self._rules.fixed + self.memory.tokens
        usage = UsageMetadata(
            prompt_token_count=prompt,
            response_token_count=self._tokens,
            total_token_count=prompt + self._tokens,
            response_tokens_details=(ModalityTokenCount(modality="AUDIO", token_count=self._tokens),)
            if self._tokens
            else (),
        )
        self.remember(Role.MODEL, self._tokens)
        self._tokens = 0
        self._shown = _Shown.NOTHING
        if not lost:
            self.message(ServerMessage(server_content=ServerContent(turn_complete=True), usage_metadata=usage))
            self.offer_handle(resumable=resumable)

    def offer_handle(self, *, resumable: bool = True) -> None:
        """Send a handle from which the conversation so far can be resumed, or that it can't; if the client asked."""
        if self._rules.issue is not None:
            update = SessionResumptionUpdate()
            if resumable:
                update = SessionResumptionUpdate(new_handle=self._rules.issue(self.memory), resumable=True)
            self.message(ServerMessage(session_resumption_update=update))

    def _fragment(self, text: str) -> str:
        """Return the text as it continues the words of the turn, empty for a client that wants none."""
        if not text or not self._rules.transcribe:
            return ""
        lead, self._shown = " " if self._shown is _Shown.WORDS else "", _Shown.WORDS
        return lead + text


def _fragments(text: str, count: int) -> list[str]:
    """Cut a text into so many pieces at its spaces, which lead (``live-protocol.md`` 7.1); some may be empty."""
    words = [word if not at else f" {word}" for at, word in enumerate(text.split(" "))]
    cuts = [len(words) * piece // count for piece in range(count + 1)] if count else []
    return ["".join(words[start:end]) for start, end in pairwise(cuts)]
