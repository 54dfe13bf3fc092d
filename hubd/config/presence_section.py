"""[presence]: the hub itself on MQTT."""

from __future__ import annotations

import datetime as dt

from hubd.config.options import Flag, HoursOfDay
from hubd.devices.fields import Table, Topic


class PresenceSettings(Table):
    """[presence] (``design.md`` 8). enabled: whether the hub publishes anything about itself, or takes commands.

    base_topic: what stands before the hub's id in its topics. home_assistant: whether the hub announces itself under
    discovery_prefix. commands: whether it takes commands; may_unmute: whether one of them may open a muted microphone.
    quiet_hours: local times of day between which none of them has anything said aloud that can wait.
    """

    enabled: Flag = True
    base_topic: Topic = "hubd"
    home_assistant: Flag = True
    discovery_prefix: Topic = "homeassistant"
    commands: Flag = True
    may_unmute: Flag = False
    quiet_hours: HoursOfDay | None = None

    def quiet_at(self, local: dt.time) -> bool:
        """Return whether these are quiet hours."""
        return self.quiet_hours is not None and self.quiet_hours.hold(local)
