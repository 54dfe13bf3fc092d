"""Messages as bridges of many makers send them, beside those that were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from hubd.devices.discovered import DiscoveredDevice
from hubd.devices.discovery import Discovery, Rules
from hubd.devices.templates import TemplateError
from hubd.mqtt.filters import filter_matches

CASES: Final = json.loads(Path(__file__).with_name("further_messages.json").read_text())


def _found(case: Any) -> tuple[Discovery, list[DiscoveredDevice]]:
    """Return what a message leads to."""
    discovery = Discovery(Rules())
    discovery.receive(case["topic"], json.dumps(case["message"]).encode())
    return discovery, [each for each in discovery.house(()).devices if isinstance(each, DiscoveredDevice)]


def _name(case: Any) -> str:
    return str(case["topic"].removeprefix("homeassistant/").removesuffix("/config"))


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_a_message_is_understood(case: Any) -> None:
    """It gives the devices, with the kinds, the names, that Home Assistant would make of it; or none."""
    discovery, devices = _found(case)
    assert [(str(each.kind), each.name) for each in devices] == [
        (each["kind"], each["name"]) for each in case["devices"]
    ]
    assert len(discovery.problems) == case["problems"]


def _each(key: str) -> Iterator[Any]:
    for case in CASES:
        for place, device in enumerate(case["devices"]):
            for step in device[key]:
                yield pytest.param(case, place, step, id=f"{_name(case)} {json.dumps(step, ensure_ascii=False)[:80]}")


@pytest.mark.parametrize(("case", "place", "step"), list(_each("told")))
def test_a_command_is_sent_as_the_device_takes_it(case: Any, place: int, step: Any) -> None:
    """The messages are those of the templates, payloads, scales that were announced; none for what it can't do."""
    device = _found(case)[1][place]
    if step["sent"] is None:
        with pytest.raises(TemplateError):
            device.messages(step["settings"])
    else:
        assert [[each.topic, each.payload] for each in device.messages(step["settings"])] == step["sent"]


@pytest.mark.parametrize(("case", "place", "step"), list(_each("reports")))
def test_a_report_is_read_as_the_device_means_it(case: Any, place: int, step: Any) -> None:
    """Values are in the units of the front; what is unknown stays so."""
    device = _found(case)[1][place]
    known: dict[str, Any] = {}
    for source in device.speech.sources:
        if filter_matches(source.topic, step["topic"]) and not source.scope:
            known |= source.read(step["payload"].encode())
    assert known == {
        name: pytest.approx(value, abs=0.06) if isinstance(value, float) else value
        for name, value in step["known"].items()
    }
