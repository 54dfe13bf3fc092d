"""Channels: where one property of a device is set, where it is reported, in which words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from hubd.devices.fields import Table, Topic

Words = Mapping[str, str]


class Channel(Table):
    """One property of a device that has topics of its own.

    command_topic: what sets it. state_topic: where it is reported. scale: what 100 percent are there.
    payloads: hub's word → what is sent for it. states: hub's word → what is reported for it (the payloads if left out).
    """

    command_topic: Topic | None = None
    state_topic: Topic | None = None
    scale: Annotated[StrictInt, Field(ge=1, le=65535)] | None = None
    payloads: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    states: dict[StrictStr, StrictStr] = Field(default_factory=dict)
