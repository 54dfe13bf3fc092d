"""[discovery]: devices that announce themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from hubd.config.options import Flag, Line
from hubd.config.suggestions import quoted
from hubd.devices.discovery import Rules
from hubd.devices.fields import Duration, Name, Place, Table, Topic
from hubd.devices.functions import OutcomeScheduling
from hubd.events import Behavior


class DiscoveredDeviceSettings(Table):
    """One entry of discovery.device: what holds for a device that announces itself.

    unique_id: as `hubd devices` or the message has it; the message's topic for a device without one. The others: as
    for a [[device]].
    """

    unique_id: Annotated[Line, Field(min_length=1)]
    name: Name | None = None
    aliases: tuple[Name, ...] = ()
    room: Name | None = None
    within: Annotated[Duration, Field(le=600)] | None = None
    valid_for: Annotated[Duration, Field(le=600)] | None = None
    scheduling: OutcomeScheduling | None = None
    behavior: Behavior | None = None
    first_answer_after: Annotated[Duration, Field(le=600)] | None = None
    confirm: Flag | None = None
    only_in: tuple[Line, ...] = ()

    def given(self) -> dict[str, object]:
        """Return the options that are set."""
        return {name: getattr(self, name) for name in self.model_fields_set if name != "unique_id"}


class DiscoverySettings(Table):
    """[discovery]. enabled: whether devices that announce themselves are taken.

    prefix: of Home Assistant's discovery topics. bridges: base topics of Zigbee2MQTT. include, exclude: patterns with *
    for a topic, a unique id, a name, a component such as light, an area; without any to include everything is.
    """

    enabled: Flag = False
    prefix: Topic = "homeassistant"
    bridges: tuple[Topic, ...] = ("zigbee2mqtt",)
    include: tuple[Line, ...] = ()
    exclude: tuple[Line, ...] = ()
    device: tuple[DiscoveredDeviceSettings, ...] = ()

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield every device that is there before."""
        ids = [each.unique_id for each in self.device]
        for position, unique_id in enumerate(ids):
            if unique_id in ids[:position]:
                yield ("device", position, "unique_id"), f"{quoted(unique_id)} is there twice, keep one"

    def rules(self) -> Rules:
        """Return what to look for."""
        return Rules(
            prefix=self.prefix,
            bridges=self.bridges,
            include=self.include,
            exclude=self.exclude,
            given={each.unique_id: each.given() for each in self.device},
        )
