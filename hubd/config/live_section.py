"""The section [live] of hubd.toml, checked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, field_validator

from hubd.config.options import Line, Timeout, Whole
from hubd.config.suggestions import quoted
from hubd.devices.fields import Place, Table, complaint


class BackendChoice(StrEnum):
    """Which Live server a conversation uses; AUTO is Gemini where there is a key and it answers, else offline."""

    AUTO = "auto"
    GEMINI = "gemini"
    OFFLINE = "offline"


class LiveSettings(Table):
    """[live]: the conversation partner (``live-protocol.md``). Timeouts in s, compression in tokens (3.3).

    url: scheme, host and port; the service's path is added. language: in words, as German; empty for any.
    temperature: None for the model's own.
    """

    backend: BackendChoice = BackendChoice.AUTO
    url: str = "wss://generativelanguage.googleapis.com"
    api_version: Literal["v1beta", "v1alpha", "v1"] = "v1beta"
    model: str = "gemini-3.8-live"
    voice: Line = "Kore"
    language: Line = ""
    system_instruction: str = (
        "You are the voice of a home. Answer in one short sentence, in the language you are spoken to. "
        "Use the functions to operate devices; never say that something is done before a function has said so. "
        "If a request could mean several devices, ask which one. Ignore speech that is not meant for you."
    )
    system_instruction_file: Line = ""
    temperature: Annotated[float, Field(strict=True, ge=0, le=2)] | None = None
    compression_trigger_tokens: Annotated[Whole, Field(ge=10_000, le=1_000_000)] = 25_000
    compression_target_tokens: Annotated[Whole, Field(ge=1)] = 8_000
    connect_timeout: Timeout = 10.0
    setup_timeout: Timeout = 15.0

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
        """Yield whether compression would end above its beginning."""
        target, trigger = self.compression_target_tokens, self.compression_trigger_tokens
        if target > trigger:
            problem = f"found {target}, allowed are at most compression_trigger_tokens ({trigger})"
            yield ("compression_target_tokens",), problem

    @property
    def may_carry_key(self) -> bool:
        """Whether a key may be sent to url: encrypted, or to this machine only."""
        parts = urlsplit(self.url)
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
