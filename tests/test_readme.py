from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

from hubd.config.automation_section import AutomationSettings
from hubd.config.changes import AT_START
from hubd.config.loading import MainFile
from hubd.devices.model import Device
from hubd.live.failures import TABLE, NextAttempt
from hubd.mqtt.orders import Order
from hubd.mqtt.reading import read
from hubd.mqtt.tree import Tree
from hubd.standing import MEANINGS
from hubd.states import diagram

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def examples_of(table: str) -> list[str]:
    """Return the README's pieces of TOML with such a table."""
    return [each for each in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if table in each]


def test_diagram_is_drawn_from_the_table() -> None:
    """The picture of the states is the one that the table draws."""
    assert f"```mermaid\n{diagram()}\n```" in README


def test_first_device_is_a_device() -> None:
    """The README's first device takes at most ten lines of TOML, and hubd takes it."""
    (example,) = examples_of("[[device]]")
    (device,) = tomllib.loads(example)["device"]
    Device.model_validate(device)
    assert len(example.splitlines()) <= 10


def test_automations_are_automations() -> None:
    """Every automation in the README is one that hubd takes."""
    examples = examples_of("[[automation]]")
    assert examples
    for example in examples:
        for table in tomllib.loads(example)["automation"]:
            AutomationSettings.model_validate(table)


def test_every_fatal_failure_has_its_row() -> None:
    """What a person hears when a second try is no use, for good or for a while, is in the table of what to do."""
    heard = {row.words.split(". ")[0].rstrip(".") for row in TABLE if NextAttempt.FATAL in row.attempts or row.wait}
    listed = {line.split("|")[1].strip().rstrip(".") for line in README.splitlines() if line.startswith("| ")}
    assert heard <= listed


def test_what_waits_for_the_next_start_is_listed() -> None:
    """Every option that a running hub can't take over is named, by its section where that is all of it."""
    for section, options in AT_START.items():
        model = MainFile.model_fields[section].annotation
        assert model is not None
        whole = set(options) == set(model.model_fields)
        for name in [f"[{section}]"] if whole else [f"{section}.{option}" for option in options]:
            assert f"`{name}`" in README, name


def test_every_status_is_explained() -> None:
    """Whatever the status line begins with is in the README, with the meaning that the code gives it."""
    for head, meaning in MEANINGS.items():
        assert f"| `{head}` | {meaning} |" in README


def messages() -> Iterator[tuple[str, str]]:
    """Yield topic and payload of every message that the README has others send to the hub."""
    for line in re.findall(r"^(mosquitto_(?:pub|rr) .*)$", README, re.MULTILINE):
        words = shlex.split(line)
        yield words[words.index("-t") + 1], words[words.index("-m") + 1]
    # Home Assistant's YAML, Node-RED's JavaScript: as far as they go here.
    for example in re.findall(r"```yaml\n(.*?)```", README, re.DOTALL):
        yield from re.findall(r"^ *topic: (.*)\n *payload: '(.*)'$", example, re.MULTILINE)
    for payload in re.findall(r"msg\.payload = (\{.*\});", README):
        json_text = re.sub(r"([{,] )(\w+):", r'\1"\2":', payload).replace("msg._msgid", '"a1b2"')
        yield "hubd/kitchen/cmd/ask", json_text.replace("{ ", "{")


def test_what_others_are_told_to_send_is_taken() -> None:
    """Every message of the README for mosquitto, Home Assistant and Node-RED is a command, with nothing left out."""
    sent = [*messages()]
    orders = [read(Tree("hubd", "kitchen").command_in(topic) or "", payload.encode()) for topic, payload in sent]
    assert [each.command for each in orders] == ["say", "ask", "tell", "mute", "tell", "ask"]
    assert all(isinstance(each, Order) and not each.unread for each in orders)
    assert all(f"`{topic}`" in README for topic, _ in sent)
