"""What is told of several devices."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from hubd import findings
from hubd.devices.catalog import MAX_CHOICES, Catalog
from hubd.devices.model import Device
from hubd.devices.queries import GET_STATE, Query
from hubd.devices.state import StateStore
from hubd.events import Call, CallStatus
from hubd.tools import Toolbox

EXAMPLES = Path(__file__).resolve().parents[1] / "config/examples/kinds.toml"
DEVICES = [Device.model_validate(table) for table in tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))["device"]]
LAMP = {"kind": "light", "dialect": "zigbee2mqtt", "topic": "z/lamp", "room": "hall"}
LAMPS = [Device.model_validate(LAMP | {"id": f"lamp_{each}", "name": f"lamp {each}"}) for each in range(30)]
WINDOW = {"kind": "binary_sensor", "dialect": "plain", "device_class": "window", "room": "hall"}
WINDOWS = [
    Device.model_validate({**WINDOW, "id": each, "name": f"{each} window", "state_topic": each, "key": "open"})
    for each in ("kitchen", "bath", "attic")
]


def test_of_very_many_the_rest_is_counted() -> None:
    """An answer stays short enough to be spoken."""
    outcome = findings.told(Catalog(LAMPS), Query(tuple(LAMPS)), StateStore(LAMPS), 0.0)
    assert outcome.status is CallStatus.DONE
    assert outcome.message.count("Nothing is known yet") == MAX_CHOICES
    assert outcome.message.endswith("There are 10 more; ask by room or kind.")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (("ON", "OFF", "OFF"), "The kitchen window is open. The other two are closed."),
        (("ON", "ON", "OFF"), "The kitchen window is open. The bath window is open. The other one is closed."),
        (("OFF", "OFF", "OFF"), "None of the three is open."),
        (("ON", "ON", "ON"), " ".join(f"The {each} window is open." for each in ("kitchen", "bath", "attic"))),
        (("OFF", "OFF", None), "None is known to be open. Nothing is known yet of the attic window."),
        (
            ("ON", "OFF", None),
            "The kitchen window is open. Nothing is known yet of the attic window. The other one is closed.",
        ),
    ],
)
def test_which_are_so(said: tuple[str | None, ...], message: str) -> None:
    """Those that are as they are asked for are named, the others are counted; what is not known is said so."""
    states = StateStore(WINDOWS)
    for window, word in zip(WINDOWS, said, strict=True):
        if word is not None:
            states.receive(window.id, json.dumps({"open": word}).encode(), 0.0)
    toolbox = Toolbox(Catalog(WINDOWS))
    query = toolbox.resolve(Call("1", GET_STATE, {"kind": "window", "state": "open"}))
    assert isinstance(query, Query)
    assert findings.told(toolbox.catalog, query, states, 0.0).message == message


def test_one_device_is_told_whatever_its_state() -> None:
    """Asked whether the kitchen window is open, nobody wants to hear that none is."""
    states = StateStore(WINDOWS)
    states.receive("kitchen", b'{"open": "OFF"}', 0.0)
    told = findings.told(Catalog(WINDOWS), Query(tuple(WINDOWS[:1]), "open"), states, 0.0)
    assert told.message == "The kitchen window is closed."


def test_of_many_unknown_ones_only_the_number_is_told() -> None:
    """An answer stays short enough to be spoken."""
    states = StateStore(LAMPS)
    assert findings.told(Catalog(LAMPS), Query(tuple(LAMPS), "on"), states, 0.0).message == (
        "None is known to be on. Of 30 it is not known."
    )
    states.receive("z/lamp", b'{"state": "ON"}', 0.0)
    message = findings.told(Catalog(LAMPS), Query(tuple(LAMPS), "on"), states, 0.0).message
    assert message.count(" is on.") == MAX_CHOICES
    assert message.endswith("So are 10 more; ask by room.")


def test_what_the_broker_kept_has_no_age() -> None:
    """A value that was there when the hub came is told as such, in the sensor's own words."""
    states = StateStore(DEVICES)
    states.receive("zigbee2mqtt/bathroom_window", b'{"contact":false}', 0.0, stored=True)
    states.receive("tele/livingroom_th/SENSOR", b'{"AM2301":{"Temperature":21.5}}', 0.0)
    asked = tuple(device for device in DEVICES if device.id in {"bathroom_window", "living_room_temperature"})
    outcome = findings.told(Catalog(DEVICES), Query(asked), states, 3 * 3600.0)
    assert outcome.message == (
        "The living room temperature is 21.5 °C, as of 3 hours ago. "
        "The bathroom window is open, by a report of unknown age."
    )
