"""The sections of hubd.toml, checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from hubd.allowance import IN_ALL, PER_DEVICE
from hubd.config.options import Flag, Line, Pause, Timeout, Whole, at_most
from hubd.config.suggestions import quoted
from hubd.devices.catalog import fold
from hubd.devices.fields import HUB_ID, Duration, Name, Place, Table, complaint
from hubd.tools import BLOCKING_TIMEOUT

# What stands in place of a folder for nothing to be kept, in place of a device for none.
NO_STATE = NO_DEVICE = "none"


class HubSettings(Table):
    """[hub]: who this hub is. id names it on MQTT; room is where it hears; name is what automations show.

    floors: the name of each → its rooms, as the devices name them.
    state_dir: the folder for what survives a restart; empty for the usual one, "none" for no such thing.
    """

    id: str = "hub"
    name: Line = ""
    room: Line = ""
    floors: dict[Name, Annotated[tuple[Name, ...], Field(min_length=1)]] | None = None
    state_dir: Line = ""

    @field_validator("id")
    @classmethod
    def _check_id(cls, text: str) -> str:
        if not HUB_ID.fullmatch(text):
            raise complaint(f"found {quoted(text)}, allowed are 1 to 64 of the characters a-z, 0-9, _ and -")
        return text

    @field_validator("state_dir")
    @classmethod
    def _check_state_dir(cls, text: str) -> str:
        if text not in {"", NO_STATE} and not PurePath(text).is_absolute():
            raise complaint(f'found {quoted(text)}, allowed is a path from / on, or "{NO_STATE}"')
        return text

    def contradictions(self) -> Iterator[tuple[Place, str]]:
        """Yield every room that is on a floor before."""
        seen: dict[str, str] = {}
        for floor, rooms in (self.floors or {}).items():
            for position, room in enumerate(rooms):
                if (first := seen.setdefault(fold(room), floor)) != floor or room in rooms[:position]:
                    problem = f"{quoted(room)} is on the floor {quoted(first)} already, keep one"
                    yield ("floors", floor, position), problem

    def state_folder(self, environment: Mapping[str, str]) -> Path | None:
        """Return where to keep what survives a restart: state_dir, else $STATE_DIRECTORY (systemd), else at home.

        None if it is to be kept in memory only, or if there is no home.
        """
        if self.state_dir:
            return None if self.state_dir == NO_STATE else Path(self.state_dir)
        if given := environment.get("STATE_DIRECTORY", "").partition(":")[0]:
            return Path(given)
        if home := environment.get("XDG_STATE_HOME") or environment.get("HOME"):
            return Path(home) / ("hubd" if environment.get("XDG_STATE_HOME") else ".local/state/hubd")
        return None


class _DeviceSettings(Table):
    """One end of a sound card. device: its name or part of it; empty for the system's default, "none" for none.

    rate (Hz) and channels: how to open it, where the card's own choice is wrong.
    """

    device: Line = ""
    rate: Annotated[Whole, Field(ge=8000, le=192_000)] | None = None
    channels: Annotated[Whole, Field(ge=1, le=32)] | None = None

    @property
    def off(self) -> bool:
        """Whether it is not to be opened."""
        return self.device.casefold() == NO_DEVICE


class MicrophoneSettings(_DeviceSettings):
    """[microphone]."""


class SpeakerSettings(_DeviceSettings):
    """[speaker]. volume: percent."""

    volume: Annotated[Whole, Field(ge=0, le=100)] = 80


class BargeInChoice(StrEnum):
    """What may cut the hub short while it speaks (``design.md`` 5)."""

    WAKE_WORD = "wake-word"
    SPEECH = "speech"
    OFF = "off"


class TurnEnd(StrEnum):
    """Who finds the end of what a person says (``live-protocol.md`` 3.2)."""

    SERVER = "server"
    LOCAL = "local"


class ConversationSettings(Table):
    """[conversation]: its pace, all in s (``design.md`` 5). follow_up: 0 closes after every answer.

    blocking_timeout: how long it waits for a BLOCKING function before the model hears that nothing came of it.
    """

    chime: Flag = True
    barge_in: BargeInChoice = BargeInChoice.WAKE_WORD
    follow_up: Pause = 8.0
    turn_end: TurnEnd = TurnEnd.SERVER
    max_listening: Timeout = 15.0
    answer_timeout: Timeout = 20.0
    silence_timeout: Timeout = 30.0
    blocking_timeout: Annotated[Duration, at_most(60)] = BLOCKING_TIMEOUT


class MqttSettings(Table):
    """[mqtt]: the broker (``mqtt-devices.md`` 4). keepalive in s; an empty client_id means hubd-<hub id>."""

    host: str = "localhost"
    port: Annotated[Whole, Field(ge=1, le=65535)] = 1883
    tls: Flag = False
    ca_file: Line = ""
    username: Line = ""
    client_id: str = ""
    keepalive: Annotated[Duration, at_most(65535), Field(ge=1)] = 30.0

    @model_validator(mode="before")
    @classmethod
    def _choose_port(cls, table: object) -> object:
        if isinstance(table, dict) and table.get("tls") is True:
            return {"port": 8883, **table}
        return table

    @field_validator("host")
    @classmethod
    def _check_host(cls, host: str) -> str:
        # The text is not repeated: it may be a URL with a password in it.
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,253}|[0-9A-Fa-f:.]{2,45}(%[A-Za-z0-9_.-]+)?", host, re.ASCII):
            raise complaint(
                "found no host name, allowed is a name or an address without mqtt://, user, password or port"
            )
        return host

    @field_validator("client_id")
    @classmethod
    def _check_client_id(cls, text: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", text, re.ASCII):
            raise complaint(f"found {quoted(text)}, allowed are up to 64 letters, digits, _ and -")
        return text


class PrivacySettings(Table):
    """[privacy]. publish_transcripts: whether what was said goes to MQTT and the journal (``design.md`` 8)."""

    publish_transcripts: Flag = False


class LimitsSettings(Table):
    """[limits]: what the model may do at most. allow, deny: patterns with * (``site.py``).

    messages_per_second, messages_per_device: how many go out in any second, in all, to one device.
    """

    allow: tuple[Annotated[Line, Field(min_length=1)], ...] = ()
    deny: tuple[Annotated[Line, Field(min_length=1)], ...] = ()
    messages_per_second: Annotated[Whole, Field(ge=5, le=1000)] = IN_ALL
    messages_per_device: Annotated[Whole, Field(ge=5, le=100)] = PER_DEVICE


class DeviceDefaults(Table):
    """[devices]: what holds for every device that says nothing else. valid_for: s until a command is withdrawn."""

    valid_for: Timeout = 5.0
