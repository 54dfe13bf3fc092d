"""TOML → Config; every complaint names file, line, key."""

from hubd.config.live_section import BackendChoice, LiveSettings
from hubd.config.loading import Config, find, load
from hubd.config.overrides import at_server
from hubd.config.overview import describe, notices
from hubd.config.presence_section import PresenceSettings
from hubd.config.sections import (
    BargeInChoice,
    ConversationSettings,
    HubSettings,
    LimitsSettings,
    MicrophoneSettings,
    MqttSettings,
    PrivacySettings,
    SpeakerSettings,
    TurnEnd,
)
from hubd.config.wake_section import WakeSettings, WakeWordSettings

__all__ = [
    "BackendChoice",
    "BargeInChoice",
    "Config",
    "ConversationSettings",
    "HubSettings",
    "LimitsSettings",
    "LiveSettings",
    "MicrophoneSettings",
    "MqttSettings",
    "PresenceSettings",
    "PrivacySettings",
    "SpeakerSettings",
    "TurnEnd",
    "WakeSettings",
    "WakeWordSettings",
    "at_server",
    "describe",
    "find",
    "load",
    "notices",
]
