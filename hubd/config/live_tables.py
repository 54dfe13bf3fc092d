"""The tables inside [live], checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, Field

from hubd.config.options import Flag, Line, Number, Pause, Whole, at_most, word_of
from hubd.config.suggestions import quoted
from hubd.devices.fields import Duration, Place, Table, complaint
from hubd.live.history import HistoryTurn, Role
from hubd.live.settings import Generation, SpeechDetection, Thinking, Transcription
from hubd.live.setup import EndSensitivity, MediaResolution, StartSensitivity, ThinkingLevel

_LONGEST = at_most(10)


def _check_language(code: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}", code, re.ASCII):
        raise complaint(f"found {quoted(code)}, allowed is the code of a language, such as de-DE or en-US")
    return code


class TranscriptionSettings(Table):
    """[live.transcription]: what comes as text as well. languages, vocabulary: hints about what people say."""

    input: Flag = True
    output: Flag = True
    languages: tuple[Annotated[str, AfterValidator(_check_language)], ...] = ()
    vocabulary: tuple[Annotated[Line, Field(min_length=1)], ...] = ()

    def wanted(self) -> Transcription:
        """Return the table as a session takes it."""
        return Transcription(self.input, self.output, self.languages, self.vocabulary)


class GenerationSettings(Table):
    """[live.generation]: how the model chooses its words; None for its own way (``live-protocol.md`` 3.1)."""

    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    top_k: Annotated[Whole, Field(ge=1, le=1000)] | None = None
    max_output_tokens: Annotated[Whole, Field(ge=1, le=65_536)] | None = None
    candidate_count: Annotated[Whole, Field(ge=1, le=8)] | None = None
    seed: Annotated[Whole, Field(ge=-(2**31), lt=2**31)] | None = None
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    media_resolution: Annotated[MediaResolution, word_of(MediaResolution)] | None = None

    def wanted(self) -> Generation:
        """Return the table as a session takes it."""
        return Generation(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            max_output_tokens=self.max_output_tokens,
            candidate_count=self.candidate_count,
            seed=self.seed,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            media_resolution=self.media_resolution,
        )


class ThinkingSettings(Table):
    """[live.thinking]: how the model thinks. budget: tokens, 0 for not at all, -1 for as it likes."""

    budget: Annotated[Whole, Field(ge=-1, le=32_768)] | None = None
    level: Annotated[ThinkingLevel, word_of(ThinkingLevel)] | None = None
    include_thoughts: Flag = False

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield whether the model is told twice how long to think."""
        if self.budget is not None and self.level is not None:
            yield ("level",), "found besides budget, keep one of them"

    def wanted(self) -> Thinking:
        """Return the table as a session takes it."""
        return Thinking(self.budget, self.level, self.include_thoughts)


class SpeechDetectionSettings(Table):
    """[live.speech_detection]: how the server finds the end of what people say; times in s (3.2)."""

    start_sensitivity: Annotated[StartSensitivity, word_of(StartSensitivity)] | None = None
    end_sensitivity: Annotated[EndSensitivity, word_of(EndSensitivity)] | None = None
    prefix_padding: Annotated[Pause, _LONGEST] | None = None
    silence: Annotated[Duration, _LONGEST] | None = None

    def wanted(self) -> SpeechDetection:
        """Return the table as a session takes it."""
        return SpeechDetection(
            self.start_sensitivity,
            self.end_sensitivity,
            _milliseconds(self.prefix_padding),
            _milliseconds(self.silence),
        )


class HistoryTurnSettings(Table):
    """One entry of live.history: what one side said before the session."""

    role: Annotated[Role, word_of(Role)]
    text: Annotated[str, Field(min_length=1, max_length=10_000)]

    def wanted(self) -> HistoryTurn:
        """Return the entry as a session takes it."""
        return HistoryTurn(self.role, self.text)


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)
