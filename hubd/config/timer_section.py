"""[timers]: what rings when its time is over."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hubd.config.options import Flag, Timeout, Whole
from hubd.devices.fields import Table
from hubd.timers import MOST


class TimerSettings(Table):
    """[timers]. enabled: whether the model may set any. most: how many at once. ring_for: how long one rings, s.

    stop_word: whether the hub listens for "stop", without a wake word and without the network, while one rings.
    """

    enabled: Flag = True
    most: Annotated[Whole, Field(ge=1, le=100)] = MOST
    ring_for: Timeout = 60.0
    stop_word: Flag = True
