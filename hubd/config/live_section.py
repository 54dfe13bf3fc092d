"""The section [live] of hubd.toml, checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, field_validator

from hubd.budget import WhenSpent
from hubd.config.live_rules import refusals
from hubd.config.live_tables import (
    GenerationSettings,
    HistoryTurnSettings,
    SpeechDetectionSettings,
    ThinkingSettings,
    TranscriptionSettings,
)
from hubd.config.options import Flag, Line, Timeout, Whole, word_of
from hubd.config.suggestions import quoted
from hubd.devices.fields import Place, Table, complaint
from hubd.live.models import Option
from hubd.live.settings import SessionSettings
from hubd.live.setup import ActivityHandling, Modality, TurnCoverage


class BackendChoice(StrEnum):
    """Which Live server a conversation uses; AUTO is Gemini where there is a key and it answers, else offline."""

    AUTO = "auto"
    GEMINI = "gemini"
    OFFLINE = "offline"


class LiveSettings(Table):
    """[live]: the conversation partner (``live-protocol.md``). Timeouts in s, compression in tokens (3.3).

    url: scheme, host and port; the service's path is added. model_takes: options that the model takes whatever hubd
    knows about it. language: in words, as German; empty for any. daily_token_budget: 0 for none. head_start: whether a
    connection is opened before the wake word is certain. None: the model's own way.
    """

    backend: BackendChoice = BackendChoice.AUTO
    url: str = "wss://generativelanguage.googleapis.com"
    api_version: Literal["v1beta", "v1alpha", "v1"] = "v1beta"
    model: str = "gemini-3.8-live"
    model_takes: tuple[Option, ...] = ()
    voice: Line = "Kore"
    language: Line = ""
    modality: Annotated[Modality, word_of((Modality.AUDIO, Modality.TEXT))] = Modality.AUDIO
    system_instruction: str = (
        "You are the voice of a home. Answer in one short sentence, in the language you are spoken to. "
        "Use the functions to operate devices; never say that something is done before a function has said so, "
        "and never read out data, only what it means. "
        "If a request could mean several devices, ask which one. Ignore speech that is not meant for you."
    )
    system_instruction_file: Line = ""
    affective_dialog: Flag = False
    proactive_audio: Flag | None = None
    google_search: Flag = False
    code_execution: Flag = False
    url_context: Flag = False
    activity_handling: Annotated[ActivityHandling, word_of(ActivityHandling)] | None = None
    turn_coverage: Annotated[TurnCoverage, word_of(TurnCoverage)] | None = None
    session_resumption: Flag = True
    compression: Flag = True
    compression_trigger_tokens: Annotated[Whole, Field(ge=10_000, le=1_000_000)] = 25_000
    compression_target_tokens: Annotated[Whole, Field(ge=1)] = 8_000
    history: tuple[HistoryTurnSettings, ...] = ()
    daily_token_budget: Annotated[Whole, Field(ge=0, le=1_000_000_000)] = 0
    when_budget_is_spent: WhenSpent = WhenSpent.WARN
    connect_timeout: Timeout = 10.0
    setup_timeout: Timeout = 15.0
    head_start: Flag = True
    transcription: TranscriptionSettings = Field(default_factory=TranscriptionSettings)
    generation: GenerationSettings = Field(default_factory=GenerationSettings)
    thinking: ThinkingSettings = Field(default_factory=ThinkingSettings)
    speech_detection: SpeechDetectionSettings = Field(default_factory=SpeechDetectionSettings)

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: str) -> str:
        if problem := _url_problem(url):
            raise complaint(problem)
        return url.rstrip("/")

    @field_validator("model")
    @classmethod
    def _check_model(cls, model: str) -> str:
        if not re.fullmatch(r"[a-zA-Z0-9._-]{1,100}", model.removeprefix("models/"), re.ASCII):
            raise complaint(f"found {quoted(model)}, allowed is the id of a Live model, such as gemini-3.8-live")
        return model.removeprefix("models/")

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield whether compression would end above its beginning, with what the model refuses."""
        target, trigger = self.compression_target_tokens, self.compression_trigger_tokens
        if target > trigger:
            problem = f"found {target}, allowed are at most compression_trigger_tokens ({trigger})"
            yield ("compression_target_tokens",), problem
        if self.when_budget_is_spent is WhenSpent.OFFLINE and self.backend is BackendChoice.GEMINI:
            problem = 'found "offline", which needs backend = "auto": with "gemini" the offline server never answers'
            yield ("when_budget_is_spent",), problem
        yield from refusals(self.model, self.api_version, self.asked())

    def asked(self) -> Mapping[Option, object]:
        """Return what is asked for beyond the common options, but for what model_takes names."""
        values: dict[Option, object] = {}
        for option in Option:
            *table, name = option.split(".")
            value = getattr(getattr(self, table[0]) if table else self, name)
            # No proactive audio is a wish as well: some models can't do without.
            nothing = value is None or value == () or (value is False and option is not Option.PROACTIVE_AUDIO)
            if not nothing and value is not Modality.AUDIO and option not in self.model_takes:
                values[option] = value
        return values

    def session(self, *, manual_activity: bool) -> SessionSettings:
        """Return how a session is to be; manual_activity: we mark where the user's speech begins and ends."""
        return SessionSettings(
            model=self.model,
            model_takes=frozenset(self.model_takes),
            system_instruction=self.system_instruction,
            voice=self.voice,
            language=self.language,
            modality=self.modality,
            generation=self.generation.wanted(),
            thinking=self.thinking.wanted(),
            transcription=self.transcription.wanted(),
            affective_dialog=self.affective_dialog,
            proactive_audio=self.proactive_audio,
            google_search=self.google_search,
            code_execution=self.code_execution,
            url_context=self.url_context,
            manual_activity=manual_activity,
            speech_detection=self.speech_detection.wanted(),
            activity_handling=self.activity_handling,
            turn_coverage=self.turn_coverage,
            compression=self.compression,
            trigger_tokens=self.compression_trigger_tokens,
            target_tokens=self.compression_target_tokens,
            session_resumption=self.session_resumption,
            history=tuple(turn.wanted() for turn in self.history),
        )

    @property
    def may_carry_key(self) -> bool:
        """Whether a key may be sent to url."""
        return may_carry_key(self.url)


def may_carry_key(url: str) -> bool:
    """Return whether a key may be sent to this URL: encrypted, or to this machine only."""
    parts = urlsplit(url)
    return parts.scheme == "wss" or _is_loopback(parts.hostname or "")


def _url_problem(url: str) -> str | None:
    """Return what is wrong with a base URL, or None; never repeats it, for it may hold a key."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "found a URL with a faulty host or port, allowed is wss://HOST or wss://HOST:PORT"
    if "@" in parts.netloc or parts.query or parts.fragment:
        return (
            "found a URL with something that could be a key; keys never go into the configuration: "
            "put the key into the file /etc/hubd/credentials/api_key, write only wss://HOST here"
        )
    return _base_url_problem(url, parts)


def _base_url_problem(url: str, parts: SplitResult) -> str | None:
    if parts.scheme not in ("ws", "wss"):
        hint = f"; did you mean wss://{parts.netloc}?" if parts.scheme in ("http", "https") and parts.netloc else ""
        return f"found no WebSocket URL, allowed is one that begins with wss:// or ws://{hint}"
    if not parts.hostname or not url.isprintable() or " " in url:
        return "found a URL without a proper host, allowed is wss://HOST or wss://HOST:PORT"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
