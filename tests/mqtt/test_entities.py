"""The hub's announcement, beside one that a real Home Assistant took whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from hubd.devices.discovery import Discovery, Rules
from hubd.mqtt import entities
from hubd.mqtt.entities import Identity
from hubd.mqtt.tree import Tree
from hubd.reports import PublicState, Report, WokeReport, to_json

TREE = Tree("hubd", "kitchen", "homeassistant")
IDENTITY = Identity("Kitchen hub", "Kitchen", "0.1.0")
SHARED = Path(__file__).resolve().parents[2] / ".." / "shared" / "fixtures" / "ha-discovery" / "hub"


def announced(identity: Identity = IDENTITY) -> dict[str, JsonValue]:
    """Return the announcement."""
    body: dict[str, JsonValue] = json.loads(entities.announcement(identity, TREE))
    return body


def components() -> dict[str, dict[str, JsonValue]]:
    """Return what the announcement holds."""
    found = announced()["cmps"]
    assert isinstance(found, dict)
    return {key: options for key, options in found.items() if isinstance(options, dict)}


@pytest.fixture
def accepted() -> dict[str, JsonValue]:
    """Return the announcement that Home Assistant took whole."""
    if not SHARED.exists():
        pytest.skip(f"{SHARED} is not there: it holds the announcement to compare with")
    body: dict[str, JsonValue] = json.loads((SHARED / "homeassistant__device__hubd_kitchen__config.json").read_text())
    return body


def test_its_root_is_that_of_the_accepted_one(accepted: dict[str, JsonValue]) -> None:
    """One key more at the root, and Home Assistant rejects the whole message (``mqtt-devices.md`` 2)."""
    ours = announced()
    assert ours.keys() == accepted.keys()
    assert ours["dev"] == accepted["dev"]
    assert (ours["avty_t"], ours["qos"]) == (accepted["avty_t"], accepted["qos"])


@pytest.mark.parametrize(
    ("key", "differing"),
    [
        ("mute", set()),
        ("volume", set()),
        ("listen", set()),
        ("stop", set()),
        ("say", set()),
        ("say_text", set()),
        ("ask_text", set()),
        ("heard", set()),
        ("started", set()),
        ("tokens", set()),
        ("state", {"ops"}),
        ("event", {"evt_typ", "val_tpl"}),
        ("cloud", {"val_tpl"}),
    ],
)
def test_its_parts_are_those_of_the_accepted_one(accepted: dict[str, JsonValue], key: str, differing: set[str]) -> None:
    """Every option is the same, but for the words of our own states and events."""
    known = accepted["cmps"]
    assert isinstance(known, dict)
    other, ours = known[key], components()[key]
    assert isinstance(other, dict)
    # Where it stands among the other entities is a matter of taste, and so is its picture.
    taste = {"ic", "ent_cat"}
    assert {name for name in ours.keys() | other.keys() if ours.get(name) != other.get(name)} - taste == differing


def test_it_has_all_that_people_want_of_a_hub() -> None:
    """State, words, tokens, switches, buttons, notify, events, problems; each with an identity of its own."""
    found = {key: options["p"] for key, options in components().items()}
    assert found == {
        "state": "sensor",
        "heard": "sensor",
        "said": "sensor",
        "event": "event",
        "mute": "switch",
        "volume": "number",
        "listen": "button",
        "stop": "button",
        "say": "notify",
        "say_text": "text",
        "ask_text": "text",
        "problem": "binary_sensor",
        "cloud": "binary_sensor",
        "started": "sensor",
        "tokens": "sensor",
        "near_misses": "sensor",
    }
    assert {options["uniq_id"] for options in components().values()} == {f"hubd_kitchen_{key}" for key in found}


def test_it_knows_every_state_and_every_event() -> None:
    """Home Assistant drops what was not announced."""
    assert components()["state"]["ops"] == list(PublicState)
    assert components()["event"]["evt_typ"] == [report.kind for report in get_args(Report)]


def test_an_event_keeps_its_form_and_gets_its_type() -> None:
    """The template gives Home Assistant the kind as event_type, and all that the event says beside it."""
    environment = ImmutableSandboxedEnvironment()
    environment.filters["to_json"] = json.dumps
    event = json.loads(to_json(WokeReport("hey_jarvis", 0.9, 80), 1.0))
    template = components()["event"]["val_tpl"]
    assert isinstance(template, str)
    assert json.loads(environment.from_string(template).render(value_json=event)) == {**event, "event_type": "woke"}


@pytest.mark.parametrize(("cloud", "shown"), [(None, "None"), (True, "ON"), (False, "OFF")])
def test_a_hub_that_nobody_talked_to_does_not_know_its_cloud(*, cloud: bool | None, shown: str) -> None:
    """Unknown is not off."""
    template = components()["cloud"]["val_tpl"]
    assert isinstance(template, str)
    rendered = ImmutableSandboxedEnvironment().from_string(template).render(value_json={"cloud": cloud})
    assert rendered == shown


@pytest.mark.parametrize("last", [None, {"model": "hey_jarvis", "score": 0.31, "threshold": 0.5}])
def test_the_count_of_near_misses_has_the_last_one(last: dict[str, JsonValue] | None) -> None:
    """Its attributes are a JSON object, also before there was any: Home Assistant takes no other."""
    environment = ImmutableSandboxedEnvironment()
    environment.filters["to_json"] = json.dumps
    template = components()["near_misses"]["json_attr_tpl"]
    assert isinstance(template, str)
    assert json.loads(environment.from_string(template).render(value_json={"last_near_miss": last})) == (last or {})


def test_a_hub_without_a_room_suggests_none() -> None:
    """An empty area would be one."""
    device = announced(Identity("Hub", "", "1"))["dev"]
    assert isinstance(device, dict)
    assert "sa" not in device


def test_a_hub_is_no_device_of_its_own() -> None:
    """Discovery passes it over, so that the model can't press the hub's buttons, its mute least of all."""
    discovery = Discovery(Rules())
    topic = TREE.announcement
    assert topic is not None
    assert not discovery.receive(topic, entities.announcement(IDENTITY, TREE))
    assert discovery.house(()).devices == ()
    assert discovery.problems == ()
