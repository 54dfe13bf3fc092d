"""[presence], with what the hub on MQTT is made of."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from hubd.config import describe
from hubd.fittings import commands_of, presence_of, tree_of, will_of
from hubd.mqtt.settings import LastWill
from hubd.mqtt.tree import Tree
from hubd.reports import HeardReport
from hubd.stages.tell import Commands
from tests.config.reading import mistaken, read


def test_the_hub_is_on_mqtt_unless_it_is_not_to_be(tmp_path: Path) -> None:
    """With its last will, for Home Assistant too; each of them can be switched off, and the summary says so."""
    usual = read(tmp_path, '[hub]\nid = "kitchen"')
    assert tree_of(usual) == Tree("hubd", "kitchen", "homeassistant")
    assert will_of(usual) == LastWill("hubd/kitchen/availability", b"offline")
    assert "the hub on MQTT" not in describe(usual)
    off = read(tmp_path, "[presence]\nenabled = false")
    assert will_of(off) is None
    assert "the hub on MQTT, commands by MQTT" in describe(off)


def test_its_topics_may_stand_elsewhere(tmp_path: Path) -> None:
    """Base topic and discovery prefix are free; without Home Assistant there is no prefix."""
    text = '[presence]\nbase_topic = "home/voice"\ndiscovery_prefix = "ha"\n'
    assert tree_of(read(tmp_path, text)) == Tree("home/voice", "hub", "ha")
    assert tree_of(read(tmp_path, text + "home_assistant = false")) == Tree("home/voice", "hub")


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("", Commands.ALL_BUT_UNMUTE),
        ("may_unmute = true", Commands.ALL),
        ("commands = false", Commands.NONE),
        ("commands = false\nmay_unmute = true", Commands.NONE),
    ],
)
def test_a_mute_is_not_lifted_by_default(tmp_path: Path, text: str, commands: Commands) -> None:
    """Privacy is the default; who wants no commands gets none."""
    assert commands_of(read(tmp_path, f"[presence]\n{text}").presence) is commands


def test_quiet_hours_may_be_set(tmp_path: Path) -> None:
    """As an automation's hours, over midnight too; there are none unless they are set."""
    late, noon = dt.time(23), dt.time(12)
    assert not read(tmp_path, "").presence.quiet_at(late)
    night = read(tmp_path, '[presence]\nquiet_hours = "22:30-07:00"').presence
    assert (night.quiet_at(late), night.quiet_at(noon)) == (True, False)


@pytest.mark.parametrize(
    ("text", "name", "area"),
    [
        ("", "Hub hub", None),
        ('[hub]\nroom = "kitchen"', "Kitchen hub", "Kitchen"),
        ('[hub]\nname = "Jarvis"\nroom = "living room"', "Jarvis", "Living room"),
    ],
)
def test_it_is_called_as_people_call_it(tmp_path: Path, text: str, name: str, area: str | None) -> None:
    """By its name, else by its room, else by its id; the room is the area that Home Assistant is offered."""
    (announcement,) = presence_of(read(tmp_path, text), started=0.0).announcement()
    device = json.loads(announcement.payload)["dev"]
    assert (device["name"], device.get("sa")) == (name, area)


@pytest.mark.parametrize("published", [True, False])
def test_words_go_out_only_by_the_privacy_option(tmp_path: Path, *, published: bool) -> None:
    """[privacy] publish_transcripts decides for MQTT as for the journal."""
    config = read(tmp_path, f"[privacy]\npublish_transcripts = {str(published).lower()}")
    messages = presence_of(config, started=0.0).take(HeardReport("hello", final=True), 0.0)
    assert any(b"hello" in each.payload for each in messages) is published


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('base_topic = "a/+"', "presence.base_topic"),
        ('base_topic = ""', "presence.base_topic"),
        ('discovery_prefix = "#"', "presence.discovery_prefix"),
        ("may_unmute = 1", "presence.may_unmute"),
        ("unmute = true", "presence.unmute"),
        ('quiet_hours = "at night"', "presence.quiet_hours"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, key: str) -> None:
    """With the key where they stand."""
    assert mistaken(tmp_path, f"[presence]\n{text}") == [key]
