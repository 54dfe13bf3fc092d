from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import JsonValue

from hubd.config import load, notices
from hubd.config.offer import offer
from hubd.errors import ConfigError
from hubd.events import Behavior

SHIPPED = Path(__file__).resolve().parents[2] / "config" / "hubd.toml"
DEVICES = """
[[device]]
id = "lamp"
name = "lamp"
kind = "light"
dialect = "zigbee2mqtt"
topic = "lamps/lamp"

[[device]]
id = "door"
name = "front door"
[[device.function]]
name = "lock_the_door"
description = "Lock it."
behavior = "BLOCKING"
publish = { topic = "door/set" }
expect = { topic = "door", payload = "locked", within = "20s" }
"""


def written(folder: Path, head: str) -> Path:
    """Return a configuration with a lamp and a lock."""
    path = folder / "hubd.toml"
    path.write_text(head + DEVICES, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("model", "behaviors"),
    [
        ("gemini-3.8-live", {"set_light": "NON_BLOCKING", "lock_the_door": "BLOCKING"}),
        ("gemini-3.8-live-extended-thinking", {"set_light": "NON_BLOCKING", "lock_the_door": "NON_BLOCKING"}),
        ("gemini-3.1-flash-live-preview", {"set_light": "BLOCKING", "lock_the_door": "BLOCKING"}),
        ("nobody-knows-it", {"set_light": "NON_BLOCKING", "lock_the_door": "BLOCKING"}),
    ],
)
def test_functions_are_declared_as_the_model_takes_them(tmp_path: Path, model: str, behaviors: dict[str, str]) -> None:
    """What a model refuses is declared as what it takes."""
    toolbox = offer(load(written(tmp_path, f'[live]\nmodel = "{model}"\n')))
    declared = {each.name: each.behavior for each in toolbox.declarations()}
    assert {name: declared[name] for name in behaviors} == behaviors


@pytest.mark.parametrize(
    "model", ["gemini-3.8-live", "gemini-3.8-live-extended-thinking", "gemini-3.1-flash-live-preview"]
)
def test_pitfall_5_every_function_says_whether_it_blocks(tmp_path: Path, model: str) -> None:
    """The default flipped between models: it is left to none."""
    toolbox = offer(load(written(tmp_path, f'[live]\nmodel = "{model}"\n')))
    assert all("behavior" in json.loads(each.to_text()) for each in toolbox.declarations())


def test_pitfall_20_a_schema_holds_what_the_service_reads() -> None:
    """Types are in capitals, and no key is there that ends the session (1007)."""
    known = {"type", "description", "enum", "minimum", "maximum", "default", "properties", "required"}

    def look(schema: JsonValue) -> None:
        assert isinstance(schema, dict)
        assert schema.keys() <= known
        assert schema["type"] in {"OBJECT", "STRING", "INTEGER", "NUMBER", "BOOLEAN"}
        properties = schema.get("properties", {})
        assert isinstance(properties, dict)
        for inner in properties.values():
            look(inner)

    for declaration in offer(load(SHIPPED)).declarations():
        written = json.loads(declaration.to_text())
        if "parameters" in written:
            look(written["parameters"])


def test_pitfall_33_the_model_is_told_not_to_read_data_aloud() -> None:
    """What a function answers is for the model to understand, not to recite."""
    assert "never read out data" in load(SHIPPED).live.system_instruction


def test_check_says_what_the_model_makes_of_the_functions(tmp_path: Path) -> None:
    """Who chose a model that refuses NON_BLOCKING, or knows nothing else, is told what that means."""
    assert not [each for each in notices(load(written(tmp_path, ""))) if each.startswith("live.model")]
    blocking = notices(load(written(tmp_path, '[live]\nmodel = "gemini-3.1-flash-live-preview"\n')))
    assert (
        "live.model: gemini-3.1-flash-live-preview knows BLOCKING functions only, so this holds for set_light as well; "
        "the conversation waits for them, a few seconds at most, and hears of the rest as a note"
    ) in blocking
    other = notices(load(written(tmp_path, '[live]\nmodel = "gemini-3.8-live-extended-thinking"\n')))
    assert (
        "live.model: gemini-3.8-live-extended-thinking knows NON_BLOCKING functions only, so this holds for "
        "lock_the_door as well; the conversation does not wait for them"
    ) in other


def test_check_says_when_a_device_is_slower_than_the_conversation_waits(tmp_path: Path) -> None:
    """A lock that may take 20 s is answered after 15 s, unless the conversation is to wait longer."""
    (notice,) = [each for each in notices(load(written(tmp_path, ""))) if "expect.within" in each]
    assert notice == (
        "device[door].function[lock_the_door].expect.within: 20 s, but a BLOCKING call is answered after 15 s "
        "(conversation.blocking_timeout)"
    )
    patient = load(written(tmp_path, '[conversation]\nblocking_timeout = "45s"\n'))
    assert not [each for each in notices(patient) if "expect.within" in each]


def test_nobody_waits_for_more_than_a_minute(tmp_path: Path) -> None:
    """What takes longer is for a function that the conversation does not wait for."""
    with pytest.raises(ConfigError, match="at most 60"):
        load(written(tmp_path, '[conversation]\nblocking_timeout = "61s"\n'))


def test_behavior_by_name(tmp_path: Path) -> None:
    """A function that nobody offers is nothing to wait for."""
    assert offer(load(written(tmp_path, ""))).behavior("no_such_function") is Behavior.NON_BLOCKING
