"""[presence]: the hub itself on MQTT."""

from __future__ import annotations

from hubd.config.options import Flag
from hubd.devices.fields import Table, Topic


class PresenceSettings(Table):
    """[presence] (``design.md`` 8). enabled: whether the hub publishes anything about itself, or takes commands.

    base_topic: what stands before the hub's id in its topics. home_assistant: whether the hub announces itself under
    discovery_prefix. commands: whether it takes commands; may_unmute: whether one of them may open a muted microphone.
    """

    enabled: Flag = True
    base_topic: Topic = "hubd"
    home_assistant: Flag = True
    discovery_prefix: Topic = "homeassistant"
    commands: Flag = True
    may_unmute: Flag = False
