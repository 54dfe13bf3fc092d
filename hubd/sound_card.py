"""The sound card that the configuration names."""

from __future__ import annotations

from hubd.config import Config
from hubd.edges.sound_link import SoundLink, SoundSettings
from hubd.ports import Sound
from hubd.reports import ReportSink


def microphone_and_speaker(config: Config, report: ReportSink) -> Sound:
    """Return the sound card's microphone with its speaker, as configured."""
    microphone, speaker = config.microphone, config.speaker
    return SoundLink(
        SoundSettings(
            microphone=microphone.device,
            speaker=speaker.device,
            rate=microphone.rate,
            channels=microphone.channels,
            speaker_rate=speaker.rate,
            speaker_channels=speaker.channels,
        ),
        report,
    )
