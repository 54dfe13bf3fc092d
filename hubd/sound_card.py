"""The sound card that the configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hubd.config import Config
from hubd.edges.sound_link import NONE, SoundLink, SoundSettings
from hubd.ports import Sound
from hubd.reports import ReportSink


def microphone_and_speaker(config: Config, report: ReportSink) -> Sound:
    """Return the sound card's microphone with its speaker, as configured."""
    return SoundLink(_settings(config), report)


def microphone_alone(config: Config, report: ReportSink, environment: Mapping[str, str]) -> Sound:
    """Return the microphone, as configured, for whoever plays nothing; environment: of its process."""
    return SoundLink(replace(_settings(config), speaker=NONE), report, environment=environment)


def _settings(config: Config) -> SoundSettings:
    microphone, speaker = config.microphone, config.speaker
    return SoundSettings(
        microphone=microphone.device,
        speaker=speaker.device,
        rate=microphone.rate,
        channels=microphone.channels,
        speaker_rate=speaker.rate,
        speaker_channels=speaker.channels,
    )
