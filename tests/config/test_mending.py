from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from hubd.config import load
from hubd.config.complaints import Mistake, mistakes_of
from hubd.config.loading import MainFile
from hubd.config.mending import MendedTree
from hubd.config.toml_lines import KeyPath
from hubd.errors import ConfigError

RICH = tomllib.loads("""
[hub]
id = "hub"
[wake]
words = ["hey_jarvis", { model = "alexa", threshold = 0.6 }]
[live]
system_instruction = "Speak."
compression_trigger_tokens = 30000
compression_target_tokens = 29000
model = "gemini-2.5-flash-native-audio-preview-12-2025"
api_version = "v1alpha"
model_takes = ["code_execution", "history"]
code_execution = true
affective_dialog = true
proactive_audio = true
activity_handling = "no-interruption"
history = [{ role = "user", text = "Hello." }, { role = "model", text = "Hello!" }]
[live.transcription]
languages = ["de-DE"]
vocabulary = ["pergola"]
[live.generation]
temperature = 0.5
media_resolution = "low"
[live.thinking]
budget = 0
include_thoughts = true
[live.speech_detection]
end_sensitivity = "low"
silence = "600ms"
[conversation]
follow_up = "2s"
barge_in = "off"
[mqtt]
tls = true
port = 8884
[[device]]
id = "lamp"
name = "lamp"
aliases = ["light", "bulb"]
kind = "light"
dialect = "plain"
command_topic = "lamp/set"
state_topic = "lamp"
payload_on = "OFF"
payload_off = "ON"
brightness_command_topic = "lamp/level/set"
brightness_state_topic = "lamp/level"
brightness_scale = 100
scheduling = { done = "SILENT" }
[[device]]
id = "plug"
name = "plug"
kind = "switch"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/plug"
dimmable = false
within = "3s"
[[device]]
id = "strip"
name = "strip"
kind = "light"
dialect = "tasmota"
topic = "strip"
features = ["brightness", "effect"]
effects = ["blink"]
[[device]]
id = "window"
name = "window"
kind = "binary_sensor"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/window"
device_class = "window"
[[device]]
id = "thermometer"
name = "thermometer"
kind = "sensor"
dialect = "tasmota"
topic = "thermometer"
key = "AM2301.Temperature"
unit = "°C"
[[device]]
id = "evening"
name = "evening"
kind = "scene"
dialect = "zigbee2mqtt"
topic = "zigbee2mqtt/evening"
scene = 4
[[device]]
id = "radio"
name = "radio"
kind = "media_player"
dialect = "plain"
command_topic = "radio/set"
payloads = { play = "PLAY" }
states = { playing = "PLAYS" }
channels.volume = { command_topic = "radio/volume/set", state_topic = "radio/volume", scale = 50 }
only_in = ["kitchen"]
[[device]]
id = "thermostat"
name = "thermostat"
kind = "climate"
dialect = "home-assistant"
topic = "thermostat"
modes = ["off", "heat"]
minimum = 7
maximum = 28
[[device]]
id = "heater"
name = "heater"
[[device.function]]
name = "heat"
description = "Heat."
scheduling = "WHEN_IDLE"
publish = { topic = "heater/set", payload = { target = "{{ degrees }}", mode = ["{{ mode }}", 1] }, qos = 1 }
expect = { topic = "heater", json = { target = "{{ degrees }}" }, within = "2s" }
parameters.degrees = { type = "integer", minimum = 5, maximum = 30, default = 20 }
parameters.mode = { type = "string", enum = ["eco", "comfort"], default = "eco" }
[[device.function]]
name = "cool"
description = "Cool."
publish = { topic = "cooler/set", payload = "{{ degrees }}" }
expect = { topic = "cooler", payload = "{{ degrees }}" }
parameters.degrees.type = "number"
""")
# What is sent may have any key; a parameter may have any name; words and channels are no options.
FREE = {"payload", "json", "parameters", "payloads", "states", "channels"}
# No option takes one.
WRONG = dt.date(2026, 1, 1)


def places(tree: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of everything in a tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


PLACES = tuple(places(RICH))
MISSPELLABLE = tuple(path for path in PLACES if isinstance(path[-1], str) and path[-2:-1][0:1] and path[-2] not in FREE)


def broken(wrong: set[KeyPath], misspelt: set[KeyPath]) -> dict[str, object]:
    """Return the rich tree with wrong values at some places, misspelt keys at others."""
    tree = deepcopy(RICH)
    for path in sorted({*wrong, *misspelt}, key=len, reverse=True):
        *parents, last = path
        table: object = tree
        for part in parents:
            table = table[part]  # type: ignore[index] # a path of this very tree
        if path in wrong:
            table[last] = WRONG  # type: ignore[index] # as above
        else:
            table[f"{last}{str(last)[-1]}"] = table.pop(last)  # type: ignore[index,attr-defined] # as above
    return tree


def mistakes(tree: dict[str, object]) -> list[Mistake]:
    """Return what is found in rounds, until the tree is mended; fails if it never is."""
    mended = MendedTree(tree)
    found: list[Mistake] = []
    for _ in range(12):
        try:
            MainFile.model_validate(mended.tree)
        except ValidationError as error:
            new = mistakes_of(error, mended.tree, MainFile)
            found += [each for each in new if each not in found]
            mended.mend(new)
        else:
            return found
    pytest.fail(f"never mended: {found}")


def outermost(paths: set[KeyPath]) -> set[KeyPath]:
    """Return the paths that are not inside another."""
    return {path for path in paths if not any(path[:length] in paths for length in range(len(path)))}


def test_the_rich_tree_is_right() -> None:
    """What the tests below break is whole before."""
    assert mistakes(RICH) == []


@pytest.mark.parametrize("path", PLACES, ids=str)
def test_one_wrong_value_is_one_mistake(path: KeyPath) -> None:
    """A wrong value is complained about at its place; its stand-in brings about no other complaint."""
    assert [each.path for each in mistakes(broken({path}, set()))] == [path]


@pytest.mark.parametrize("path", MISSPELLABLE, ids=str)
def test_one_misspelt_key_is_one_mistake(path: KeyPath) -> None:
    """A misspelt key is complained about once; what it stands for is not missed."""
    (mistake,) = mistakes(broken(set(), {path}))
    assert mistake.on_key
    assert mistake.meant == path[-1]


@given(wrong=st.sets(st.sampled_from(PLACES), max_size=6), misspelt=st.sets(st.sampled_from(MISSPELLABLE), max_size=3))
def test_many_mistakes_are_as_many_complaints(wrong: set[KeyPath], misspelt: set[KeyPath]) -> None:
    """However many mistakes there are, each is named, none twice, no other with them."""
    paths = outermost(wrong | misspelt)
    found = mistakes(broken(paths - misspelt, paths & misspelt))
    assert len(found) == len(paths), found


class TestSecondMistakes:
    def check(self, text: str, folder: Path) -> list[str]:
        """Return the complaints about a file, without its name."""
        path = folder / "hubd.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            load(path)
        return [str(complaint).removeprefix(f"{path}:") for complaint in caught.value.complaints]

    def test_a_huge_number_of_mistakes(self, tmp_path: Path) -> None:
        """Of thousands of mistakes those of the first round are named."""
        assert len(self.check("[[device]]\n" * 3000, tmp_path)) == 6000
