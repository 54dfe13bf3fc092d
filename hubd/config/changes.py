"""Which changes of a configuration a running hub takes over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hubd.config.loading import Config

# What is opened, announced, or told apart by when the hub starts, by section. Everything else is taken over.
AT_START: Final[Mapping[str, tuple[str, ...]]] = {
    "hub": ("id", "state_dir"),
    "wake": ("engine",),
    "microphone": ("device", "rate", "channels"),
    "speaker": ("device", "rate", "channels"),
    "live": ("backend", "url"),
    "mqtt": ("host", "port", "tls", "ca_file", "username", "client_id", "keepalive"),
    "presence": ("enabled", "base_topic", "home_assistant", "discovery_prefix"),
    "timers": ("enabled",),
    "discovery": ("enabled",),
}
_WORDS: Final = "wake.words"


def waiting(started: Config, wanted: Config) -> tuple[str, ...]:
    """Return the options, as "mqtt.host", that are other than at the start, and stay so until the next one."""
    changed = [
        f"{section}.{option}"
        for section, options in AT_START.items()
        for option in options
        if getattr(getattr(started, section), option) != getattr(getattr(wanted, section), option)
    ]
    return (*([_WORDS] if _strangers(started, wanted) else []), *changed)


def in_force(started: Config, wanted: Config) -> Config:
    """Return the configuration with what waits as it was at the start.

    While a wake word waits for its model, those of the start go on: the hub must not become deaf.
    """
    sections = {
        section: getattr(wanted, section).model_copy(
            update={option: getattr(getattr(started, section), option) for option in options}
        )
        for section, options in AT_START.items()
    }
    if wanted.wake.engine is not started.wake.engine:
        # A threshold for one engine is none for another.
        return replace(wanted, **(sections | {"wake": started.wake}))
    words = {word.model: word for word in wanted.wake.words}
    loaded = {word.model: word for word in started.wake.words}
    kept = loaded | words if _strangers(started, wanted) else words
    known = tuple(word for model, word in kept.items() if model in loaded)
    sections["wake"] = sections["wake"].model_copy(update={"words": known})
    return replace(wanted, **sections)


def _strangers(started: Config, wanted: Config) -> bool:
    """Return whether there are wake words whose models are not loaded."""
    return not {word.model for word in wanted.wake.words} <= {word.model for word in started.wake.words}
